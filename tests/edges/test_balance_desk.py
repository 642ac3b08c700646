"""The balance desk and its dialler on a scripted session: what is written, in which order, and when it is due."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gatewayd.config import Modem, Profile
from gatewayd.core.health import IncomingSms
from gatewayd.transport.modem.balance import BalanceDesk
from gatewayd.transport.modem.dialler import Dialler
from gatewayd.transport.modem.session import NoAnswer, Session
from gatewayd.wire import tpdu, ussd
from gatewayd.wire.at import Answered
from tests.flow.conftest import SettableTime

SIM = "510100000000001"
OK, ERROR = Answered("OK", ()), Answered("ERROR", ())
BUSY = Answered("+CME ERROR: 258", ())
BALANCE = '+CUSD: 0,"Sisa pulsa Rp 5.000 aktif sd 31/12/2030",15'
MENU = '+CUSD: 1,"Tri\n1.Cek Pulsa\n2.Beli Paket",15'
PLAIN, HEX7, UCS2 = (
    f'AT+CUSD=1,"{ussd.encode_request("*888#", style)}",15' for style in ("plain", "hex7", "ucs2")
)  # fmt: skip

Said = Answered | tuple[str, ...] | None


class ScriptedModem(Session):
    """Answers each command from `script`: a final result, or OK and these lines, or nothing (None); OK by default.
    `written` keeps what mattered: not the closing of sessions."""

    def __init__(self, script: dict[str, list[Said]]) -> None:
        self.script, self.written = script, list[str]()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hear: Callable[[str], None] = lambda line: None

    async def command(self, text: str, prefix: str = "", timeout_s: float = 5.0) -> Answered:
        if text != "AT+CUSD=2":
            self.written.append(text)
        said = self.script.get(text, [OK])
        found = said.pop(0) if len(said) > 1 else said[0]
        match found:
            case None:
                raise NoAnswer("nothing")
            case Answered():
                return found
        for line in found:
            self.hear(line)
        return OK

    async def submit(
        self, length: int, pdu: str, prompt_s: float, timeout_s: float, on_air: Callable[[], None]
    ) -> Answered:
        decoded = tpdu.decode(pdu, incoming=False)
        assert isinstance(decoded, tpdu.SubmitPdu)
        self.written.append(f"{decoded.recipient}: {decoded.text}")
        return OK


def desk_of(modem: ScriptedModem, time: SettableTime, **more: Any) -> BalanceDesk:
    given = Modem.model_validate({"name": "gsm1", "port": "/dev/null"} | more)
    dialler = Dialler(Profile().ussd, _has_balance, reply_s=0.05, linger_s=0.01, busy_s=0.01)
    desk = BalanceDesk(given, Profile(), SIM, time.clock(), dialler=dialler)
    modem.hear = desk.heard
    return desk


def _has_balance(reply: ussd.UssdReply) -> bool:
    return "Rp" in reply.text


async def asked(script: dict[str, list[Said]], time: SettableTime, **more: Any) -> tuple[int | None, list[str]]:
    """The balance that was read, and what was written."""
    modem = ScriptedModem(script)
    desk = desk_of(modem, time, **more)
    await desk.ask(modem, "TELKOMSEL")
    return desk.credit.balance_idr if desk.credit else None, modem.written


@pytest.fixture
def time() -> SettableTime:
    return SettableTime()


@pytest.mark.parametrize(
    ("script", "balance", "written"),
    [
        pytest.param({PLAIN: [(BALANCE,)]}, 5_000, [PLAIN], id="at once"),
        pytest.param({PLAIN: [ERROR], HEX7: [(BALANCE,)]}, 5_000, [PLAIN, HEX7], id="the next encoding"),
        pytest.param(
            {PLAIN: [ERROR], HEX7: [ERROR], UCS2: [(BALANCE,)]}, 5_000,
            [PLAIN, HEX7, 'AT+CSCS="UCS2"', UCS2, 'AT+CSCS="GSM"'], id="UCS-2 under its character set",
        ),
        pytest.param(
            {PLAIN: [("+CUSD: 4",), (BALANCE,)]}, 5_000, [PLAIN, "AT+CUSD=1", PLAIN], id="not supported until told",
        ),
        pytest.param({PLAIN: [BUSY, (BALANCE,)]}, 5_000, [PLAIN, PLAIN], id="busy once"),
        pytest.param({PLAIN: [BUSY]}, None, [PLAIN, PLAIN], id="busy for good: the encoding is not to blame"),
        pytest.param({PLAIN: [()]}, None, [PLAIN], id="OK and no reply: the encoding is not to blame"),
        pytest.param({PLAIN: [None]}, None, [PLAIN], id="nothing at all"),
        pytest.param({PLAIN: [('+CUSD: 2,"Initiating Release",15', BALANCE)]}, 5_000, [PLAIN], id="released first"),
        pytest.param({PLAIN: [("+CUSD: 2", BALANCE)]}, 5_000, [PLAIN], id="the end of an earlier session first"),
        pytest.param({PLAIN: [("+CUSD: 3",)]}, None, [PLAIN], id="another client has it"),
        pytest.param({PLAIN: [(MENU,)]}, None, [PLAIN], id="a menu that nobody named is not answered"),
    ],
)  # fmt: skip
async def test_the_code_is_written_until_it_is_understood(
    script: dict[str, list[Said]], balance: int | None, written: list[str], time: SettableTime
) -> None:
    assert await asked(script, time, credit_code="*888#") == (balance, written)


async def test_the_encoding_that_worked_is_kept(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [ERROR], HEX7: [(BALANCE,)]})
    desk = desk_of(modem, time, credit_code="*888#")
    for _ in range(2):
        await desk.ask(modem, "")
    assert modem.written == [PLAIN, HEX7, HEX7]


async def test_the_code_that_worked_goes_first(time: SettableTime) -> None:
    old, new = 'AT+CUSD=1,"*555#",15', 'AT+CUSD=1,"*123#",15'
    modem = ScriptedModem({old: [('+CUSD: 2,"UNKNOWN APPLICATION",15',)], new: [(BALANCE,)]})
    desk = desk_of(modem, time, operator="indosat")
    for _ in range(2):
        await desk.ask(modem, "")
    assert modem.written == [old, new, new]


async def test_after_silence_no_other_code_is_tried(time: SettableTime) -> None:
    old = 'AT+CUSD=1,"*555#",15'
    assert await asked({old: [()]}, time, operator="indosat") == (None, [old])


@pytest.mark.parametrize(
    ("follow", "answered"),
    [(["cek pulsa"], ["1"]), (["1"], ["1"]), (["info kartu"], []), (["cek pulsa", "2"], ["1"])],
    ids=["by its words", "by its number", "not in this menu", "no further than the balance"],
)
async def test_a_menu_is_answered_as_the_recipe_says(
    follow: list[str], answered: list[str], time: SettableTime
) -> None:  # fmt: skip
    script: dict[str, list[Said]] = {PLAIN: [(MENU,)], 'AT+CUSD=1,"1",15': [(BALANCE,)]}
    balance, written = await asked(script, time, credit={"code": "*888#", "follow": follow})
    assert written[1:] == [f'AT+CUSD=1,"{number}",15' for number in answered]
    assert balance == (5_000 if answered else None)


async def test_a_question_by_sms_waits_for_its_answer(time: SettableTime) -> None:
    modem = ScriptedModem({})
    desk = desk_of(modem, time, operator="smartfren", credit_every="1h")
    assert not await desk.ask(modem, "")
    assert (modem.written, desk.due_in()) == (["999: CEK"], 3600.0)
    assert not desk.take_sms(sms("+62812000001", "Sisa pulsa Anda Rp 9.000.000"))
    assert not desk.take_sms(sms("999", "Promo! Kuota 10GB Rp 50.000"))
    assert desk.take_sms(sms("999", "Sisa pulsa Anda Rp.15.300 berlaku s/d 14-Jan-2027"))
    assert desk.credit is not None
    assert (desk.credit.balance_idr, desk.credit.sim) == (15_300, SIM)


async def test_an_unasked_sms_has_the_balance_read_and_is_not_believed(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [(BALANCE,)]})
    desk = desk_of(modem, time, operator="telkomsel")
    await desk.ask(modem, "")
    assert desk.take_sms(sms("Telkomsel", "Isi ulang berhasil. Pulsa anda saat ini Rp 99.000"))
    assert desk.credit is not None
    assert (desk.credit.balance_idr, desk.due_in()) == (5_000, 60.0)


async def test_asked_again_soon_after_a_refusal_but_not_at_once(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [(BALANCE,)]})
    desk = desk_of(modem, time, credit_code="*888#", credit_every="6h")
    await desk.ask(modem, "")
    assert desk.due_in() == 6 * 3600
    desk.hurry()
    assert desk.due_in() == 60


async def test_without_an_answer_it_is_asked_again_in_growing_steps(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [()]})
    desk = desk_of(modem, time, credit_code="*888#", credit_every="6h")
    waits = []
    for _ in range(5):
        await desk.ask(modem, "")
        waits.append(desk.due_in())
    assert waits == [300, 300, 900, 6 * 3600, 6 * 3600]


async def test_an_app_only_operator_is_not_asked_soon_again(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [('+CUSD: 2,"Maaf, layanan ini hanya tersedia melalui aplikasi by.U.",15',)]})
    desk = desk_of(modem, time, credit_every="6h")
    await desk.ask(modem, "")
    assert desk.due_in() == 6 * 3600


@pytest.mark.parametrize("given", [{"credit": False}, {"operator": "by.U"}], ids=["switched off", "no recipe"])
async def test_without_a_recipe_nothing_is_asked(given: dict[str, Any], time: SettableTime) -> None:
    assert await asked({}, time, **given) == (None, [])


async def test_a_reading_of_another_sim_is_forgotten(time: SettableTime) -> None:
    modem = ScriptedModem({PLAIN: [(BALANCE,)]})
    desk = desk_of(modem, time, credit_code="*888#")
    await desk.ask(modem, "")
    given = Modem.model_validate({"name": "gsm1", "credit_code": "*888#"})
    back = BalanceDesk(given, Profile(), SIM, time.clock(), desk.credit)
    other = BalanceDesk(given, Profile(), "510100000000002", time.clock(), desk.credit)
    assert (back.credit, back.due_in()) == (desk.credit, 300.0)
    assert (other.credit, other.due_in()) == (None, 0.0)


def sms(sender: str, text: str) -> IncomingSms:
    return IncomingSms("gsm1", SIM, sender, text, None, "")
