"""Every fault of the simulated modem: what the client sees of it, what the network did, and when it strikes."""

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.sim.modem.faults import FAULTS, listing
from gatewayd.sim.modem.hooks import Bench, parse
from gatewayd.sim.modem.network import Settings
from tests.edges.test_sim_modem_machine import BUDI, Rig, reports_in, submit

PROMPT = "\r\n> "
SENT = f"{PROMPT}\r\n+CMGS: 0\r\n\r\nOK\r\n"


@dataclass(frozen=True)
class Part:
    """What is said until the latency is over, and how many parts the network took."""

    said: str
    taken: int


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("cmgs_code:38", Part(f"{PROMPT}\r\n+CMS ERROR: 38\r\n", 0)),
        ("cmgs_code", Part(f"{PROMPT}\r\n+CMS ERROR: 500\r\n", 0)),
        ("cmgs_plain_error", Part(f"{PROMPT}\r\nERROR\r\n", 0)),
        ("cmgs_error_but_sent", Part(f"{PROMPT}\r\n+CMS ERROR: 500\r\n", 1)),
        ("cmgs_error_but_sent:332", Part(f"{PROMPT}\r\n+CMS ERROR: 332\r\n", 1)),
        ("cmgs_error_but_sent:0", Part(f"{PROMPT}\r\nERROR\r\n", 1)),
        ("cmgs_ok_without_mr", Part(f"{PROMPT}\r\nOK\r\n", 1)),
        ("cmgs_timeout_late_ok", Part(PROMPT, 1)),
        ("reboot_after_ctrlz_sent", Part(PROMPT, 1)),
        ("unplug_eio:after=1", Part(PROMPT, 1)),
        ("hang_total:after=1", Part(SENT, 1)),
        ("sr_never", Part(SENT, 1)),
        ("creg_searching", Part(f"{PROMPT}\r\n+CMS ERROR: 331\r\n", 0)),
        ("prompt_missing", Part("\r\n+CMGS: 0\r\n\r\nOK\r\n", 1)),
        ("prompt_then_error", Part(f"{PROMPT}\r\nERROR\r\n", 0)),
        ("urc_mid_response", Part(SENT, 1)),
    ],
)
def test_a_part_under_a_fault(fault: str, part: Part) -> None:
    rig = Rig().ready()
    rig.machine.device.bench.arm(fault)
    assert Part(rig.send(), len(rig.events("accepted"))) == part


class TestSending:
    def test_a_late_answer_comes_late_and_the_modem_works_meanwhile(self) -> None:
        rig = Rig(faults=("cmgs_timeout_late_ok:100,times=1",)).ready("2,1,0,0,0")
        assert rig.send() == PROMPT
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert rig.wait(99) == ""
        assert rig.wait(1) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"

    def test_a_restart_after_the_part_says_the_boot_lines_and_reports_all_the_same(self) -> None:
        rig = Rig(profile="quectel", faults=("reboot_after_ctrlz_sent",)).ready()
        rig.send()
        assert "RDY" in rig.wait(2)
        rig.ready()
        assert [report.reference for report in reports_in(rig.wait(10))] == [0]

    def test_without_its_prompt_the_modem_waits_for_the_pdu_until_escape(self) -> None:
        rig = Rig(faults=("prompt_missing:times=1",)).ready()
        assert rig.ask("AT+CMGS=20") == ""
        assert rig.ask("AT") == ""
        assert rig.type("\x1b") == "\r\nOK\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert rig.events("accepted") == []

    def test_after_a_refused_prompt_the_pdu_is_no_command(self) -> None:
        rig = Rig(faults=("prompt_then_error:times=1",)).ready()
        pdu = submit(BUDI, "halo")
        assert rig.ask(f"AT+CMGS={pdu.length}") == f"{PROMPT}\r\nERROR\r\n"
        assert rig.type(f"{pdu.hex}\x1a\x1b") == ""
        assert rig.ask("AT") == "\r\nOK\r\n"


class TestReports:
    def test_before_the_answer(self) -> None:
        rig = Rig(faults=("sr_before_cmgs_ok",)).ready()
        said = rig.send()
        assert 0 < said.index("+CDS:") < said.index("+CMGS:")
        assert rig.wait(60) == ""

    def test_before_the_answer_without_any_latency(self) -> None:
        rig = Rig(Settings(latency_ms=0), faults=("sr_before_cmgs_ok",)).ready()
        said = rig.send()
        assert 0 < said.index("+CDS:") < said.index("+CMGS:")

    def test_twice(self) -> None:
        rig = Rig(faults=("sr_duplicate",)).ready()
        rig.send()
        first, second = reports_in(rig.wait(60))
        assert first == second

    def test_never(self) -> None:
        rig = Rig(faults=("sr_never",)).ready()
        rig.send()
        assert rig.wait(600) == ""
        assert rig.events("report") == []


class TestLine:
    def test_the_echo_stays(self) -> None:
        rig = Rig(faults=("echo_on",))
        assert rig.ask("ATE0") == "ATE0\r\r\nOK\r\n"
        assert rig.ask("AT") == "AT\r\r\nOK\r\n"
        pdu = submit(BUDI, "halo")
        assert rig.submit(pdu).endswith(f"{PROMPT}{pdu.hex}\x1a\r\n+CMGS: 0\r\n\r\nOK\r\n")

    def test_an_unknown_signal(self) -> None:
        rig = Rig(faults=("csq_99",)).ready()
        assert rig.ask("AT+CSQ") == "\r\n+CSQ: 99,99\r\n\r\nOK\r\n"

    def test_searching_for_a_network(self) -> None:
        rig = Rig(faults=("creg_searching",)).ready()
        assert rig.ask("AT+CREG?") == "\r\n+CREG: 0,2\r\n\r\nOK\r\n"
        assert rig.ask("AT+COPS?") == "\r\n+COPS: 0\r\n\r\nOK\r\n"
        rig.machine.device.bench.clear("creg_searching")
        assert rig.ask("AT+CREG?") == "\r\n+CREG: 0,1\r\n\r\nOK\r\n"

    def test_a_line_of_its_own_accord_inside_an_answer(self) -> None:
        rig = Rig(faults=("urc_mid_response",)).ready()
        assert rig.ask("AT+CSQ") == "\r\n+CSQ: 20,99\r\nRING\r\n\r\nOK\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"

    def test_a_line_glued_behind_ok(self) -> None:
        rig = Rig(faults=("urc_glued_after_ok",)).ready()
        assert rig.ask("AT") == '\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'
        assert rig.ask("AT+NONE") == "\r\nERROR\r\n"

    def test_byte_by_byte_in_order_and_in_time(self) -> None:
        rig = Rig(faults=("rx_chunk_1byte:10",))
        rig.machine.receive(b"AT\rAT\r")
        answer = b"AT\r\r\nOK\r\nAT\r\r\nOK\r\n"
        chunks = []
        for _ in range(len(answer)):
            chunks += rig.machine.drain()
            rig.elapsed = rig.machine.next_due() or rig.elapsed
            rig.machine.run_due()
        assert chunks == [answer[at : at + 1] for at in range(len(answer))]
        assert rig.elapsed == pytest.approx(0.17)


class TestPower:
    def test_a_hang_lasts_as_long_as_it_is_told(self) -> None:
        rig = Rig(faults=("hang_total:30,after=4,times=1",)).ready()
        assert rig.ask("AT+CSQ") == ""
        assert rig.wait(29) == ""
        assert rig.ask("AT") == ""
        rig.wait(1)
        assert rig.ask("AT+CNMI?") == "\r\n+CNMI: 2,1,0,1,0\r\n\r\nOK\r\n"

    def test_a_hang_without_end_ends_with_the_power(self) -> None:
        rig = Rig(faults=("hang_total:after=4,times=1",)).ready()
        assert rig.ask("AT") == ""
        assert (rig.wait(10_000), rig.ask("AT")) == ("", "")
        rig.machine.plugged_in()
        rig.wait(1)
        assert rig.ask("AT").endswith("OK\r\n")

    def test_unplugged_in_place_of_an_answer(self) -> None:
        rig = Rig(faults=("unplug_eio:3,after=4,times=1",)).ready()
        assert not rig.unplugged
        assert rig.ask("AT+CSQ") == ""
        assert rig.unplugged


class TestUssd:
    def test_a_menu_waits_for_a_choice_and_the_next_code_is_one(self) -> None:
        rig = Rig(faults=("ussd_menu:times=1",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1).startswith('\r\n+CUSD: 1,"Menu\n1 ')
        rig.ask('AT+CUSD=1,"1",15')
        assert "+CUSD: 0," in rig.wait(1)
        assert [(entry["code"], entry["is_choice"]) for entry in rig.events("ussd")] == [("*888#", False), ("1", True)]

    def test_a_cancelled_menu_is_over(self) -> None:
        rig = Rig(faults=("ussd_menu:times=1",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        rig.wait(1)
        assert rig.ask("AT+CUSD=2") == "\r\nOK\r\n"
        rig.ask('AT+CUSD=1,"*888#",15')
        assert "Sisa pulsa" in rig.wait(1)

    def test_not_supported(self) -> None:
        rig = Rig(faults=("ussd_4",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"


class TestTriggers:
    @pytest.mark.parametrize(
        ("arguments", "struck"),
        [
            ("", [1, 1, 1, 1, 1, 1]),
            ("times=2", [1, 1, 0, 0, 0, 0]),
            ("after=3", [0, 0, 0, 1, 1, 1]),
            ("after=3,times=1", [0, 0, 0, 1, 0, 0]),
            ("times=0", [0, 0, 0, 0, 0, 0]),
            ("p=0", [0, 0, 0, 0, 0, 0]),
            ("p=1", [1, 1, 1, 1, 1, 1]),
        ],
    )
    def test_when_it_strikes(self, arguments: str, struck: list[int]) -> None:
        rig = Rig(faults=(f"csq_99:{arguments}",)).ready()
        assert ["+CSQ: 99" in rig.ask("AT+CSQ") for _ in struck] == [bool(hit) for hit in struck]

    def test_only_what_it_could_change_is_an_opportunity(self) -> None:
        rig = Rig(faults=("csq_99:after=1",)).ready()
        for command in ("AT", "AT+CREG?", "AT+CSQ"):
            assert "99,99" not in rig.ask(command)
        assert "99,99" in rig.ask("AT+CSQ")

    def test_chance_follows_the_seed(self) -> None:
        def hits(seed: int) -> list[bool]:
            rig = Rig(faults=("csq_99:p=0.3",), seed=seed).ready()
            return ["99,99" in rig.ask("AT+CSQ") for _ in range(200)]

        assert hits(1) == hits(1)
        assert hits(1) != hits(2)
        assert 35 < sum(hits(1)) < 85

    def test_two_faults_meet(self) -> None:
        rig = Rig(faults=("cmgs_ok_without_mr", "sr_duplicate", "rx_chunk_1byte:0")).ready()
        assert rig.send() == f"{PROMPT}\r\nOK\r\n"
        assert len(reports_in(rig.wait(60))) == 2

    @pytest.mark.parametrize(
        "text",
        ["", "none", "csq_99:1", "cmgs_code:1,2", "cmgs_code:x", "cmgs_code:-1", "sr_never:often=3", "cmgs_code:nan"],
    )  # fmt: skip
    def test_what_is_wrong_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            parse(text, FAULTS)

    def test_the_list_names_every_fault(self) -> None:
        lines = listing().splitlines()
        assert [line.split()[0].split(":")[0] for line in lines[: len(FAULTS)]] == list(FAULTS)


_armed = st.builds(
    "{}:p={:.2f},after={}".format, st.sampled_from(sorted(FAULTS)), st.floats(0, 1), st.integers(0, 5)
)  # fmt: skip


@given(st.lists(_armed, max_size=4), st.integers(0, 1000))
def test_the_ledger_is_what_the_network_charged_for_under_any_faults(faults: list[str], seed: int) -> None:
    rig = Rig(Settings(latency_ms=1000, report_delay_ms=500), faults=tuple(faults), seed=seed)
    before = rig.settings.credit
    for number in range(6):
        rig.machine.receive(b"\x1b")
        rig.ready()
        rig.send(text=f"pesan {number}")
        rig.wait(30)
    texts = [entry["text"] for entry in rig.events("accepted")]
    assert len(texts) == len(set(texts)) == (before - rig.settings.credit) / rig.settings.price
    answered = {entry["mr"] for entry in rig.events("report")}
    assert answered <= {entry["mr"] for entry in rig.events("accepted")}


def test_every_fault_takes_hold_somewhere() -> None:
    for name, kind in FAULTS.items():
        hooks = [getattr(kind.hook, slot) for slot in kind.hook.__slots__]
        assert any(hooks), name
        Bench(FAULTS, Random(0)).arm(name)
