"""Makes of the simulated modem: what each answers, refuses, chatters and is reset by; our own engine on each."""

import asyncio
from pathlib import Path

import pytest

from gatewayd.config.profile import recognised
from gatewayd.core.outcome import Accepted
from gatewayd.sim.modem.network import Settings
from gatewayd.sim.modem.profiles import PROFILES
from tests.edges.test_modem_on_sim import part, running, settings
from tests.edges.test_sim_modem_machine import BUDI, Rig, submit
from tests.system.rig import sim_modem

OK = "\r\nOK\r\n"
REFUSED = "\r\n+CMS ERROR: 302\r\n"
CODE = 'AT+CUSD=1,"*888#",15'


def ok(info: str) -> str:
    return f"\r\n{info}\r\n{OK}"


@pytest.mark.parametrize(
    ("profile", "command", "answer"),
    [
        ("generic", "AT+CPMS=?", ok('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")')),
        ("generic", "AT+CNMI=?", ok("+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)")),
        ("generic", "AT+CSMS=?", ok("+CSMS: (0,1)")),
        ("huawei_e", "AT+CGMI", ok("huawei")),
        ("huawei_e", "AT+CGMM", ok("E173")),
        ("huawei_e", "AT+CNMI=?", ok("+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)")),
        ("huawei_e", "AT+CNMI=2,1,0,1,0", REFUSED),
        ("huawei_e", "AT+CNMI=1,1,0,1,0", OK),
        ("huawei_e", "AT+CSMS=1", OK),
        ("huawei_e", "AT+CMMS=2", "\r\n+CMS ERROR: 500\r\n"),
        ("huawei_e", "AT+CRESET", "\r\nCOMMAND NOT SUPPORT\r\n"),
        ("huawei_e", "AT+AUTOCSQ=0", "\r\nCOMMAND NOT SUPPORT\r\n"),
        ("zte", "AT+CGMI", ok("ZTE INCORPORATED")),
        ("zte", "AT+CPMS=?", ok('+CPMS: "SM","ME","SR"')),
        ("zte", "AT+CNMI=2,1,0,1,0", REFUSED),
        ("zte", "AT+CSMS=?", ok("+CSMS: (0)")),
        ("zte", "AT+CSMS=1", REFUSED),
        ("zte", "AT+CSMS=0", ok("+CSMS: 1,1,1")),
        ("zte", "AT+ZCDRUN=8", OK),
        ("zte", "AT+CFUN?", ok("+CFUN: (0,1,4,5,6,7),(0,1)")),
        ("sim800", "AT+CGMM", ok("SIMCOM_SIM800L")),
        ("sim800", "AT+CPMS=?", ok('+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")')),
        ("sim800", 'AT+CPMS="SR"', REFUSED),
        ("sim800", "AT+CNMI=3,1", OK),
        ("sim7600", "AT+CGMI", ok("SIMCOM INCORPORATED")),
        ("sim7600", "AT+CSMS=?", ok("+CSMS: (0-1)")),
        ("sim7600", "AT+CNMI=?", ok("+CNMI: (0,1,2),(0-3),(0,2),(0-2),(0,1)")),
        ("sim7600", "AT+CNMI=2,1,0,1,0", REFUSED),
        ("sim7600", "AT+CMGD=0", OK),
        ("sim7600", "AT+CMGS=20", "\r\n>"),
        ("quectel", "AT+CGMM", ok("EC25")),
        ("quectel", 'AT+CPMS="ME","ME","ME"', ok('+CPMS: "ME",0,255,"ME",0,255,"ME",0,255')),
        ("quectel", 'AT+QURCCFG="urcport","usbat"', OK),
        ("wavecom", "AT+CGMI", ok("WAVECOM MODEM")),
        ("wavecom", "AT+CPMS=?", ok('+CPMS: (("SM","SR"),("SM"))')),
        ("wavecom", 'AT+CPMS="SM","SM","SM"', REFUSED),
        ("wavecom", 'AT+CPMS="SM"', ok("+CPMS: 0,20")),
        ("wavecom", "AT+CPMS?", ok('+CPMS: "SM",0,20')),
        ("siemens", "AT+CGMI", ok("SIEMENS")),
        ("siemens", "AT+CNMI?", ok("+CNMI: 0,0,0,0,1")),
        ("siemens", "AT+CNMI=2,1,0,1,0", REFUSED),
        ("siemens", "AT+CNMI=2,1,0,1,1", OK),
        ("siemens", 'AT+CPMS="ME","ME","ME"', REFUSED),
        ("siemens", 'AT+CPMS="ME","ME","SM"', OK),
        ("siemens", "AT+CSMS=1", ok("+CSMS: 1,1,1")),
    ],
)
def test_each_make_answers_in_its_own_way(profile: str, command: str, answer: str) -> None:
    rig = Rig(profile=profile)
    rig.ask("ATE0")
    assert rig.ask(command) == answer


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_our_own_profile_of_the_make_is_recognised(profile: str) -> None:
    rig = Rig(profile=profile)
    assert recognised(rig.ask("AT+CGMI") + rig.ask("AT+CGMM")) == profile


@pytest.mark.parametrize(
    ("profile", "command", "goes"),
    [
        ("generic", "AT+CFUN=1,1", False),
        ("generic", "AT+CRESET", False),
        ("huawei_e", "AT+CFUN=1,1", True),
        ("huawei_e", "AT^RESET", True),
        ("zte", "AT+CFUN=1,1", True),
        ("sim800", "AT+CFUN=1,1", False),
        ("sim7600", "AT+CFUN=1,1", True),
        ("sim7600", "AT+CRESET", True),
        ("quectel", "AT+CFUN=1,1", True),
        ("wavecom", "AT+CFUN=1", False),
        ("siemens", "AT+CFUN=1,1", True),
        ("siemens", "AT^SRESET", True),
    ],
)
def test_a_reset_takes_the_port_away_or_leaves_it(profile: str, command: str, goes: bool) -> None:
    rig = Rig(profile=profile).ready()
    assert rig.ask(command) == OK
    assert rig.unplugged is goes
    if goes:
        rig.machine.plugged_in()
    said = rig.wait(1)
    assert all(line in said for line in PROFILES[profile].boot_lines)
    assert len(rig.events("boot")) == 2


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("generic", OK), ("huawei_e", ""), ("zte", ""), ("sim800", ""), ("sim7600", ""), ("quectel", ""),
        ("wavecom", ""), ("siemens", OK),
    ],
)  # fmt: skip
def test_escape_at_the_prompt_is_answered_or_not(profile: str, said: str) -> None:
    rig = Rig(profile=profile).ready()
    rig.ask("AT+CMGS=20")
    assert rig.type("\x1b") == said
    assert rig.ask("AT") == OK


def test_a_zte_leaves_a_field_of_a_report_empty() -> None:
    rig = Rig(profile="zte").ready("1,1,0,1,0")
    rig.send()
    assert rig.wait(10).startswith("\r\n+CDS: ,25\r\n")


def test_a_sim7600_lists_without_a_space_and_from_0() -> None:
    rig = Rig(profile="sim7600").ready("1,1,0,1,0")
    rig.machine.centre.inbound("+628120000102", "halo")
    assert rig.wait(0) == '\r\n+CMTI: "SM",0\r\n'
    assert rig.ask("AT+CMGL=4").startswith("\r\n+CMGL:0,0,,")


class TestHuawei:
    def test_it_chatters_until_told_not_to_and_again_after_a_restart(self) -> None:
        rig = Rig(Settings(csq=18), profile="huawei_e").ready()
        assert rig.wait(20).count("^RSSI:18") == 2
        assert rig.ask("AT^CURC=0") == OK
        assert rig.wait(100) == ""
        rig.ask("AT^RESET")
        rig.machine.plugged_in()
        rig.wait(1)
        assert "^RSSI:18" in rig.wait(20)

    def test_chatter_waits_while_a_pdu_is_typed(self) -> None:
        rig = Rig(profile="huawei_e").ready("1,1,0,1,0")
        pdu = submit(BUDI, "halo")
        rig.ask(f"AT+CMGS={pdu.length}")
        assert rig.wait(10) == ""
        assert rig.type(f"{pdu.hex}\x1a") == "\r\n^RSSI:20\r\n"

    def test_codes_are_packed_hex_until_plain_is_asked_for(self) -> None:
        rig = Rig(profile="huawei_e").ready()
        rig.ask("AT^CURC=0")
        rig.ask(CODE)
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"
        assert rig.ask("AT^USSDMODE=0") == OK
        rig.ask(CODE)
        assert "Sisa pulsa" in rig.wait(1)
        rig.ask("AT^USSDMODE=1")
        rig.ask(CODE)
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"

    def test_it_says_when_its_memory_is_full(self) -> None:
        rig = Rig(profile="huawei_e").ready("1,1,0,1,0")
        for _ in range(31):
            rig.machine.centre.inbound("+628120000102", "halo")
        assert rig.wait(0).endswith('\r\n+CMTI: "SM",29\r\n\r\n^SMMEMFULL:"SM"\r\n')


@pytest.mark.system
@pytest.mark.parametrize("profile", sorted(PROFILES))
async def test_our_engine_sends_and_receives_by_each_make(tmp_path: Path, profile: str) -> None:
    arguments = ("--profile", profile, "--latency-ms", "20", "--report-delay-ms", "50")
    with sim_modem(tmp_path, "gsm1", *arguments) as modem:
        async with running(settings(modem)) as (transport, heard, _), asyncio.timeout(15):
            assert await transport.submit(part("Halo €")) == Accepted(0)
            assert (await heard.reports.get()).status == "delivered"
            modem.tell({"inbound": {"from": "+6281200000177", "text": "BERHENTI"}})
            assert (await heard.messages.get()).text == "BERHENTI"
        assert [entry["text"] for entry in modem.ledger()] == ["Halo €"]
