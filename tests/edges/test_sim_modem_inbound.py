"""USSD and messages for this SIM under each fault of the simulated modem: what a client sees, and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from gatewayd.sim.modem.faults import inbound, ussd
from gatewayd.sim.modem.faults.inbound import MALFORMED
from gatewayd.sim.modem.network import Settings
from gatewayd.wire import tpdu
from gatewayd.wire import ussd as wire_ussd
from tests.edges.test_sim_modem_machine import Rig

SITI = "+628120000102"
LONG = "panjang " * 40
BALANCE = "Sisa pulsa Rp.100000.Aktif sd 31/12/2031. 1.Info Kartu"
MENU = "Menu\n1 Cek pulsa\n2 Beli paket\n3 Transfer pulsa"
OK = "\r\nOK\r\n"


@dataclass(frozen=True)
class Coded:
    """What AT+CUSD=1,"*888#" brings: at once, and within a minute. The ledger has the codes that left the modem."""

    fault: str
    at_once: str
    later: str
    left: tuple[str, ...] = ("*888#",)


def cusd(mode: int, text: str, dcs: str = ",15") -> str:
    return f'\r\n+CUSD: {mode},"{text}"{dcs}\r\n'


RIGHT = cusd(0, BALANCE)
CODED = [
    Coded("ussd_m1_prompt", OK, cusd(1, MENU) + "\r\n> "),
    Coded("ussd_plain", OK, RIGHT),
    Coded("ussd_hex7", OK, cusd(0, wire_ussd.encode_text(BALANCE, "hex7"))),
    Coded("ussd_ucs2", OK, cusd(0, wire_ussd.encode_text(BALANCE, "ucs2"), ",72")),
    Coded("ussd_multiline", OK, cusd(0, f"{BALANCE}\r\n\r\nInfo lain:\n1. Paket\r\n2. Bantuan")),
    Coded("ussd_nested_quotes", OK, cusd(0, f'{BALANCE} Ketik "INFO", atau "STOP".')),
    Coded("ussd_no_dcs", OK, cusd(0, BALANCE, "")),
    Coded("ussd_menu", OK, cusd(1, MENU)),
    Coded(
        "ussd_release_first", f'\r\n+CUSD: 2,"Initiating Release",15\r\n+CUSD: 0,"{BALANCE}",15\r\n{OK}', ""
    ),
    Coded("ussd_text_in_m2", OK, cusd(2, BALANCE)),
    Coded("ussd_4", OK, "\r\n+CUSD: 4\r\n"),
    Coded("ussd_5_no_text", OK, "\r\n+CUSD: 5\r\n"),
    Coded("ussd_before_ok", RIGHT + OK, ""),
    Coded("ussd_ok_no_reply", OK, ""),
    Coded("ussd_late_after_timeout", OK, ""),
    Coded("ussd_late_after_timeout:59", OK, RIGHT),
    Coded("ussd_cme_after_ok", OK, "\r\n+CME ERROR: 132\r\n"),
    Coded("ussd_busy", "\r\n+CME ERROR: 258\r\n", "", ()),
    Coded("ussd_busy:3", "\r\n+CME ERROR: 3\r\n", "", ()),
    Coded("ussd_network_initiated", OK, RIGHT),
    Coded("ussd_needs_ussdmode0", OK, "\r\n+CUSD: 4\r\n", ("*888#?",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CODED, ids=lambda case: case.fault)
def test_a_code_under_a_fault(case: Coded) -> None:
    rig = Rig(faults=(case.fault,)).ready()
    assert rig.ask('AT+CUSD=1,"*888#",15') == case.at_once
    assert rig.wait(60) == case.later
    assert tuple(entry["code"] for entry in rig.events("ussd")) == case.left
    assert not any(entry["is_choice"] for entry in rig.events("ussd"))


class TestUssd:
    def test_a_prompt_behind_a_menu_takes_a_choice(self) -> None:
        rig = Rig(faults=("ussd_m1_prompt:times=1",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        rig.wait(1)
        assert rig.type("1\x1a") == OK
        assert rig.wait(1).startswith("\r\n+CUSD: 0,")
        assert [entry["is_choice"] for entry in rig.events("ussd")] == [False, True]

    def test_a_prompt_behind_a_menu_eats_commands_until_escape(self) -> None:
        rig = Rig(faults=("ussd_m1_prompt",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        rig.wait(1)
        assert rig.ask("AT+CUSD=2") == ""
        assert rig.type("\x1b") == OK
        assert rig.ask("AT") == OK
        assert len(rig.events("ussd")) == 1

    def test_a_push_comes_behind_a_question_about_the_network(self) -> None:
        rig = Rig(faults=("ussd_network_initiated",)).ready()
        rig.ask("AT+CSQ")
        assert rig.wait(1).startswith('\r\n+CUSD: 0,"Promo')
        rig.ask("AT")
        assert rig.wait(1) == ""

    def test_packed_until_told_otherwise(self) -> None:
        rig = Rig(faults=("ussd_needs_ussdmode0",)).ready()
        rig.ask('AT+CUSD=1,"2A1C0E3702",15')
        assert rig.wait(1) == cusd(0, wire_ussd.encode_text(BALANCE, "hex7"))
        assert rig.ask("AT^USSDMODE=0") == OK
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1) == RIGHT

    def test_a_modem_told_to_be_quiet_keeps_the_reply(self) -> None:
        rig = Rig().ready()
        assert rig.ask('AT+CUSD=0,"*888#",15') == OK
        assert rig.wait(60) == ""
        assert len(rig.events("ussd")) == 1


@dataclass(frozen=True)
class Came:
    """Two messages, "satu" and a long one of three parts: what is said of them, and what AT+CMGL=4 shows of them, by
    index; the events of the ledger. Numbers in the list are parts of the long one."""

    fault: str
    said: tuple[str, ...]
    listed: dict[int, str]
    ledger: tuple[str, ...] = ("inbound",) * 4


def told(*indexes: int, memory: str = "SM") -> tuple[str, ...]:
    return tuple(f'+CMTI: "{memory}",{index}' for index in indexes)


WHOLE = {1: "satu", 2: "1/3", 3: "2/3", 4: "3/3"}
CAME = [
    Came("cmti_index_minus1", told(-1, -1, -1, -1), WHOLE),
    Came("cmti_other_mem", told(1, 2, 3, 4, memory="ME"), WHOLE),
    Came("cmti_lost", (), WHOLE),
    Came("storage_full", told(1), {1: "satu"}, ("inbound",)),
    Came("storage_full:2", told(1, 2), {1: "satu", 2: "1/3"}, ("inbound",) * 2),
    Came("smmemfull", (*told(1), '^SMMEMFULL:"SM"'), {1: "satu"}, ("inbound",)),
    Came("index_holes", told(1, 4, 7, 10), {1: "satu", 4: "1/3", 7: "2/3", 10: "3/3"}),
    Came("index_from_zero", told(0, 1, 2, 3), {0: "satu", 1: "1/3", 2: "2/3", 3: "3/3"}),
    Came("cpms_lies_zero", told(1, 2, 3, 4), WHOLE),
    Came("cmgd_ok_not_deleted", told(1, 2, 3, 4), WHOLE),
    Came("cmgr_empty_ok", told(1, 2, 3, 4), WHOLE),
    Came("cmgr_321", told(1, 2, 3, 4), WHOLE),
    Came("class0_lost", told(1, 2, 3, 4), WHOLE),
    Came("concat_missing", told(1, 2, 3), {1: "satu", 2: "1/3", 3: "2/3"}, ("inbound",) * 3),
    Came("concat_missing:1", told(1, 2, 3), {1: "satu", 2: "2/3", 3: "3/3"}, ("inbound",) * 3),
    Came("concat_out_of_order", told(1, 2, 3, 4), {1: "satu", 2: "3/3", 3: "2/3", 4: "1/3"}),
    Came(
        "concat_dup", told(*range(1, 8)),
        {1: "satu", 2: "1/3", 3: "1/3", 4: "2/3", 5: "2/3", 6: "3/3", 7: "3/3"}, ("inbound",) * 7,
    ),
    Came("concat_ref_reuse", told(1, 2, 3, 4), WHOLE),
    Came(
        "malformed_pdu:times=1", told(1, 2, 3, 4, 5), {1: "?", 2: "satu", 3: "1/3", 4: "2/3", 5: "3/3"},
        ("malformed", *("inbound",) * 4),
    ),
    Came("routed_cmt_in_store_mode", ("+CMT: satu", "+CMT: 1/3", "+CMT: 2/3", "+CMT: 3/3"), {}),
]  # fmt: skip


def _name(pdu: str) -> str:
    message = tpdu.decode(pdu)
    if not isinstance(message, tpdu.Deliver):
        return "?"
    return f"{message.concat.number}/{message.concat.total}" if message.concat else message.text


def _lines(said: str) -> tuple[str, ...]:
    found: list[str] = []
    lines = iter(line for line in said.split("\r\n") if line)
    for line in lines:
        found.append(f"+CMT: {_name(next(lines))}" if line.startswith("+CMT:") else line)
    return tuple(found)


def _listed(answer: str) -> dict[int, str]:
    lines = [line for line in answer.split("\r\n") if line][:-1]
    heads, pdus = lines[::2], lines[1::2]
    return {int(head.split(":")[1].split(",")[0]): _name(pdu) for head, pdu in zip(heads, pdus, strict=True)}


def _receive(rig: Rig, texts: Sequence[str] = ("satu", LONG)) -> str:
    for text in texts:
        rig.machine.centre.inbound(SITI, text)
    return rig.wait(0)


@pytest.mark.parametrize("case", CAME, ids=lambda case: case.fault)
def test_messages_under_a_fault(case: Came) -> None:
    rig = Rig(faults=(case.fault,)).ready()
    assert _lines(_receive(rig)) == case.said
    assert _listed(rig.ask("AT+CMGL=4")) == case.listed
    events = tuple(str(entry["event"]) for entry in rig.ledger.entries if entry["event"] != "boot")
    assert events == case.ledger


def test_every_fault_of_ussd_and_messages_is_shown_here() -> None:
    shown_here = {case.fault.partition(":")[0] for case in (*CODED, *CAME)}
    assert shown_here == {*ussd.FAULTS, *inbound.FAULTS}


class TestMemory:
    def test_a_small_one_takes_the_next_after_each_deletion(self) -> None:
        rig = Rig(faults=("smmemfull:1",)).ready()
        _receive(rig, ["satu", "dua", "tiga"])
        assert rig.ask("AT+CPMS?").startswith('\r\n+CPMS: "SM",1,1,')
        assert _lines(rig.ask("AT+CMGD=1")) == ("OK", *told(1), '^SMMEMFULL:"SM"')
        assert _lines(rig.ask("AT+CMGD=1")) == ("OK", *told(1))
        assert [entry["text"] for entry in rig.events("inbound")] == ["satu", "dua", "tiga"]

    def test_one_that_lies_says_nothing_is_there(self) -> None:
        rig = Rig(faults=("cpms_lies_zero",)).ready()
        _receive(rig)
        assert rig.ask("AT+CPMS?").startswith('\r\n+CPMS: "SM",0,30,')

    @pytest.mark.parametrize(
        ("fault", "command", "answer"),
        [
            ("cmgr_empty_ok", "AT+CMGR=1", OK),
            ("cmgr_321", "AT+CMGR=1", "\r\n+CMS ERROR: 321\r\n"),
            ("cmgd_ok_not_deleted", "AT+CMGD=1", OK),
            ("index_holes", "AT+CMGD=2", "\r\n+CMS ERROR: 321\r\n"),
            ("index_from_zero", "AT+CMGD=0", OK),
        ],
    )
    def test_reading_and_deleting_under_a_fault(self, fault: str, command: str, answer: str) -> None:
        rig = Rig(faults=(fault,)).ready()
        _receive(rig, ["satu"])
        assert rig.ask(command) == answer
        assert len(rig.machine.device.memories["SM"]) == (0 if fault == "index_from_zero" else 1)


class TestClasses:
    @pytest.mark.parametrize(
        ("message_class", "cnmi", "said"),
        [
            (0, "2,1,0,1,0", ("+CMT: kilat",)),
            (1, "2,1,0,1,0", told(1, memory="ME")),
            (2, "2,2,0,1,0", told(1)),
            (3, "2,3,0,1,0", ("+CMT: kilat",)),
            (None, "2,3,0,1,0", told(1, memory="ME")),
            (0, "2,0,0,1,0", ()),
        ],
    )
    def test_a_class_has_its_place(self, message_class: int | None, cnmi: str, said: tuple[str, ...]) -> None:
        rig = Rig().ready(cnmi)
        rig.ask('AT+CPMS="ME","ME","ME"')
        rig.machine.centre.inbound(SITI, "kilat", message_class)
        heard = rig.wait(0)
        assert _lines(heard) == said
        if said[:1] == ("+CMT: kilat",):
            message = tpdu.decode(heard.strip().split("\r\n")[1])
            assert isinstance(message, tpdu.Deliver)
            assert message.message_class == message_class

    def test_a_flash_may_be_lost_and_the_ledger_says_so(self) -> None:
        rig = Rig(faults=("class0_lost",)).ready()
        rig.machine.centre.inbound(SITI, "kilat", 0)
        assert rig.wait(10) == ""
        assert [entry["text"] for entry in rig.events("inbound_lost")] == ["kilat"]
        assert rig.events("inbound") == []


class TestLongOnes:
    def test_a_reference_used_again_is_the_same_for_all(self) -> None:
        rig = Rig(Settings(), faults=("concat_ref_reuse:9",)).ready()
        _receive(rig, [LONG, LONG])
        assert {entry["concat"][0] for entry in rig.events("inbound")} == {9}  # type: ignore[index]

    @pytest.mark.parametrize("kind", range(len(MALFORMED)))
    def test_each_malformed_one_is_kept_and_shown_as_it_came(self, kind: int) -> None:
        rig = Rig(faults=(f"malformed_pdu:{kind}",)).ready()
        _receive(rig, ["satu"])
        assert f"\r\n{MALFORMED[kind]}\r\n" in rig.ask("AT+CMGL=4")
        assert [entry["pdu"] for entry in rig.events("malformed")] == [MALFORMED[kind]]
