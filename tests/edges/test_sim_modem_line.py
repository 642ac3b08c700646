"""Faults of the dialogue: what a client sees for a command and for a part under each, and what the network took."""

from dataclasses import dataclass

import pytest

from gatewayd.sim.modem.faults import framing, line
from tests.edges.test_sim_modem_machine import Rig

PROMPT = "\r\n> "
SENT = f"{PROMPT}\r\n+CMGS: 0\r\n\r\nOK\r\n"
CALL = '\r\nRING\r\n\r\n+CLIP: "+6281200000199",145,"",0,"",0\r\n'
STORM = "".join(f"\r\n^RSSI:{10 + number}\r\n" for number in range(3))


@dataclass(frozen=True)
class Talk:
    """What is said to a command, and to a part until its latency is over; how many parts the network took."""

    fault: str
    asked: str
    answer: str
    part: str = SENT
    taken: int = 1


TALKS = [
    Talk("lf_only", "AT+CSQ", "\n+CSQ: 20,99\n\nOK\n", "\n> \n+CMGS: 0\n\nOK\n"),
    Talk("cr_cr_lf", "AT", "\r\r\nOK\r\r\n", "\r\r\n> \r\r\n+CMGS: 0\r\r\n\r\r\nOK\r\r\n"),
    Talk("double_crlf", "AT", "\r\n\r\nOK\r\n\r\n", "\r\n\r\n> \r\n\r\n+CMGS: 0\r\n\r\n\r\n\r\nOK\r\n\r\n"),
    Talk("no_space_after_colon", "AT+CSQ", "\r\n+CSQ:20,99\r\n\r\nOK\r\n", f"{PROMPT}\r\n+CMGS:0\r\n\r\nOK\r\n"),
    Talk("textual_errors", "AT+CFUN=9", "\r\n+CME ERROR: operation not allowed\r\n"),
    Talk("empty_error_code", "AT+CFUN=9", "\r\n+CME ERROR: \r\n"),
    Talk("multiline_urc_split", "AT+CSQ", "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"),
    Talk("echo_on", "ATE0", "\r\nOK\r\n"),
    Talk(
        "echo_returns_after_reset", "AT+CFUN=1", "\r\nOK\r\n",
        f"AT+CMGS=17\r{PROMPT}0021000C91261802001010000004E830FB0D\x1a\r\n+CMGS: 0\r\n\r\nOK\r\n",
    ),
    Talk("header_missing", "AT+CSQ", "\r\n20,99\r\n\r\nOK\r\n"),
    Talk("cpin_no_ok", "AT+CPIN?", "\r\n+CPIN: READY\r\n"),
    Talk("cpms_no_ok", 'AT+CPMS="SM"', "\r\n+CPMS: 0,30,0,30,0,30\r\n"),
    Talk("quoted_cpin", "AT+CPIN?", '\r\n+CPIN: "READY"\r\n\r\nOK\r\n'),
    Talk("csq_swallowed", "AT+CSQ", "\r\nOK\r\n"),
    Talk("ok_before_info", "AT+CREG?", "\r\nOK\r\n\r\n+CREG: 0,1\r\n"),
    Talk("missing_final", "AT+CSQ", "\r\n+CSQ: 20,99\r\n", f"{PROMPT}\r\n+CMGS: 0\r\n"),
    Talk("late_final", "AT+CSQ", "\r\n+CSQ: 20,99\r\n", f"{PROMPT}\r\n+CMGS: 0\r\n"),
    Talk("late_final:1", "AT+NONE", "", f"{PROMPT}\r\nERROR\r\n\r\n+CMGS: 0\r\n"),
    Talk("spurious_ok_on_boot", "AT", "\r\nOK\r\n"),
    Talk("final_command_not_support", "AT+NONE", "\r\nCOMMAND NOT SUPPORT\r\n"),
    Talk("final_na", "AT+NONE", "\r\nNA\r\n"),
    Talk("final_modem_error", "AT+CFUN=9", "\r\nMODEM ERROR: 3\r\n"),
    Talk("numeric_v0", "ATZ", "0\r", "AT+CMGS=17\r\r\n> 0021000C91261802001010000004E830FB0D\x1a+CMGS: 0\r\n0\r"),
    Talk("urc_mid_response", "AT+CSQ", "\r\n+CSQ: 20,99\r\nRING\r\n\r\nOK\r\n"),
    Talk("urc_before_response", "AT+CREG?", "\r\n+CREG: 1\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n", f"\r\n+CREG: 1\r\n{SENT}"),
    Talk("urc_between_prompt_and_pdu", "AT", "\r\nOK\r\n", f"{PROMPT}\r\nRING\r\n\r\n+CMGS: 0\r\n\r\nOK\r\n"),
    Talk("urc_glued_after_ok", "AT", '\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'),
    Talk("urc_storm:3", "AT", "\r\nOK\r\n", f"{PROMPT}{STORM}\r\n+CMGS: 0\r\n\r\nOK\r\n{STORM}"),
    Talk("ring_during_cmd", "AT", f"{CALL}\r\nOK\r\n", f"{CALL}{SENT}"),
    Talk("first_at_lost", "AT", ""),
    Talk("autobaud_silent", "AT", "", "", 0),
    Talk("mute_cmgl", "AT+CMGL=4", ""),
    Talk("hang_total", "AT", "", "", 0),
    Talk("cmd_crash_reboot:after=0", "AT", "", "", 0),
    Talk("cmd_crash_reboot:after=1", "AT", "\r\nOK\r\n", "", 0),
]  # fmt: skip


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.fault)
def test_what_is_said_under_a_fault(talk: Talk) -> None:
    rig = Rig().ready()
    rig.machine.device.bench.arm(talk.fault)
    rig.machine.client_opened()
    answer, part = rig.ask(talk.asked), rig.send()
    assert (answer, part, len(rig.events("accepted"))) == (talk.answer, talk.part, talk.taken)


def test_no_fault_of_the_line_is_without_its_row() -> None:
    assert {talk.fault.partition(":")[0] for talk in TALKS} == {*line.FAULTS, *framing.FAULTS}


class TestFraming:
    @pytest.mark.parametrize(
        ("fault", "said"), [("textual_errors", "SIM busy"), ("empty_error_code", ""), ("lf_only", "314")]
    )
    def test_errors_of_messages_too(self, fault: str, said: str) -> None:
        rig = Rig(faults=("sim_busy_14:60", fault)).ready()
        end = "\n" if fault == "lf_only" else "\r\n"
        assert rig.ask("AT+CMGL=4") == f"{end}+CMS ERROR: {said}{end}"

    def test_a_code_without_words_stays_a_number(self) -> None:
        rig = Rig(faults=("cmgs_code:777", "textual_errors")).ready()
        assert rig.send() == f"{PROMPT}\r\n+CMS ERROR: 777\r\n"

    def test_a_report_in_two_pieces(self) -> None:
        rig = Rig(faults=("multiline_urc_split:500",)).ready()
        rig.send()
        assert rig.wait(5.2) == "\r\n+CDS: 25\r\n"
        assert rig.wait(0.5).startswith("0006")


class TestFinals:
    def test_a_late_one_comes_in_the_end_even_behind_that_of_the_next_command(self) -> None:
        rig = Rig(faults=("late_final:10,times=1,match=+CSQ",)).ready()
        assert rig.ask("AT+CSQ") == "\r\n+CSQ: 20,99\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert (rig.wait(9), rig.wait(1)) == ("", "\r\nOK\r\n")

    def test_words_of_its_own_are_for_errors_alone(self) -> None:
        rig = Rig(faults=("final_na",)).ready()
        assert rig.ask("AT+CSQ").endswith("\r\nOK\r\n")

    def test_numbers_until_words_are_asked_for(self) -> None:
        rig = Rig(faults=("numeric_v0",))
        assert rig.ask("ATE0") == "ATE0\r0\r"
        assert (rig.ask("ATV1"), rig.ask("AT")) == ("\r\nOK\r\n", "\r\nOK\r\n")
        assert rig.ask("ATZ") == "0\r"


class TestStarts:
    def test_an_ok_that_nobody_asked_for(self) -> None:
        rig = Rig(profile="quectel", faults=("spurious_ok_on_boot",)).ready()
        rig.ask("AT+CRESET")
        rig.machine.plugged_in()
        assert rig.wait(1).endswith("\r\n+QIND: PB DONE\r\n\r\nOK\r\n")

    def test_a_modem_that_must_be_called_says_nothing_before(self) -> None:
        rig = Rig(profile="sim800", faults=("autobaud_silent",))
        assert [rig.ask(line) for line in ("AT", "AT+CSQ", "at", "AT", "AT")] == ["", "", "", "", "AT\r\r\nOK\r\n"]
        rig.ask("AT+CFUN=1,1")
        assert (rig.wait(5), rig.ask("AT")) == ("", "")

    def test_the_first_command_wakes_it(self) -> None:
        rig = Rig().ready()
        rig.machine.device.bench.arm("first_at_lost:30")
        rig.machine.client_opened()
        assert (rig.ask("AT"), rig.ask("AT")) == ("", "\r\nOK\r\n")
        rig.wait(29)
        assert rig.ask("AT") == "\r\nOK\r\n"
        rig.wait(30)
        assert (rig.ask("AT"), rig.ask("AT")) == ("", "\r\nOK\r\n")

    @pytest.mark.parametrize("command", ["ATZ", "AT&F", "AT+CFUN=1"])
    def test_the_echo_comes_back_with_a_reset(self, command: str) -> None:
        rig = Rig(faults=("echo_returns_after_reset",)).ready()
        rig.ask(command)
        assert rig.ask("AT") == "AT\r\r\nOK\r\n"
        rig.ask("ATE0")
        assert rig.ask("AT") == "\r\nOK\r\n"

    def test_a_crash_says_its_boot_lines_in_place_of_the_answer(self) -> None:
        rig = Rig(profile="quectel", faults=("cmd_crash_reboot:match=+CSQ,after=0",)).ready()
        assert rig.ask("AT+CSQ") == ""
        assert rig.wait(1).startswith("\r\nRDY\r\n")
        assert rig.ask("AT+CSQ").endswith("OK\r\n")


class TestIndications:
    def test_a_storm_comes_second_by_second_until_it_is_lifted(self) -> None:
        rig = Rig(faults=("urc_storm:7",)).ready()
        assert [rig.wait(1).count("^RSSI") for _ in range(3)] == [7, 7, 7]
        rig.machine.device.bench.clear("urc_storm")
        rig.wait(1)
        assert rig.wait(10) == ""

    def test_a_storm_waits_while_a_pdu_is_read(self) -> None:
        rig = Rig(faults=("urc_storm:2",)).ready()
        rig.ask("AT+CMGS=20")
        assert rig.wait(2.5) == ""
        assert rig.type("\x1b").count("^RSSI") == 4

    def test_a_caller_hangs_up_later(self) -> None:
        rig = Rig(faults=("ring_during_cmd:times=1",)).ready()
        assert (rig.ask("AT"), rig.ask("AT")) == ("\r\nOK\r\n", "\r\nOK\r\n")
        assert rig.wait(6) == "\r\nNO CARRIER\r\n"
