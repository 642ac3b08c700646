"""The network behind the simulated modem: recipients that are off and come on, credit, what operators say of it."""

from pathlib import Path

import pytest

from gatewayd.core.model import Encoding
from gatewayd.sim.modem.knobs import Knobs
from gatewayd.sim.modem.network import Behaviour, Settings
from gatewayd.sim.modem.operators import OPERATORS
from gatewayd.wire import credit, tpdu, ussd
from tests.edges.test_sim_modem_machine import BUDI, Rig, reports_in


class NoPlug:
    """A port that nobody pulls out."""

    is_open = False

    def unplug(self) -> None:
        raise AssertionError

    def replug(self, link: Path | None) -> None:
        raise AssertionError


class TestKnobs:
    def test_recipients_and_times_are_set_at_run_time(self) -> None:
        rig = Rig()
        turned = {"set": {"recipients": {"0812-0000-0101": "off"}, "answer_ms": 5, "away_ms": 6}}
        assert Knobs(rig.machine, NoPlug()).turn(turned) == {"ok": True}
        assert rig.settings.recipients == {"+6281200000101": Behaviour.OFF}
        assert (rig.settings.answer_ms, rig.settings.away_ms) == (5, 6)

    def test_a_flash_message_can_be_sent_to_it(self) -> None:
        rig = Rig().ready()
        flash = {"inbound": {"from": "+628120000102", "text": "kilat", "class": 0}}
        assert Knobs(rig.machine, NoPlug()).turn(flash) == {"ok": True, "parts": 1}
        assert rig.wait(0).startswith("\r\n+CMT: ,")

    @pytest.mark.parametrize("wrong", [4, -1, "0", True, 1.5])
    def test_a_class_that_is_none_is_refused(self, wrong: object) -> None:
        rig = Rig().ready()
        answer = Knobs(rig.machine, NoPlug()).turn({"inbound": {"from": "+628120000102", "text": "x", "class": wrong}})
        assert answer["ok"] is False
        assert rig.events("inbound") == []


class TestRecipients:
    def test_who_was_off_gets_it_when_on(self) -> None:
        rig = Rig(Settings(latency_ms=2000, report_delay_ms=1000, recipients={BUDI: Behaviour.OFF})).ready()
        rig.send()
        assert [report.tp_status for report in reports_in(rig.wait(5000))] == [0x30]
        rig.settings.recipients[BUDI] = Behaviour.OK
        rig.wait(0)
        [report] = reports_in(rig.wait(2))
        assert (report.reference, report.recipient, report.tp_status) == (0, BUDI, 0x00)
        assert rig.wait(5000) == ""

    def test_who_stays_off_is_given_up_when_the_validity_is_over(self) -> None:
        rig = Rig(Settings(latency_ms=2000, report_delay_ms=1000, recipients={BUDI: Behaviour.OFF})).ready()
        rig.submit(tpdu.encode_submit(tpdu.Submit(BUDI, "halo", Encoding.GSM7, validity_s=3600)))
        assert [report.tp_status for report in reports_in(rig.wait(3590))] == [0x30]
        assert [report.tp_status for report in reports_in(rig.wait(20))] == [0x46]


class TestCredit:
    @pytest.mark.parametrize(
        ("operator", "code", "choice"),
        [
            ("telkomsel", "*888#", ""),
            ("indosat", "*555#", ""),
            ("xl", "*123#", ""),
            ("tri", "*111*1#", ""),
            ("tri", "*111#", "1"),
            ("axis", "*888#", ""),
        ],
    )
    def test_a_code_tells_the_balance(self, operator: str, code: str, choice: str) -> None:
        rig = Rig(Settings(credit=1_023_041, operator=operator)).ready()
        rig.ask(f'AT+CUSD=1,"{code}",15')
        said = rig.wait(1).strip()
        if choice:
            assert credit.parse_credit(ussd.parse(said).text, 1).state == credit.CreditState.MENU
            rig.ask(f'AT+CUSD=1,"{choice}",15')
            said = rig.wait(1).strip()
        reply = ussd.parse(said)
        reading = credit.parse_credit(reply.text, reply.mode)
        assert (reading.balance_idr, reading.active_until) == (1_023_041, rig.settings.active_until)

    def test_an_answer_may_come_by_sms(self) -> None:
        rig = Rig(Settings(credit=58_600, operator="indosat")).ready("2,2,0,1,0")
        rig.ask('AT+CUSD=1,"*123#",15')
        said = rig.wait(10)
        assert credit.parse_credit(ussd.parse(said.split("\r\n")[1]).text, 0).state == credit.CreditState.ASYNC_SMS
        message = tpdu.decode(said.split("\r\n")[4])
        assert isinstance(message, tpdu.Deliver)
        assert message.sender == "INDOSAT"
        assert credit.parse_credit(message.text).balance_idr == 58_600

    def test_a_word_to_a_short_number_is_free_and_answered(self) -> None:
        rig = Rig(Settings(latency_ms=2000, credit=100, operator="smartfren")).ready("2,2,0,1,0")
        assert "+CMGS" in rig.send(to="999", text="cek", status_report=False)
        message = tpdu.decode(rig.wait(10).split("\r\n")[2])
        assert isinstance(message, tpdu.Deliver)
        assert (message.sender, rig.settings.credit) == ("999", 100)
        reading = credit.parse_credit(message.text)
        assert (reading.balance_idr, reading.active_until) == (100, rig.settings.active_until)

    def test_a_code_another_operator_has_is_not_supported(self) -> None:
        rig = Rig(Settings(operator="smartfren")).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"

    def test_operators_answer_in_words_that_fit_one_message(self) -> None:
        for operator in OPERATORS.values():
            wordings = [screen.wording for screen in operator.screens.values()] + list(operator.services.values())
            for wording in wordings:
                filled = operator.filled(wording, 10**9, Settings().active_until)
                assert len(filled) <= 160
                assert "{" not in filled
