"""What `gatewayd check --probe` asks each part: one question a part, answered in one line or by a GatewaydError."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from gatewayd.cli.probe_forgery import forgery
from gatewayd.clock import Clock
from gatewayd.config import Imap, Mqtt, MqttSelftest, Settings
from gatewayd.core.health import Health, IncomingSms, LinkState, Registration
from gatewayd.core.model import AttemptKey
from gatewayd.core.outcome import StatusReport
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.imap_session import ImapSession
from gatewayd.intake.mqtt_selftest import find_gaps
from gatewayd.intake.mqtt_session import connected
from gatewayd.transport.base import Transport
from gatewayd.transport.modem import ModemTransport
from gatewayd.transport.smtp import SmtpTransport

Question = Callable[[], Awaitable[str]]


def questions(settings: Settings) -> Iterator[tuple[str, Question]]:
    """Every part of the settings with its question."""
    clock = Clock()
    mailbox, bounces, smtp, mqtt = settings.mailbox, settings.bounces, settings.smtp, settings.mqtt
    if mailbox is not None:
        yield "mailbox", lambda: _mailbox(mailbox)
    if bounces is not None:
        yield "bounces", lambda: _mailbox(bounces)
    if smtp is not None:
        yield "smtp", lambda: _transport(SmtpTransport(smtp, clock), _said_of_smtp)
    if mailbox is not None and smtp is not None and mailbox.trusted_authserv_ids:
        yield "mail proof", lambda: forgery(mailbox, smtp)
    if mqtt is not None:
        yield "mqtt", lambda: _broker(mqtt)
        if (test := mqtt.selftest) is not None:
            yield "mqtt access", lambda: _access(mqtt, test)
    for modem in settings.modems:
        yield modem.name, partial(_transport, ModemTransport(modem, clock), _said_of_modem)


async def _mailbox(settings: Imap) -> str:
    session = ImapSession(settings)

    def work() -> int:
        try:
            session.open()
            return len(session.search())
        finally:
            session.close()

    waiting = await asyncio.to_thread(work)
    return f"logged in to {settings.host}, {waiting} mails in {settings.folder}"


async def _broker(settings: Mqtt) -> str:
    """A session of its own, so that a running daemon keeps its own."""
    own = settings.model_copy(update={"client_id": f"{settings.client_id}-check", "session_expiry": 0.0})
    async with connected(own, None, keep=False):
        return f"connected to {settings.host}:{settings.port}, MQTT {settings.protocol}"


async def _access(settings: Mqtt, test: MqttSelftest) -> str:
    gaps = await find_gaps(settings, test)
    if gaps:
        raise ProtocolError(str(gaps))
    return "no client can write or read as another"


class _Ears:
    """A Listener that waits for the transport to become ready."""

    def __init__(self) -> None:
        self.found: asyncio.Future[Health] = asyncio.get_running_loop().create_future()

    async def health(self, health: Health) -> None:
        known = health.registration is not Registration.UNKNOWN or health.name == "smtp"
        if health.link is LinkState.READY and known and not self.found.done():
            self.found.set_result(health)

    def ended(self, running: "asyncio.Future[None]") -> None:
        if not self.found.done() and not running.cancelled():
            self.found.set_exception(running.exception() or LinkError("it ended at once"))

    async def status_report(self, report: StatusReport) -> None:
        raise LinkError("a status report came in the middle of the check; it stays with the modem")

    async def incoming(self, message: IncomingSms) -> None:
        raise LinkError("a message came in the middle of the check; it stays with the modem")

    async def late_answer(self, attempt: AttemptKey, reference: int) -> bool:
        return True


async def _transport(transport: Transport, said: Callable[[Health], str]) -> str:
    ears = _Ears()
    running = asyncio.ensure_future(transport.run(ears))
    # The future ends with the transport, so waiting for it alone is enough.
    running.add_done_callback(ears.ended)
    try:
        return said(await ears.found)
    finally:
        running.cancel()
        await asyncio.wait({running})


def _said_of_smtp(_health: Health) -> str:
    return "connected and logged in"


def _said_of_modem(health: Health) -> str:
    signal = "unknown" if health.signal_dbm is None else f"{health.signal_dbm} dBm"
    credit = health.credit.balance_idr if health.credit else None
    balance = "unknown" if credit is None else f"Rp {credit}"
    return f"{health.operator or 'operator unknown'}, {health.registration}, signal {signal}, credit {balance}"
