"""The composing child: notices → mails, and the delivery log as files. Reads the store, writes nothing.

In: JSON with the settings, the moment, and the notices with their Message-IDs and tokens. Out: a JSON line of
lengths and the mails. Jinja2, Babel and Pillow live here only, so the daemon never carries them.
"""

import json
import sqlite3
from datetime import UTC, date, datetime

from gatewayd.config import Settings
from gatewayd.core.report import Result
from gatewayd.render import compose as render
from gatewayd.render import sms, views
from gatewayd.render.report_files import report_files as report_files_of
from gatewayd.render.summary import month_csv, month_file
from gatewayd.render.voice import voice_of
from gatewayd.stages.people import person_of
from gatewayd.stages.summary_facts import month_sums
from gatewayd.stages.views import Desk, delivery_log, view_of
from gatewayd.store import deliveries, notices, requests
from gatewayd.store.database import reading


def compose(payload: bytes) -> bytes:
    """The child's entry (sandbox.py)."""
    asked = json.loads(payload)
    settings = Settings.model_validate(asked["settings"])
    now = datetime.fromisoformat(asked["now"])
    mails: list[bytes] = []
    with reading(settings.gateway.state_dir) as conn:
        for item in asked["notices"]:
            notice = notices.get(conn, int(item["id"]))
            if notice.kind in notices.SMS_KINDS:
                mails.append(_done_sms(conn, settings, notice))
                continue
            view = view_of(Desk(conn, settings, now, item["token"]), notice, item["message_id"])
            mails.append(render.compose(view, look_of(settings, notice.to_address)))
    return json.dumps([len(mail) for mail in mails]).encode() + b"\n" + b"".join(mails)


def _done_sms(conn: sqlite3.Connection, settings: Settings, notice: notices.Notice) -> bytes:
    if notice.request is None:
        raise AssertionError("the word that a request is done, without a request")
    request = requests.get(conn, notice.request)
    found = deliveries.results(conn, request.id)
    voice = voice_of(look_of(settings))
    return sms.done(voice, request.number, found.get(Result.DELIVERED, 0), request.recipients).encode()


def look_of(settings: Settings, reader: str = "") -> views.Look:
    """How mails and reports look, by the settings; in the language of the person who reads `reader`'s mail."""
    gateway, smtp = settings.gateway, settings.smtp
    person = person_of(settings, reader)
    language = (person and person.language) or gateway.language
    return views.Look(
        language=language, timezone=gateway.timezone, organisation=gateway.organisation,
        gateway_name=gateway.name, sender=smtp.sender if smtp else "gatewayd@localhost",
        sender_name=smtp.sender_name if smtp else gateway.organisation,
        reply_to=(smtp.reply_to or "") if smtp else "", picture_rows=settings.report.picture_rows,
        attach=settings.report.attach, report_bytes=settings.report.max_bytes,
    )  # fmt: skip


def report_files(settings: Settings, number: str, *, full_numbers: bool) -> dict[str, bytes] | None:
    """The delivery log of `number` as files (name → bytes); None if there is no such request."""
    with reading(settings.gateway.state_dir) as conn:
        request = requests.by_number(conn, number)
        if request is None:
            return None
        log = delivery_log(Desk(conn, settings, datetime.now(UTC)), request)
    return report_files_of(log, look_of(settings), full_numbers=full_numbers)


def month_files(settings: Settings, month: date) -> dict[str, bytes]:
    """The sums of the month that begins on `month`, by unit."""
    with reading(settings.gateway.state_dir) as conn:
        sums = month_sums(conn, settings, month)
    return {month_file(month): month_csv(sums, voice_of(look_of(settings)))}
