"""The simulated modem under a clock of the test's own: commands, sending, reports, memory, USSD, power."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.clock import Clock
from gatewayd.core.model import Concat, Encoding
from gatewayd.sim.modem.ledger import Entry, MemoryLedger
from gatewayd.sim.modem.machine import Machine
from gatewayd.sim.modem.network import Behaviour, Settings
from gatewayd.sim.modem.port import Output, Unplugged
from gatewayd.sim.modem.profiles import PROFILES
from gatewayd.sim.modem.serve import Options, build
from gatewayd.sim.modem.values import PullOut, Reboot
from gatewayd.wire import credit, tpdu, ussd

NOON: Final = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
BUDI: Final = "+628120000101"


@dataclass
class Rig:
    """A modem, a ledger, and a clock that only `wait` moves; `happened` is what became of the port."""

    settings: Settings = field(default_factory=lambda: Settings(latency_ms=2000, report_delay_ms=5000))
    profile: str = "generic"
    faults: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        self.elapsed = 0.0
        self.ledger = MemoryLedger()
        self.happened: list[Output] = []
        clock = Clock(now=lambda: NOON + timedelta(seconds=self.elapsed), monotonic=lambda: self.elapsed)
        options = Options(Path("unused"), self.profile, self.settings, self.faults, None, self.seed)
        self.machine: Machine = build(options, self.ledger, clock)

    def type(self, text: str) -> str:
        """What the modem says at once."""
        self.machine.receive(text.encode("latin-1"))
        return self._said()

    def ask(self, command: str) -> str:
        return self.type(f"{command}\r")

    def wait(self, seconds: float) -> str:
        """What it says in that time."""
        until = self.elapsed + seconds
        said = ""
        while (due := self.machine.next_due()) is not None and due <= until:
            self.elapsed = max(self.elapsed, due)
            self.machine.run_due()
            said += self._said()
        self.elapsed = until
        self.machine.run_due()
        return said + self._said()

    def ready(self, cnmi: str = "2,1,0,1,0") -> "Rig":
        for command in ("ATE0", "AT+CMEE=1", "AT+CMGF=0", f"AT+CNMI={cnmi}"):
            self.ask(command)
        return self

    def send(self, to: str = BUDI, text: str = "halo", **more: Concat | bool) -> str:
        """One part by AT+CMGS; what is said from Ctrl-Z to the end of the latency."""
        return self.submit(submit(to, text, **more))

    def submit(self, pdu: tpdu.Pdu) -> str:
        said = self.ask(f"AT+CMGS={pdu.length}")
        return said + self.type(f"{pdu.hex}\x1a") + self.wait(2)

    @property
    def unplugged(self) -> bool:
        return any(isinstance(output, Unplugged) for output in self.happened)

    def events(self, name: str) -> list[Entry]:
        return [entry for entry in self.ledger.entries if entry["event"] == name]

    def _said(self) -> str:
        outputs = self.machine.drain()
        self.happened += (output for output in outputs if not isinstance(output, bytes))
        return b"".join(output for output in outputs if isinstance(output, bytes)).decode("latin-1")


def submit(to: str, text: str, **more: Concat | bool) -> tpdu.Pdu:
    concat, report = more.get("concat"), more.get("status_report", True)
    assert concat is None or isinstance(concat, Concat)
    return tpdu.encode_submit(tpdu.Submit(to, text, Encoding.GSM7, concat, bool(report)))


def reports_in(said: str) -> list[tpdu.StatusReportPdu]:
    lines = said.split("\r\n")
    pdus = [tpdu.decode(after) for line, after in pairwise(lines) if line.startswith("+CDS:")]
    return [pdu for pdu in pdus if isinstance(pdu, tpdu.StatusReportPdu)]


class TestCommands:
    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("AT", "\r\nOK\r\n"),
            ("at", "\r\nOK\r\n"),
            ("ATE0V1", "\r\nOK\r\n"),
            ("ATZ", "\r\nOK\r\n"),
            ("AT+CGMI", "\r\nSimulated\r\n\r\nOK\r\n"),
            ("AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n"),
            ("AT+CSQ", "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"),
            ("AT+CREG?", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"),
            ("AT+CREG=2;+CREG?", '\r\n+CREG: 2,1,"00C8","0000A1B2"\r\n\r\nOK\r\n'),
            ("AT+CEREG=?", "\r\n+CEREG: (0-2)\r\n\r\nOK\r\n"),
            ("AT+COPS?", '\r\n+COPS: 0,0,"TELKOMSEL",2\r\n\r\nOK\r\n'),
            ("AT+COPS=3,2;+COPS?", '\r\n+COPS: 0,2,"51010",2\r\n\r\nOK\r\n'),
            ("AT+CFUN?", "\r\n+CFUN: 1\r\n\r\nOK\r\n"),
            ("AT+CFUN=0;+CREG?", "\r\n+CREG: 0,0\r\n\r\nOK\r\n"),
            ("AT+CMGF=1", "\r\n+CMS ERROR: 302\r\n"),
            ("AT+CSMS=1", "\r\n+CSMS: 1,1,1\r\n\r\nOK\r\n"),
            ('AT+CPMS="SM","SM","SM"', "\r\n+CPMS: 0,30,0,30,0,30\r\n\r\nOK\r\n"),
            ('AT+CPMS="XX"', "\r\n+CMS ERROR: 302\r\n"),
            ("AT+CPMS?", '\r\n+CPMS: "SM",0,30,"SM",0,30,"SM",0,30\r\n\r\nOK\r\n'),
            ("AT+CNMI=?", "\r\n+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\r\n\r\nOK\r\n"),
            ("AT+CNMI=2,1,0,1,0;+CNMI?", "\r\n+CNMI: 2,1,0,1,0\r\n\r\nOK\r\n"),
            ("AT+CNMI=2,1;+CNMI?", "\r\n+CNMI: 2,1,0,0,0\r\n\r\nOK\r\n"),
            ("AT+CNMI=3,1", "\r\n+CMS ERROR: 302\r\n"),
            ("AT+CNMI=x", "\r\n+CMS ERROR: 302\r\n"),
            ("AT+CSCS=?", '\r\n+CSCS: ("GSM","UCS2","IRA")\r\n\r\nOK\r\n'),
            ("AT+CMGL=4", "\r\nOK\r\n"),
            ("AT+CMGR=1", "\r\n+CMS ERROR: 321\r\n"),
            ("AT+CNMA", "\r\n+CMS ERROR: 340\r\n"),
            ("AT+CSMS=1;+CNMA", "\r\n+CSMS: 1,1,1\r\n\r\nOK\r\n"),
            ("AT+CRSM=176,28483,0,0,2", '\r\n+CRSM: 144,0,"FFFF"\r\n\r\nOK\r\n'),
            ("AT+NOSUCH", "\r\nERROR\r\n"),
            ("AT!", "\r\nERROR\r\n"),
            ("AT+CMEE=1;+CFUN=9", "\r\n+CME ERROR: 3\r\n"),
            ("AT+CMEE=2;+CFUN=9", "\r\n+CME ERROR: operation not allowed\r\n"),
            ("AT+CFUN=9", "\r\nERROR\r\n"),
            ("AT+CMGS=0", "\r\n+CMS ERROR: 304\r\n"),
            ("no command", ""),
            ("\x00\xffAT", "\r\nOK\r\n"),
        ],
    )
    def test_a_command_has_its_answer(self, command: str, answer: str) -> None:
        rig = Rig()
        rig.ask("ATE0")
        assert rig.ask(command) == answer

    def test_echo_is_on_after_the_start_and_ends_with_the_command_that_ends_it(self) -> None:
        rig = Rig()
        assert rig.ask("ATE0") == "ATE0\r\r\nOK\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"

    def test_numeric_results_have_no_words(self) -> None:
        rig = Rig()
        rig.ask("ATE0")
        rig.ask("ATV0")
        assert (rig.ask("AT"), rig.ask("AT+X"), rig.ask("AT+CSQ")) == ("0\r", "4\r", "+CSQ: 20,99\r\n0\r")

    def test_imei_has_a_right_check_digit_and_differs_by_seed(self) -> None:
        imeis = [Rig(seed=seed).machine.device.imei for seed in range(3)]
        assert len(set(imeis)) == 3
        for imei in imeis:
            digits = [int(digit) * (1 + place % 2) for place, digit in enumerate(imei)]
            assert len(imei) == 15
            assert sum(digit // 10 + digit % 10 for digit in digits) % 10 == 0

    @pytest.mark.parametrize("profile", sorted(PROFILES))
    def test_every_profile_is_set_up_by_its_own_choices(self, profile: str) -> None:
        rig = Rig(profile=profile)
        rig.ask("ATE0")
        store = PROFILES[profile].memories[0][0]
        for command in ("AT+CMGF=0", "AT+CNMI=1,1,0,1", f'AT+CPMS="{store}"', "AT+CNMI?"):
            assert rig.ask(command).endswith("\r\nOK\r\n"), command
        for command in PROFILES[profile].says:
            assert rig.ask(f"AT{command}").endswith("\r\nOK\r\n"), command

    @given(st.lists(st.integers(1, 12), max_size=40))
    def test_answers_do_not_depend_on_how_the_bytes_come(self, cuts: list[int]) -> None:
        pdu = submit(BUDI, "halo")
        typed = f"ATE0\rAT+CSQ\rAT+CMGS={pdu.length}\r{pdu.hex}\x1aAT+CMGS=5\r\x1bAT\r"
        whole, cut = Rig(), Rig()
        said, rest = "", typed
        for size in cuts:
            said += cut.type(rest[:size])
            rest = rest[size:]
        assert said + cut.type(rest) + cut.wait(60) == whole.type(typed) + whole.wait(60)

    @given(st.binary(max_size=300))
    def test_nothing_a_client_types_breaks_it(self, noise: bytes) -> None:
        rig = Rig()
        rig.machine.receive(noise + b"\x1b\x1b\r")
        rig.wait(200)
        rig.type("\x1b\rATE0\r")
        rig.wait(5)
        assert rig.ask("ATE0V1").endswith("OK\r\n")


class TestSending:
    def test_prompt_then_reference_after_the_latency(self) -> None:
        rig = Rig().ready()
        pdu = submit(BUDI, "halo")
        assert rig.ask(f"AT+CMGS={pdu.length}") == "\r\n> "
        assert rig.type(f"{pdu.hex}\x1a") == ""
        assert rig.wait(1.9) == ""
        assert rig.wait(0.1) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"

    def test_the_ledger_has_the_part_before_the_answer_is_out(self) -> None:
        rig = Rig().ready()
        pdu = submit(BUDI, "halo", concat=Concat(7, 3, 2))
        rig.ask(f"AT+CMGS={pdu.length}")
        rig.type(f"{pdu.hex}\x1a")
        assert rig.wait(0.9) == ""
        assert rig.events("accepted") == []
        assert rig.wait(0.2) == ""
        assert [
            (e["recipient"], e["mr"], e["text"], e["concat"], e["credit_after"]) for e in rig.events("accepted")
        ] == [(BUDI, 0, "halo", [7, 3, 2], 99_650)]

    def test_references_count_to_255_and_begin_again(self) -> None:
        rig = Rig(Settings(latency_ms=0)).ready("2,1,0,0,0")
        said = [rig.send() for _ in range(258)]
        assert [part.split("+CMGS: ")[1].split("\r")[0] for part in said] == [str(n % 256) for n in range(258)]

    def test_the_sim_keeps_the_last_reference(self) -> None:
        rig = Rig().ready()
        rig.send()
        rig.send()
        assert '"01FF"' in rig.ask("AT+CRSM=176,28483,0,0,2")

    @pytest.mark.parametrize("wrong", [-1, 1])
    def test_a_wrong_length_is_304_and_nothing_leaves(self, wrong: int) -> None:
        rig = Rig().ready()
        pdu = submit(BUDI, "halo")
        assert rig.submit(tpdu.Pdu(pdu.hex, pdu.length + wrong)) == "\r\n> \r\n+CMS ERROR: 304\r\n"
        assert rig.events("accepted") == []

    @pytest.mark.parametrize("junk", ["", "zz", "0001", "00"])
    def test_junk_in_place_of_a_pdu_is_304(self, junk: str) -> None:
        rig = Rig().ready()
        assert rig.submit(tpdu.Pdu(junk, 20)) == "\r\n> \r\n+CMS ERROR: 304\r\n"

    def test_escape_cancels(self) -> None:
        rig = Rig().ready()
        rig.ask("AT+CMGS=20")
        assert rig.type("0011\x1b") == "\r\nOK\r\n"
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert rig.events("accepted") == []

    def test_an_open_prompt_eats_commands_until_escape(self) -> None:
        rig = Rig().ready()
        rig.ask("AT+CMGS=20")
        assert rig.ask("AT") == ""
        rig.type("\x1b")
        assert rig.ask("AT") == "\r\nOK\r\n"

    def test_input_waits_while_a_part_is_on_the_air(self) -> None:
        rig = Rig().ready()
        pdu = submit(BUDI, "halo")
        rig.ask(f"AT+CMGS={pdu.length}")
        assert rig.type(f"{pdu.hex}\x1aAT+CSQ\r") == ""
        assert rig.wait(2) == "\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n"

    @pytest.mark.parametrize(
        ("name", "settings", "code"),
        [
            ("no credit", {"credit": 349}, 21),
            ("no credit, as another operator says it", {"credit": 0, "no_credit_code": 38}, 38),
            ("searching", {"registration": 2}, 331),
            ("denied", {"registration": 3}, 331),
            ("invalid number", {"recipients": {BUDI: Behaviour.INVALID}}, 1),
        ],
    )
    def test_a_refused_part_costs_nothing_and_is_in_the_ledger(self, name: str, settings: dict, code: int) -> None:
        rig = Rig(Settings(latency_ms=2000, **settings)).ready()
        before = rig.settings.credit
        assert rig.send() == f"\r\n> \r\n+CMS ERROR: {code}\r\n", name
        assert [entry["cause"] for entry in rig.events("refused")] == [f"cms-{code}"]
        assert (rig.settings.credit, rig.events("accepted")) == (before, [])

    def test_credit_covers_so_many_parts_and_no_more(self) -> None:
        rig = Rig(Settings(latency_ms=0, credit=1000, price=350)).ready()
        said = [rig.send() for _ in range(3)]
        assert ["+CMGS" in part for part in said] == [True, True, False]
        assert rig.settings.credit == 300

    def test_a_latency_left_open_varies_around_the_profiles_own(self) -> None:
        rig = Rig(Settings()).ready()
        pdu = submit(BUDI, "halo")
        waits: list[float] = []
        for _ in range(60):
            rig.ask(f"AT+CMGS={pdu.length}")
            rig.type(f"{pdu.hex}\x1a")
            began = rig.elapsed
            while "+CMGS" not in rig.wait(0.25):
                assert rig.elapsed - began < 46
            waits.append(rig.elapsed - began)
        assert 2.5 < sorted(waits)[30] < 5
        assert len(set(waits)) > 5


class TestReports:
    @pytest.mark.parametrize(
        ("behaviour", "expected"),
        [
            (Behaviour.OK, [(5, 0x00)]),
            (Behaviour.OFF, [(5, 0x30)]),
            (Behaviour.UNREACHABLE, [(5, 0x43)]),
            (Behaviour.SILENT, []),
            (Behaviour.SLOW, [(5, 0x20), (25, 0x00)]),
        ],
    )
    def test_a_recipient_behaves(self, behaviour: Behaviour, expected: list[tuple[int, int]]) -> None:
        rig = Rig(Settings(latency_ms=2000, report_delay_ms=5000, recipients={"+62812*": behaviour})).ready()
        rig.send()
        seen = [(second, report) for second in range(1, 120) for report in reports_in(rig.wait(1))]
        assert [(second, report.tp_status) for second, report in seen] == expected
        assert all((report.reference, report.recipient) == (0, BUDI) for _, report in seen)
        assert [entry["tp_status"] for entry in rig.events("report")] == [status for _, status in expected]

    def test_times_of_a_report_are_those_of_the_centre(self) -> None:
        rig = Rig().ready()
        rig.send()
        [report] = reports_in(rig.wait(10))
        assert report.submitted_at == NOON + timedelta(seconds=1)
        assert report.discharged_at == NOON + timedelta(seconds=7)

    def test_none_unless_asked_for(self) -> None:
        rig = Rig().ready()
        rig.send(status_report=False)
        assert rig.wait(100) == ""
        assert rig.events("report") == []

    def test_route_0_shows_none(self) -> None:
        rig = Rig().ready("2,1,0,0,0")
        rig.send()
        assert rig.wait(100) == ""

    def test_route_2_stores_it_and_tells_where(self) -> None:
        rig = Rig().ready("2,1,0,2,0")
        rig.send()
        assert rig.wait(10) == '\r\n+CDSI: "SR",1\r\n'
        rig.ask('AT+CPMS="SR"')
        answer = rig.ask("AT+CMGR=1")
        assert isinstance(tpdu.decode(answer.split("\r\n")[2]), tpdu.StatusReportPdu)
        rig.ask("AT+CMGD=1")
        assert rig.ask("AT+CMGR=1") == "\r\n+CMS ERROR: 321\r\n"

    def test_it_waits_until_a_prompt_is_over(self) -> None:
        rig = Rig().ready()
        rig.send()
        rig.ask("AT+CMGS=20")
        assert rig.wait(20) == ""
        assert rig.type("\x1b").startswith("\r\n+CDS: ")

    def test_it_waits_in_the_network_while_the_modem_is_away(self) -> None:
        rig = Rig().ready()
        rig.send()
        rig.machine.happen(PullOut())
        assert rig.wait(60) == ""
        assert rig.unplugged
        assert rig.events("report") == []
        rig.machine.plugged_in()
        rig.wait(5)
        assert len(rig.events("report")) == 1


class TestMemory:
    def test_an_inbound_message_is_stored_told_listed_and_deleted(self) -> None:
        rig = Rig().ready()
        rig.machine.centre.inbound("+628120000102", "BERHENTI")
        assert rig.wait(0) == '\r\n+CMTI: "SM",1\r\n'
        listed = rig.ask("AT+CMGL=4").split("\r\n")
        message = tpdu.decode(listed[2])
        assert isinstance(message, tpdu.Deliver)
        assert (message.sender, message.text) == ("+628120000102", "BERHENTI")
        assert listed[1] == f"+CMGL: 1,0,,{tpdu.tpdu_length(listed[2])}"
        assert rig.ask("AT+CMGL=0") == "\r\nOK\r\n"
        assert rig.ask("AT+CMGD=?") == "\r\n+CMGD: (1),(0-4)\r\n\r\nOK\r\n"
        assert rig.ask("AT+CMGD=1") == "\r\nOK\r\n"
        assert rig.ask("AT+CMGL=4") == "\r\nOK\r\n"

    def test_a_long_one_comes_in_parts(self) -> None:
        rig = Rig().ready()
        assert rig.machine.centre.inbound("+628120000102", "panjang " * 40) == 3
        assert rig.wait(0).count("+CMTI") == 3

    def test_route_2_hands_it_over(self) -> None:
        rig = Rig().ready("2,2,0,1,0")
        rig.machine.centre.inbound("+628120000102", "halo")
        head, pdu = rig.wait(0).strip().split("\r\n")
        assert head == f"+CMT: ,{tpdu.tpdu_length(pdu)}"

    def test_a_full_memory_takes_the_next_after_a_deletion(self) -> None:
        rig = Rig().ready()
        for number in range(31):
            rig.machine.centre.inbound("+628120000102", f"pesan {number}")
        assert rig.wait(0).count("+CMTI") == 30
        assert rig.ask("AT+CMGD=7").endswith('\r\nOK\r\n\r\n+CMTI: "SM",7\r\n')

    @pytest.mark.parametrize(("flag", "left"), [("1,1", "(2)"), ("1,4", "()"), ("2", "(1)"), ("2,0", "(1)")])
    def test_delete_flags(self, flag: str, left: str) -> None:
        rig = Rig().ready()
        rig.machine.centre.inbound("+628120000102", "satu")
        rig.machine.centre.inbound("+628120000102", "dua")
        rig.wait(0)
        rig.ask("AT+CMGR=1")
        assert rig.ask(f"AT+CMGD={flag}") == "\r\nOK\r\n"
        assert rig.ask("AT+CMGD=?") == f"\r\n+CMGD: {left},(0-4)\r\n\r\nOK\r\n"


class TestUssd:
    @pytest.mark.parametrize(
        ("operator", "code"), [("telkomsel", "*888#"), ("indosat", "*555#"), ("xl", "*123#")]
    )  # fmt: skip
    def test_the_balance_reply_reads_as_the_credit(self, operator: str, code: str) -> None:
        rig = Rig(Settings(credit=23_041, operator=operator)).ready()
        assert rig.ask(f'AT+CUSD=1,"{code}",15') == "\r\nOK\r\n"
        reply = ussd.parse(rig.wait(1).strip())
        reading = credit.parse_credit(reply.text, reply.mode)
        assert (reading.balance_idr, reading.active_until) == (23_041, rig.settings.active_until)

    def test_a_code_nobody_knows_is_not_supported(self) -> None:
        rig = Rig().ready()
        rig.ask('AT+CUSD=1,"*999#",15')
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"

    @pytest.mark.parametrize(
        ("profile", "setup", "style"), [("huawei_e", "", "hex7"), ("generic", 'AT+CSCS="UCS2"', "ucs2")]
    )
    def test_a_reply_comes_in_the_style_of_the_request(self, profile: str, setup: str, style: ussd.Style) -> None:
        rig = Rig(profile=profile).ready()
        rig.ask(setup)
        rig.ask(f'AT+CUSD=1,"{ussd.encode_request("*888#", style)}",15')
        said = rig.wait(1).strip()
        assert "Sisa" not in said
        assert ussd.parse(said).text.startswith("Sisa pulsa Rp.100000")
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"

    def test_a_huawei_can_be_told_to_speak_plainly(self) -> None:
        rig = Rig(profile="huawei_e").ready()
        rig.ask("AT^USSDMODE=0")
        rig.ask('AT+CUSD=1,"*888#",15')
        assert "Sisa pulsa" in rig.wait(1)

    def test_no_network_no_ussd(self) -> None:
        rig = Rig(Settings(registration=2)).ready()
        assert rig.ask('AT+CUSD=1,"*888#",15') == "\r\n+CME ERROR: 30\r\n"


class TestPower:
    def test_a_restart_forgets_the_settings_and_says_the_boot_lines(self) -> None:
        rig = Rig(profile="sim800").ready()
        assert rig.ask("AT+CFUN=1,1") == "\r\nOK\r\n"
        assert rig.ask("AT") == ""
        assert rig.wait(1).split() == ["RDY", "+CFUN:", "1", "+CPIN:", "READY", "Call", "Ready", "SMS", "Ready"]
        assert rig.ask("AT+CNMI?") == "AT+CNMI?\r\r\n+CNMI: 0,0,0,0,0\r\n\r\nOK\r\n"
        assert [entry["reason"] for entry in rig.events("boot")] == ["start", "restart"]

    @pytest.mark.parametrize(("after", "taken"), [(0.5, 0), (1.5, 1)])
    @pytest.mark.parametrize("event", [PullOut(), Reboot()])
    def test_power_lost_on_the_air_leaves_either_doubt(self, event: PullOut | Reboot, after: float, taken: int) -> None:
        rig = Rig().ready()
        pdu = submit(BUDI, "halo")
        rig.ask(f"AT+CMGS={pdu.length}")
        rig.type(f"{pdu.hex}\x1a")
        rig.wait(after)
        rig.machine.happen(event)
        assert "+CMGS" not in rig.wait(60)
        assert len(rig.events("accepted")) == taken

    def test_a_change_of_registration_is_told_to_who_asked(self) -> None:
        rig = Rig().ready()
        rig.settings.registration = 2
        rig.machine.registration_changed()
        assert rig.wait(0) == ""
        rig.ask("AT+CREG=1")
        rig.machine.registration_changed()
        assert rig.wait(0) == "\r\n+CREG: 2\r\n"
