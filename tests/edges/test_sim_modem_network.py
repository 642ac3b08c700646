"""Reports, registration, SIM and power of the simulated modem: what a client sees under each fault, and the ledger."""

from dataclasses import dataclass

import pytest

from gatewayd.sim.modem.faults import network, reports
from gatewayd.sim.modem.network import Settings
from gatewayd.wire import tpdu
from tests.edges.test_sim_modem_machine import BUDI, Rig, reports_in

NATIONAL = "08120000101"
ALL = "2,1,0,1,0"
STORED = "2,1,0,2,0"
SENT = "\r\n> \r\n+CMGS: 0\r\n\r\nOK\r\n"


def shown(said: str) -> list[str]:
    """The lines of `said`, each report's PDU in words."""
    found: list[str] = []
    for line in filter(None, said.split("\r\n")):
        pdu = tpdu.decode(line)
        if isinstance(pdu, tpdu.StatusReportPdu):
            found[-1] += f" mr={pdu.reference} to={pdu.recipient} st={pdu.tp_status:02X}"
        else:
            found.append(line)
    return found


@dataclass(frozen=True)
class Reported:
    """What is said after the answer to a part, and the TP-Status of each report in the ledger."""

    fault: str
    said: list[str]
    ledger: list[int]
    cnmi: str = ALL


RIGHT = f"+CDS: 25 mr=0 to={BUDI} st=00"
TRYING = f"+CDS: 25 mr=0 to={BUDI} st=20"

REPORTED = [
    Reported("sr_cds", [RIGHT], [0], STORED),
    Reported("sr_cdsi_sm", ['+CDSI: "SM",1'], [0]),
    Reported("sr_cdsi_sr_unreadable", ['+CDSI: "SR",1'], [0]),
    Reported("sr_before_cmgs_ok", [], [0]),
    Reported("sr_delayed:7200", [RIGHT], [0]),
    Reported("sr_never", [], []),
    Reported("sr_temp_then_final:60", [TRYING, RIGHT], [0x20, 0]),
    Reported("sr_duplicate", [RIGHT, RIGHT], [0, 0]),
    Reported("sr_out_of_order", [RIGHT, TRYING], [0, 0x20]),
    Reported("sr_national_addr", [f"+CDS: 25 mr=0 to={NATIONAL} st=00"], [0]),
    Reported("sr_other_smsc", [RIGHT], [0]),
    Reported("sr_trailing_ff", [RIGHT], [0]),
    Reported("sr_unknown_mr", [f"+CDS: 25 mr=255 to={BUDI} st=00"], [0]),
    Reported("sr_unknown_mr:77", [f"+CDS: 25 mr=77 to={BUDI} st=00"], [0]),
    Reported("sr_reserved_st", [f"+CDS: 25 mr=0 to={BUDI} st=80"], [0x80]),
    Reported("sr_reserved_st:74", [f"+CDS: 25 mr=0 to={BUDI} st=4A"], [0x4A]),
    Reported("cds_leading_comma", [f"+CDS: ,25 mr=0 to={BUDI} st=00"], [0]),
    Reported("cnma_required_then_disabled", [RIGHT], [0]),
    Reported("cnma_340", [RIGHT], [0]),
]


@pytest.mark.parametrize("case", REPORTED, ids=lambda case: case.fault)
def test_a_report_under_a_fault(case: Reported) -> None:
    rig = Rig(faults=(case.fault,)).ready(case.cnmi)
    answer = rig.send()
    assert answer.endswith("+CMGS: 0\r\n\r\nOK\r\n")
    assert shown(rig.wait(10_000)) == case.said
    assert [entry["tp_status"] for entry in rig.events("report")] == case.ledger
    assert {(entry["mr"], entry["recipient"]) for entry in rig.events("report")} <= {(0, BUDI)}
    assert len(rig.events("accepted")) == 1


class TestReports:
    def test_delayed_by_so_much(self) -> None:
        rig = Rig(faults=("sr_delayed:7200",)).ready()
        rig.send()
        assert (rig.wait(7204), len(reports_in(rig.wait(1)))) == ("", 1)

    def test_one_out_of_reach_can_be_neither_chosen_nor_read(self) -> None:
        rig = Rig(faults=("sr_cdsi_sr_unreadable",)).ready()
        rig.send()
        rig.wait(10)
        assert rig.ask('AT+CPMS="SR"') == "\r\n+CMS ERROR: 302\r\n"
        assert rig.ask("AT+CMGR=1") == "\r\n+CMS ERROR: 321\r\n"

    def test_one_out_of_reach_may_be_in_a_memory_the_modem_has_not(self) -> None:
        rig = Rig(profile="sim800", faults=("sr_cdsi_sr_unreadable",)).ready()
        rig.send()
        assert shown(rig.wait(10)) == ['+CDSI: "SR",1']

    def test_padded_and_from_elsewhere(self) -> None:
        rig = Rig(faults=("sr_other_smsc", "sr_trailing_ff:3")).ready()
        rig.send()
        _, pdu = filter(None, rig.wait(10).split("\r\n"))
        assert pdu.startswith("07912658050000F0")
        assert pdu.endswith("00FFFFFF")
        assert tpdu.tpdu_length(pdu) == 25 + 3

    @pytest.mark.parametrize(
        ("service", "typed", "after"),
        [("1", [], "2,0,0,0,0"), ("1", ["AT+CNMA"], ALL), ("0", [], ALL)],
        ids=["not acknowledged", "acknowledged", "phase 2 needs none"],
    )
    def test_what_is_not_acknowledged_ends_the_handing_over(self, service: str, typed: list[str], after: str) -> None:
        rig = Rig(faults=("cnma_required_then_disabled:15",)).ready()
        rig.ask(f"AT+CSMS={service}")
        rig.send()
        assert len(reports_in(rig.wait(10))) == 1
        for command in typed:
            assert rig.ask(command) == "\r\nOK\r\n"
        rig.wait(15)
        assert rig.ask("AT+CNMI?") == f"\r\n+CNMI: {after}\r\n\r\nOK\r\n"

    def test_an_acknowledgement_may_be_unwelcome(self) -> None:
        rig = Rig(faults=("cnma_340",)).ready()
        rig.ask("AT+CSMS=1")
        assert rig.ask("AT+CNMA") == "\r\n+CMS ERROR: 340\r\n"


@dataclass(frozen=True)
class Asked:
    """What the last of the commands brings, at once and within ten seconds, and what the ledger has of a part."""

    fault: str
    commands: tuple[str, ...]
    said: str
    taken: int = 0


def ok(info: str) -> str:
    return f"\r\n{info}\r\n\r\nOK\r\n"


SENDS = ("send",)
ASKED = [
    Asked("creg_searching", ("AT+CREG?",), ok("+CREG: 0,2")),
    Asked("creg_searching", SENDS, "\r\n> \r\n+CMS ERROR: 331\r\n"),
    Asked("creg_denied_transient:30", ("AT+CREG?",), ok("+CREG: 0,3")),
    Asked("creg_denied_transient:30", ("wait 30", "AT+CREG?"), ok("+CREG: 0,1")),
    Asked("creg_denied_transient:30", ("wait 30", "AT+CFUN=0", "AT+CFUN=1", "AT+CREG?"), ok("+CREG: 0,3")),
    Asked("creg_denied_forever", ("wait 9000", "AT+CFUN=0", "AT+CFUN=1", "AT+CREG?"), ok("+CREG: 0,3")),
    Asked("creg_denied_forever", SENDS, "\r\n> \r\n+CMS ERROR: 331\r\n"),
    Asked("creg_flap:20", ("wait 25", "AT+CREG?"), ok("+CREG: 0,2")),
    Asked("creg_flap:20", ("AT+CREG=1", "wait 15", "wait 10"), "\r\n+CREG: 2\r\n"),
    Asked("creg_flap:20", ("AT+CREG=1", "wait 35", "wait 10"), "\r\n+CREG: 1\r\n"),
    Asked("creg_conflict_cs_ps", ("AT+CREG?",), ok("+CREG: 0,3")),
    Asked("creg_conflict_cs_ps", ("AT+CEREG?",), ok("+CEREG: 0,5")),
    Asked("creg_conflict_cs_ps", SENDS, SENT, 1),
    Asked("creg_sms_only", ("AT+CREG?",), ok("+CREG: 0,6")),
    Asked("creg_sms_only", SENDS, SENT, 1),
    Asked("csq_99", ("AT+CSQ",), ok("+CSQ: 99,99")),
    Asked("sim_absent", ("AT+CPIN?",), "\r\n+CME ERROR: 10\r\n"),
    Asked("sim_absent", ("AT+CIMI",), "\r\n+CME ERROR: 10\r\n"),
    Asked("sim_absent", ("AT+CREG?",), ok("+CREG: 0,0")),
    Asked("sim_absent", ("AT+CMGS=20",), "\r\n+CMS ERROR: 310\r\n"),
    Asked("sim_busy_14:5", ("AT+CPIN?",), "\r\n+CME ERROR: 14\r\n"),
    Asked("sim_busy_14:5", ("AT+CMGF=0",), "\r\n+CMS ERROR: 314\r\n"),
    Asked("sim_busy_14:5", ("wait 5", "AT+CPIN?"), ok("+CPIN: READY")),
    Asked("sim_pin:4321", ("AT+CPIN?",), ok("+CPIN: SIM PIN")),
    Asked("sim_pin:4321", ("AT+CMGL=4",), "\r\n+CMS ERROR: 311\r\n"),
    Asked("sim_pin:4321", ('AT+CPIN="4321"', "AT+CPIN?"), ok("+CPIN: READY")),
    Asked("sim_pin:4321", ('AT+CPIN="1111"',), "\r\n+CME ERROR: 16\r\n"),
    Asked("sim_pin:4321", ('AT+CPIN="1111"', "AT+CPINR"), ok("+CPINR: SIM PIN,2,3")),
    Asked("sim_pin:4321", ('AT+CPIN="1"',) * 3 + ("AT+CPIN?",), ok("+CPIN: SIM PUK")),
    Asked("sim_puk", ("AT+CPIN?",), ok("+CPIN: SIM PUK")),
    Asked("sim_puk", ('AT+CPIN="12345678","1234"',), "\r\n+CME ERROR: 16\r\n"),
    Asked("sim_removed:60", ("wait 59", "AT+CPIN?"), ok("+CPIN: READY")),
    Asked("sim_removed:60", ("wait 60", "AT+CPIN?"), "\r\n+CME ERROR: 10\r\n"),
    Asked("sim_removed:60", ("wait 55", "wait 10"), "\r\n+CPIN: NOT READY\r\n"),
    Asked("sim_swapped:77", ("AT+CIMI",), ok("510100000000077")),
    Asked("sim_bad_contact:13,p=1", ("AT+CPIN?",), "\r\n+CME ERROR: 13\r\n"),
    Asked("sim_bad_contact:p=1,times=1", ("AT+CPIN?", "AT+CPIN?"), ok("+CPIN: READY")),
    Asked("lte_no_sms_500", SENDS, "\r\n> \r\n+CMS ERROR: 500\r\n"),
    Asked("lte_no_sms_500", ('AT+CUSD=1,"*888#",15', "wait 10"), "\r\n+CUSD: 4\r\n"),
    Asked("undervoltage_warn", SENDS, f"{SENT}\r\nUNDER-VOLTAGE WARNNING\r\n", 1),
    Asked("undervoltage_powerdown", SENDS, "\r\n> \r\nUNDER-VOLTAGE POWER DOWN\r\n"),
    Asked("undervoltage_powerdown", (*SENDS, "wait 9000", "AT"), ""),
    Asked("brownout_on_tx", SENDS, "\r\n> "),
    Asked("brownout_on_tx:1", SENDS, "\r\n> ", 1),
    Asked("cfun_reset_reenum", ("AT+CFUN=1,1", "AT"), ""),
    Asked("cfun_hang", ("AT+CFUN=0", "wait 9000", "AT"), ""),
    Asked("cfun_hang:60", ("AT+CFUN=0", "wait 60", "AT"), "\r\nOK\r\n"),
    Asked("settings_lost_after_reboot:after=0", ("AT", "AT+CNMI?"), "AT+CNMI?\r" + ok("+CNMI: 0,0,0,0,0")),
    Asked("efsmss_frozen:9", (*SENDS, "AT+CRSM=176,28483,0,0,2"), ok('+CRSM: 144,0,"09FF"'), 1),
]


@pytest.mark.parametrize("case", ASKED, ids=lambda case: f"{case.fault} {case.commands[-1]}")
def test_network_sim_and_power_under_a_fault(case: Asked) -> None:
    rig = Rig(Settings(latency_ms=2000, report_delay_ms=10**9)).ready()
    rig.machine.device.bench.arm(case.fault)
    said = ""
    for command in case.commands:
        said = _done(rig, command)
    assert said == case.said
    assert len(rig.events("accepted")) == case.taken


def _done(rig: Rig, command: str) -> str:
    word, _, number = command.partition(" ")
    if word == "send":
        return rig.send()
    return rig.wait(float(number)) if word == "wait" else rig.ask(command)


def test_every_fault_of_reports_network_sim_and_power_is_shown_here() -> None:
    shown_here = {case.fault.partition(":")[0] for case in (*REPORTED, *ASKED)}
    assert shown_here == {*reports.FAULTS, *network.FAULTS}


class TestSim:
    def test_each_typed_pin_is_in_the_ledger_and_a_puk_too(self) -> None:
        rig = Rig(faults=("sim_pin:4321",)).ready()
        rig.ask('AT+CPIN="1111"')
        rig.ask('AT+CPIN="4321"')
        assert [entry["is_right"] for entry in rig.events("pin")] == [False, True]
        locked = Rig(faults=("sim_puk",))
        locked.ask('AT+CPIN="12345678","1234"')
        assert len(locked.events("puk")) == 1

    def test_a_restart_locks_it_again_and_says_so(self) -> None:
        rig = Rig(profile="sim800", faults=("sim_pin:4321",)).ready()
        rig.ask('AT+CPIN="4321"')
        rig.ask("AT+CFUN=1,1")
        assert rig.wait(2) == "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: SIM PIN\r\n"

    def test_nothing_reaches_a_modem_without_one(self) -> None:
        rig = Rig(faults=("sim_removed:60",)).ready()
        assert rig.wait(62) == "\r\n+CPIN: NOT READY\r\n"
        rig.machine.centre.inbound("+628120000102", "halo")
        assert (rig.wait(100), rig.events("inbound")) == ("", [])
        rig.machine.device.bench.clear()
        assert rig.wait(0) == '\r\n+CMTI: "SM",1\r\n'

    def test_a_reset_that_re_enumerates_takes_the_port_away(self) -> None:
        rig = Rig(faults=("cfun_reset_reenum:5",)).ready()
        assert rig.ask("AT+CFUN=1,1") == "\r\nOK\r\n"
        assert rig.unplugged
