"""Claimed message → the mail of a request for one recipient: text as approved, the same as a page, and the ways back.

Out: the octets, the envelope sender with the delivery's token behind "+" (VERP) and the envelope id (RFC 3461). The
Message-ID comes from the delivery's id: every attempt carries the same one. The page is rendered in a child, once a
request; if that cannot be done, the text goes alone. Sources: RFC 2369 (List-Unsubscribe), RFC 8058 (one-click),
RFC 3834.
"""

import json
from typing import Final

from gatewayd import sandbox
from gatewayd.config import Settings, Smtp
from gatewayd.core.model import DeliveryId, MailBody
from gatewayd.core.request import merge, personal_fields
from gatewayd.errors import SandboxError
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.store import enclosures, keys
from gatewayd.store.queue import Claimed
from gatewayd.wire import mailtoken, markdown
from gatewayd.wire.enclosures import part_of
from gatewayd.wire.mailtoken import Purpose
from gatewayd.wire.outmail import message

#: Requests whose page is remembered: those that are being sent.
_MOST_PAGES: Final = 8
_CHILD: Final = "gatewayd.wire.markdown:render"


class BulkMail:
    """Makes the mails of one dispatcher."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._key = b""
        self._pages: dict[str, tuple[str, ...]] = {}
        self._files: tuple[str, bytes] = ("", b"")

    async def body(self, claimed: Claimed) -> MailBody:
        """The mail of `claimed`."""
        smtp = self._ctx.settings.smtp
        if smtp is None:
            raise AssertionError("an e-mail was claimed without [smtp]")
        self._key = self._key or await self._ctx.db.run(keys.mail_key)
        values = personal_fields(claimed.name, json.loads(claimed.fields) if claimed.fields else {})
        page = await self._page(claimed.template) if smtp.html else ()
        subject = merge(claimed.subject, values)
        raw = message(
            sender=smtp.sender, sender_name=smtp.sender_name, to=claimed.address, to_name=claimed.name,
            subject=subject if isinstance(subject, str) else claimed.subject, text=claimed.text,
            message_id=_message_id(claimed.delivery, claimed.request, smtp), date=self._ctx.clock.now(),
            auto_submitted="auto-generated", headers=self._headers(smtp, claimed.delivery),
            page=markdown.filled(page, values) if page else "", enclosed=await self._enclosed(claimed.request),
        )  # fmt: skip
        sealed = mailtoken.token(self._key, Purpose.BOUNCE, claimed.delivery)
        sender = mailtoken.sub_address(smtp.bounce_address, sealed) if smtp.bounce_address else smtp.sender
        return MailBody(raw, sender, sealed)

    async def _enclosed(self, number: str) -> bytes:
        """The files of a request as MIME parts; those of the last one are remembered."""
        if self._files[0] != number:
            found = await self._ctx.db.run(enclosures.of_number, number)
            parts = [part_of(one, content) for one, content in found]
            self._files = (number, b"".join(parts))
        return self._files[1]

    async def _page(self, template: str) -> tuple[str, ...]:
        """The pieces of the page of a request's text; none where the child could not make it."""
        if template not in self._pages:
            try:
                made = markdown.from_json(await sandbox.call(_CHILD, template.encode("utf-8")))
            except (SandboxError, ValueError) as error:
                get_logger().error("mail.no_page", why=str(error))
                made = ()
            while len(self._pages) >= _MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            self._pages[template] = made
        return self._pages[template]

    def _headers(self, smtp: Smtp, delivery: DeliveryId) -> dict[str, str]:
        by_mail = leaving_address(self._ctx.settings)
        has_way = bool(by_mail or smtp.unsubscribe_url)
        leave = mailtoken.token(self._key, Purpose.LEAVE, delivery) if has_way else ""
        ways = [f"<{smtp.unsubscribe_url.replace('{token}', leave)}>"] if smtp.unsubscribe_url else []
        ways += [f"<mailto:{by_mail}?subject=BERHENTI%20{leave}>"] if by_mail else []
        headers = {"Precedence": "bulk"}
        if smtp.reply_to:
            headers["Reply-To"] = smtp.reply_to
        if ways:
            headers["List-Unsubscribe"] = ", ".join(ways)
        if smtp.unsubscribe_url:
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers


def leaving_address(settings: Settings) -> str:
    """Where a mail that says BERHENTI is read; '' where no mailbox is."""
    smtp = settings.smtp
    if smtp is None or (settings.mailbox is None and settings.bounces is None):
        return ""
    return smtp.bounce_address or smtp.reply_to or smtp.sender


def _message_id(delivery: DeliveryId, request: str, smtp: Smtp) -> str:
    return f"<{request.lower()}.{delivery}@{smtp.sender.rpartition('@')[2]}>"
