"""Accept: a mail of the request mailbox, stored, understood in the sandbox, and given its effect once.

In: IncomingMail from an intake. Out: its disposition, after the commit. The steps:
1. Store the bytes and count the attempt (one commit). A mail known by its digest is moved again, no more.
2. Read it in the sandbox. A child that dies leaves the mail where it is; after ATTEMPTS it is quarantined. Where the
   settings say so, another child checks DKIM of a mail that the mail server said nothing about; while DNS gives no
   answer the mail stays where it is, after ATTEMPTS it counts as unproven.
3. In one transaction: the effect (request, correction, decision, answer, or nothing) and `done`.
Automatic mail and mail from senders that cannot be proven get no answer and decide nothing. What came back to
a mail of a request, or asks to leave by a token, is the bounce desk's (stages/bounces.py).
"""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from gatewayd import sandbox
from gatewayd.errors import SandboxError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.log import get_logger, mask
from gatewayd.stages.bells import Bell
from gatewayd.stages.bounces import LATER, BounceDesk
from gatewayd.stages.context import Context
from gatewayd.stages.correspond import Correspondence, effect
from gatewayd.stages.forms import FormDesk, PreparedForm
from gatewayd.stages.people import person_of, unit_of
from gatewayd.store import mails, notices
from gatewayd.wire import authres, dkimproof, reading
from gatewayd.wire.dkimproof import DkimProof
from gatewayd.wire.mailtoken import found_in
from gatewayd.wire.reading import ReadMail

ATTEMPTS: Final = 3
_DAY: Final = timedelta(days=1)
#: Reads a mail; raises SandboxError where it cannot be read within the limits.
Reader: TypeAlias = Callable[[bytes], Awaitable[bytes]]


#: Checks DKIM of a mail from a domain; raises SandboxError.
Prover: TypeAlias = Callable[[bytes], Awaitable[bytes]]


async def _prove_in_sandbox(payload: bytes) -> bytes:
    return await sandbox.call("gatewayd.intake.dkim_check:prove", payload)


async def _read_in_sandbox(payload: bytes) -> bytes:
    return await sandbox.call("gatewayd.wire.reading:read_mail", payload)


class MailDesk:
    """The `accept` of the mailbox."""

    def __init__(self, ctx: Context, read: Reader = _read_in_sandbox, prove: Prover = _prove_in_sandbox) -> None:
        self._ctx, self._reader, self._prover = ctx, read, prove
        self._forms, self._bounces = FormDesk(ctx), BounceDesk(ctx)

    async def accept(self, mail: IncomingMail) -> Disposition:
        stored = await self._ctx.db.run(
            mails.store, folder=mail.folder, uidvalidity=mail.uidvalidity, uid=mail.uid, size=mail.size, raw=mail.raw,
            now=self._ctx.clock.now(),
        )  # fmt: skip
        if stored.state == "done":
            return Disposition.PROCESSED
        if stored.state == "quarantined":
            return Disposition.QUARANTINE
        if stored.attempts > ATTEMPTS:
            return await self._quarantine(stored.id, "it failed three times")
        read = await self._read(mail)
        if read is None:
            if stored.attempts >= ATTEMPTS:
                return await self._quarantine(stored.id, "it could not be read in three attempts")
            return Disposition.LATER
        if read.automatic or found_in(read.subject):
            returned = await self._bounces.take(mail.raw)
            if returned == LATER and stored.attempts < ATTEMPTS:
                return Disposition.LATER
            if " " in returned:
                await self._ctx.db.run(mails.done, stored.id, returned, sender=read.sender, auth="", content=b"")
                return Disposition.PROCESSED
        if self._asks_dkim(mail, read):
            proof = await self._dkim(mail, read)
            if proof.result == "later" and stored.attempts < ATTEMPTS:
                get_logger().warning("mail.unproven_yet", uid=mail.uid, sender=mask(read.sender), why=proof.detail)
                return Disposition.LATER
            read = replace(read, authenticated=proof.result == "pass", auth_detail=proof.detail)
        await self._understand(mail, stored.id, read)
        return Disposition.PROCESSED

    async def _read(self, mail: IncomingMail) -> ReadMail | None:
        """What the child made of it; None if the child died."""
        settings = self._ctx.settings
        box = settings.mailbox
        head = {
            "trusted_authserv_ids": list(box.trusted_authserv_ids) if box else [],
            "trust_all_senders": bool(box and box.trust_all_senders),
            "country": settings.gateway.country, "foreign": settings.sending.allow_foreign,
            "own_domain": settings.smtp.sender.rpartition("@")[2] if settings.smtp else "",
            "max_recipients": settings.sending.max_recipients, "too_big": mail.too_big,
        }  # fmt: skip
        try:
            answer = await self._reader(json.dumps(head).encode() + b"\n" + mail.raw)
            return reading.from_json(answer)
        except (SandboxError, ValueError) as error:
            get_logger().error("mail.unreadable", uid=mail.uid, size=mail.size, why=str(error))
            return None

    def _asks_dkim(self, mail: IncomingMail, read: ReadMail) -> bool:
        """Only the whole mail can be checked, and only the mail server's silence is filled."""
        box = self._ctx.settings.mailbox
        is_silent = not read.authenticated and read.auth_detail in authres.SILENT
        return bool(box and box.own_dkim_check) and is_silent and not read.automatic and not mail.too_big

    async def _dkim(self, mail: IncomingMail, read: ReadMail) -> DkimProof:
        head = json.dumps({"domain": read.sender.rpartition("@")[2]}).encode()
        try:
            return dkimproof.from_json(await self._prover(head + b"\n" + mail.raw))
        except (SandboxError, ValueError) as error:
            return DkimProof("fail", f"dkim: {error}"[:200])

    async def _understand(self, mail: IncomingMail, stored: int, read: ReadMail) -> None:
        letter = Correspondence(stored, read, mail.too_big)
        form = await self._forms.prepare(letter) if letter.is_proven else None
        content = mails.content_digest(read.message_id, read.sender, mail.raw)
        result = await self._ctx.db.run(self._commit, letter, form, content, self._ctx.clock.now())
        get_logger().info("mail.understood", result=result, sender=mask(read.sender), auth=read.auth_detail[:120])
        self._ctx.bells.ring(Bell.APPROVE, Bell.COMPOSE)

    def _commit(
        self, conn: sqlite3.Connection, letter: Correspondence, form: PreparedForm | None, content: bytes, now: datetime
    ) -> str:
        read = letter.read
        if not letter.is_proven and not read.automatic:
            mails.unproven(conn, letter.mail, sender=read.sender, auth=read.auth_detail[:200])
            self._tell_unproven(conn, read, now)
            return "ignored.unproven"
        known = mails.is_known(conn, content)
        result = "ignored.duplicate" if known else effect(conn, self._ctx, letter, form, now)
        mails.done(conn, letter.mail, result, sender=read.sender, auth=read.auth_detail[:200], content=content)
        return result

    def _tell_unproven(self, conn: sqlite3.Connection, read: ReadMail, now: datetime) -> None:
        """A mail that says to come from a registered address, and does not prove it: forged, or the mail server's proof
        is not understood. The staff hears of an address once a day."""
        settings = self._ctx.settings
        if unit_of(settings, read.sender) is None and person_of(settings, read.sender) is None:
            return
        name = read.sender.lower()
        told = notices.since(conn, "alarm", now - _DAY)
        if any(params.get("code") == "mail.unproven" and params.get("name") == name for params in told):
            return
        why = read.auth_detail[:200]
        params = {"code": "mail.unproven", "name": name, "why": why, "since": now.isoformat(), "was": ""}
        for address in settings.gateway.staff:
            notices.ask(conn, "alarm", address, now, params=params)

    async def _quarantine(self, stored: int, why: str) -> Disposition:
        await self._ctx.db.run(self._set_aside, stored, why, self._ctx.clock.now())
        get_logger().error("mail.quarantined", mail=stored, why=why)
        self._ctx.bells.ring(Bell.COMPOSE)
        return Disposition.QUARANTINE

    def _set_aside(self, conn: sqlite3.Connection, stored: int, why: str, now: datetime) -> None:
        mails.quarantine(conn, stored, why)
        params = {"code": "mail.quarantined", "name": f"mail {stored}", "why": why, "since": now.isoformat(), "was": ""}
        for address in self._ctx.settings.gateway.staff:
            notices.ask(conn, "alarm", address, now, params=params)
