"""Faults of sending: prompt, ESC, a part on the air, references, credit; what a client sees, and the ledger."""

from dataclasses import dataclass

import pytest

from gatewayd.core.model import Concat
from gatewayd.sim.modem.faults import prompting, sending
from gatewayd.sim.modem.network import Settings
from tests.edges.test_sim_modem_machine import BUDI, Rig, submit

PROMPT = "\r\n> "
SENT = f"{PROMPT}\r\n+CMGS: 0\r\n\r\nOK\r\n"


@dataclass(frozen=True)
class Part:
    """A part under a fault: what is said until its latency is over, and the ledger (the cause, or "accepted")."""

    fault: str
    said: str
    ledger: list[str]


def refused(code: int) -> str:
    return f"{PROMPT}\r\n+CMS ERROR: {code}\r\n"


PARTS = [
    Part("prompt_bare_gt_crlf", "\r\n>\r\n\r\n+CMGS: 0\r\n\r\nOK\r\n", ["accepted"]),
    Part("prompt_no_space", "\r\n>\r\n+CMGS: 0\r\n\r\nOK\r\n", ["accepted"]),
    Part("prompt_missing", "\r\n+CMGS: 0\r\n\r\nOK\r\n", ["accepted"]),
    Part("prompt_late:2", PROMPT, []),
    Part("prompt_then_error", f"{PROMPT}\r\nERROR\r\n", []),
    Part("reboot_before_ctrlz", PROMPT, []),
    Part("cmgs_slow", PROMPT, []),
    Part("cmgs_slow:1", SENT, ["accepted"]),
    Part("cmgs_timeout_late_ok", PROMPT, ["accepted"]),
    Part("cmgs_ok_without_mr", f"{PROMPT}\r\nOK\r\n", ["accepted"]),
    Part("cmgs_error_but_sent", refused(500), ["accepted"]),
    Part("cmgs_error_but_sent:332", refused(332), ["accepted"]),
    Part("cmgs_error_but_sent:0", f"{PROMPT}\r\nERROR\r\n", ["accepted"]),
    Part("cmgs_ok_not_delivered", SENT, ["unsaid"]),
    Part("cmgs_code:38", refused(38), ["cms-38"]),
    Part("cmgs_code", refused(500), ["cms-500"]),
    Part("cmgs_plain_error", f"{PROMPT}\r\nERROR\r\n", ["error"]),
    Part("reboot_after_ctrlz_sent", PROMPT, ["accepted"]),
    Part("reboot_after_ctrlz_notsent", PROMPT, ["reboot"]),
    Part("reboot_after_ok", SENT, ["accepted"]),
    Part("length_mismatch_304", refused(304), ["cms-304"]),
    Part("segment_k_fails:1", refused(38), ["cms-38"]),
    Part("segment_k_fails", SENT, ["accepted"]),
    Part("mr_wrap", f"{PROMPT}\r\n+CMGS: 254\r\n\r\nOK\r\n", ["accepted"]),
    Part("mr_constant:9", f"{PROMPT}\r\n+CMGS: 9\r\n\r\nOK\r\n", ["accepted"]),
    Part("mr_reset_on_boot", SENT, ["accepted"]),
    Part("cmms_unsupported_500", SENT, ["accepted"]),
    Part("collision_512", refused(512), ["cms-512"]),
    Part("sim_full_blocks_send", SENT, ["accepted"]),
    Part("throttle_after_n:0", refused(41), ["cms-41"]),
    Part("credit_zero_code", refused(21), ["cms-21"]),
    Part("credit_zero_code:69", refused(69), ["cms-69"]),
    Part("credit_zero_silent", SENT, ["unsaid"]),
    Part("csca_cleared", refused(330), ["cms-330"]),
    Part("prompt_stuck_at_open", "\r\n+CMS ERROR: 304\r\n", []),
    Part("esc_ok", SENT, ["accepted"]),
    Part("esc_silent", SENT, ["accepted"]),
    Part("esc_echo", SENT, ["accepted"]),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.fault)
def test_a_part_under_a_fault(part: Part) -> None:
    rig = Rig(faults=(part.fault,)).ready()
    rig.machine.client_opened()
    before = rig.settings.credit
    said = rig.send()
    assert (said, ledger(rig)) == (part.said, part.ledger)
    assert before - rig.settings.credit == rig.settings.price * part.ledger.count("accepted")


def ledger(rig: Rig) -> list[str]:
    """What became of each part, in order."""
    found = [entry for entry in rig.ledger.entries if entry["event"] in ("accepted", "refused")]
    return [str(entry.get("cause", "accepted")) for entry in found]


def test_no_fault_of_sending_is_without_its_row() -> None:
    assert {part.fault.partition(":")[0] for part in PARTS} == {*prompting.FAULTS, *sending.FAULTS}


class TestPrompt:
    def test_a_late_one_comes_late_and_reads_what_was_typed_before_it(self) -> None:
        rig = Rig(faults=("prompt_late:20",)).ready()
        pdu = submit(BUDI, "halo")
        assert rig.ask(f"AT+CMGS={pdu.length}") == ""
        assert rig.type(f"{pdu.hex}\x1a") == ""
        assert (rig.wait(19), rig.wait(1)) == ("", PROMPT)
        assert rig.wait(2) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"

    def test_a_late_one_is_cancelled_by_the_escape_before_it(self) -> None:
        rig = Rig(faults=("prompt_late:20,times=1",)).ready()
        assert rig.ask("AT+CMGS=20") == ""
        assert rig.type("\x1bAT\r") == ""
        assert rig.wait(20) == f"{PROMPT}\r\nOK\r\n\r\nOK\r\n"
        assert ledger(rig) == []

    def test_after_a_refused_one_the_pdu_is_no_command(self) -> None:
        rig = Rig(faults=("prompt_then_error:times=1",)).ready()
        pdu = submit(BUDI, "halo")
        assert rig.ask(f"AT+CMGS={pdu.length}") == f"{PROMPT}\r\nERROR\r\n"
        assert rig.type(f"{pdu.hex}\x1a\x1b") == ""
        assert rig.ask("AT") == "\r\nOK\r\n"

    def test_without_it_the_modem_waits_for_the_pdu_until_escape(self) -> None:
        rig = Rig(faults=("prompt_missing:times=1",)).ready()
        assert rig.ask("AT+CMGS=20") == ""
        assert rig.ask("AT") == ""
        assert rig.type("\x1b") == "\r\nOK\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert ledger(rig) == []

    @pytest.mark.parametrize(
        ("typed", "said", "texts"),
        [("\x1b", "\r\nOK\r\n", []), ("\x1a", "\r\n+CMGS: 0\r\n\r\nOK\r\n", ["Setengah diketik"])],
    )
    def test_one_left_open_is_ended_by_escape_and_sent_by_ctrl_z(self, typed: str, said: str, texts: list[str]) -> None:
        rig = Rig(faults=("prompt_stuck_at_open",)).ready()
        rig.machine.client_opened()
        assert rig.ask("AT") == ""
        rig.machine.client_opened()
        assert rig.type(typed) + rig.wait(2) == said
        assert [entry["text"] for entry in rig.events("accepted")] == texts

    def test_a_restart_behind_it_says_the_boot_lines(self) -> None:
        rig = Rig(profile="quectel", faults=("reboot_before_ctrlz:times=1",)).ready()
        assert rig.send().startswith(f"{PROMPT}\r\nRDY\r\n")
        assert rig.ready().send() == SENT
        assert ledger(rig) == ["accepted"]

    @pytest.mark.parametrize(
        ("fault", "said"), [("esc_ok", "\r\nOK\r\n"), ("esc_silent", ""), ("esc_echo", "\r\n[1B]\r\n")]
    )
    @pytest.mark.parametrize("profile", ["generic", "huawei_e"])
    def test_escape_is_answered_so(self, profile: str, fault: str, said: str) -> None:
        rig = Rig(profile=profile, faults=(fault,)).ready()
        rig.ask("AT+CMGS=20")
        assert rig.type("\x1b") == said
        assert rig.ask("AT") == "\r\nOK\r\n"


class TestOnTheAir:
    def test_a_late_answer_comes_late_and_the_modem_works_meanwhile(self) -> None:
        rig = Rig(faults=("cmgs_timeout_late_ok:100,times=1",)).ready("2,1,0,0,0")
        assert rig.send() == PROMPT
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert (rig.wait(99), rig.wait(1)) == ("", "\r\n+CMGS: 0\r\n\r\nOK\r\n")

    def test_a_slow_part_is_taken_half_way(self) -> None:
        rig = Rig(faults=("cmgs_slow:40",)).ready("2,1,0,0,0")
        assert rig.send() == PROMPT
        assert (rig.wait(17), ledger(rig)) == ("", [])
        assert (rig.wait(2), ledger(rig)) == ("", ["accepted"])
        assert rig.wait(19) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"

    @pytest.mark.parametrize(
        "fault", ["reboot_after_ctrlz_sent", "reboot_after_ctrlz_notsent", "reboot_after_ok"]
    )  # fmt: skip
    def test_after_a_restart_the_report_of_what_was_taken_comes_all_the_same(self, fault: str) -> None:
        rig = Rig(profile="quectel", faults=(f"{fault}:times=1",)).ready()
        rig.send()
        assert rig.wait(2).startswith("\r\nRDY\r\n")
        assert rig.ready().wait(20).count("+CDS:") == len(rig.events("accepted"))

    @pytest.mark.parametrize("fault", ["cmgs_ok_not_delivered", "credit_zero_silent"])
    def test_of_what_never_arrived_there_is_no_report(self, fault: str) -> None:
        rig = Rig(faults=(fault,)).ready()
        assert rig.send() == SENT
        assert rig.wait(1000) == ""

    def test_one_part_of_a_long_message_fails(self) -> None:
        rig = Rig(faults=("segment_k_fails:2",)).ready()
        said = [rig.send(concat=Concat(7, 3, number)) for number in (1, 2, 3)]
        assert ["+CMGS" in part for part in said] == [True, False, True]
        assert [entry["concat"] for entry in rig.events("accepted")] == [[7, 3, 1], [7, 3, 3]]

    def test_a_burst_is_throttled_until_the_minute_is_over(self) -> None:
        rig = Rig(Settings(latency_ms=0), faults=("throttle_after_n:3",)).ready("2,1,0,0,0")
        assert ["+CMGS" in rig.send() for _ in range(5)] == [True, True, True, False, False]
        rig.wait(60)
        assert "+CMGS" in rig.send()

    def test_a_full_sim_sends_again_when_there_is_room(self) -> None:
        rig = Rig(faults=("sim_full_blocks_send",)).ready()
        for number in range(30):
            rig.machine.centre.inbound(BUDI, f"pesan {number}")
        rig.wait(0)
        assert rig.send() == refused(322)
        rig.ask("AT+CMGD=1")
        assert rig.send().startswith(f"{PROMPT}\r\n+CMGS: 1\r\n")
        assert ledger(rig) == ["cms-322", "accepted"]

    @pytest.mark.parametrize("value", [0, 1, 2])
    def test_more_messages_are_not_known(self, value: int) -> None:
        rig = Rig(faults=("cmms_unsupported_500",)).ready()
        assert rig.ask(f"AT+CMMS={value}") == "\r\n+CMS ERROR: 500\r\n"


class TestReferences:
    @pytest.mark.parametrize(
        ("fault", "shown"),
        [
            ("mr_wrap", [254, 255, 0, 1]),
            ("mr_wrap:255", [255, 0, 1, 2]),
            ("mr_constant", [0, 0, 0, 0]),
            ("mr_reset_on_boot", [0, 1, 0, 1]),
            ("sr_never", [0, 1, 2, 3]),
        ],
    )
    def test_of_four_parts_with_a_restart_in_between(self, fault: str, shown: list[int]) -> None:
        rig = Rig(faults=(fault,)).ready("2,1,0,0,0")
        for number in range(4):
            if number == 2:
                rig.ask("AT+CFUN=1,1")
                rig.wait(2)
                rig.ready("2,1,0,0,0")
            assert f"+CMGS: {shown[number]}\r" in rig.send()
            assert f'"{shown[number]:02X}FF"' in rig.ask("AT+CRSM=176,28483,0,0,2")
        assert [entry["mr"] for entry in rig.events("accepted")] == shown


class TestCredit:
    @pytest.mark.parametrize("fault", ["credit_zero_code", "credit_zero_silent"])
    def test_the_balance_shows_it(self, fault: str) -> None:
        rig = Rig(faults=(fault,)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert "Sisa pulsa Rp.0." in rig.wait(1)
        rig.machine.device.bench.clear(fault)
        assert rig.send() == SENT


class TestServiceCentre:
    def test_it_is_gone_until_it_is_set_again_and_after_atz(self) -> None:
        rig = Rig(faults=("csca_cleared",)).ready()
        assert rig.ask("AT+CSCA?") == '\r\n+CSCA: "",129\r\n\r\nOK\r\n'
        assert rig.send() == refused(330)
        assert rig.ask('AT+CSCA="+62812000000",145') == "\r\nOK\r\n"
        assert rig.ask("AT+CSCA?") == '\r\n+CSCA: "+62812000000",145\r\n\r\nOK\r\n'
        assert rig.send().endswith("OK\r\n")
        rig.ask("ATZ")
        rig.ready()
        assert rig.send() == refused(330)

    def test_a_pdu_that_names_one_needs_no_other(self) -> None:
        rig = Rig(faults=("csca_cleared",)).ready()
        pdu = submit(BUDI, "halo")
        rig.ask(f"AT+CMGS={pdu.length}")
        rig.type(f"069126180200F0{pdu.hex[2:]}\x1a")
        assert rig.wait(2) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
