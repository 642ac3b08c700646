"""Compose: notices that were asked for become mails, in a child, and their deliveries are queued.

In: notices without a Message-ID. Out: the mail and its queued delivery, in one transaction; for an approval
question also the hash of its one-time token. The token itself lives in this stage's memory and in the mail
only, in its text and in its Message-ID, so that a reply without the text quoted still has it; the mail is wiped once
the mail server has taken it, of the Message-ID only the hash is kept. A notice that cannot be composed is tried again
later and never blocks the others.
"""

import base64
import json
import os
import secrets
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Final

from gatewayd import sandbox
from gatewayd.core.routing import route_of
from gatewayd.errors import SandboxError
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.decide import token_hash
from gatewayd.stages.draft import segmented
from gatewayd.store import approvals, notices, requests
from gatewayd.store.notices import Notice, OwnSms

_ROUND_S: Final = 30.0
_BATCH: Final = 8
_LONGEST_LINE: Final = 1000
_CHILD: Final = "gatewayd.stages.compose_child:compose"
_LIMITS: Final = sandbox.Limits(memory=600 * sandbox.MIB, seconds=90.0)
#: A short message that all is done is no news later.
_SMS_LIVES: Final = timedelta(days=1)
#: 160 bit in base32.
_TOKEN_BYTES: Final = 20
#: Failed attempts after which the staff is told.
_TOLD_AT: Final = 2
_RETRY: Final = (10.0, 60.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class _Job:
    """A notice with what makes its mail its own."""

    notice: Notice
    message_id: str
    token: str


async def run(ctx: Context) -> None:
    """For ever; does nothing where no mail can be sent."""
    wait = ctx.bells.listen(Bell.COMPOSE)
    with ctx.pulse.stage("compose", limit_s=600.0):
        while True:
            ctx.pulse.beat("compose")
            if ctx.settings.smtp is None or not await compose_batch(ctx):
                await wait(_ROUND_S)


async def compose_batch(ctx: Context) -> int:
    """Compose a few notices; returns how many there were."""
    waiting = await ctx.db.run(notices.uncomposed, ctx.clock.now(), _BATCH)
    if not waiting:
        return 0
    jobs = [_job(ctx, notice) for notice in waiting]
    try:
        await _compose(ctx, jobs)
    except SandboxError:
        for job in jobs:
            await _compose_alone(ctx, job)
    ctx.bells.ring(Bell.DISPATCH)
    return len(jobs)


async def _compose_alone(ctx: Context, job: _Job) -> None:
    try:
        await _compose(ctx, [job])
    except SandboxError as error:
        notice = job.notice
        wait = _RETRY[min(notice.tries, len(_RETRY) - 1)]
        get_logger().error("notice.not_composed", notice=notice.id, kind=notice.kind, why=str(error), retry_s=wait)
        now = ctx.clock.now()
        await ctx.db.run(notices.not_composed, notice.id, now + timedelta(seconds=wait))
        if notice.tries == _TOLD_AT and notice.kind != "alarm":
            await ctx.db.run(_tell_staff, ctx, notice, str(error), now)


def _tell_staff(conn: sqlite3.Connection, ctx: Context, notice: Notice, why: str, now: datetime) -> None:
    """Somebody waits for this mail, and it cannot be made."""
    name = requests.get(conn, notice.request).number if notice.request is not None else f"mail {notice.id}"
    params = {
        "code": "notice.stuck", "name": name, "why": f"{notice.kind}: {why}"[:200], "since": now.isoformat(), "was": "",
    }  # fmt: skip
    for address in ctx.settings.gateway.staff:
        notices.ask(conn, "alarm", address, now, request=notice.request, params=params)


def _job(ctx: Context, notice: Notice) -> _Job:
    smtp = ctx.settings.smtp
    domain = smtp.sender.rpartition("@")[2] if smtp else "localhost"
    token = ""
    if notice.kind == "approval":
        token = base64.b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode("ascii")
    unique = token.lower() or secrets.token_hex(8)
    return _Job(notice, f"<gatewayd.{notice.id}.{unique}@{domain}>", token)


async def _compose(ctx: Context, jobs: list[_Job]) -> None:
    now = ctx.clock.now()
    payload = {
        "settings": ctx.settings.model_dump(mode="json"),
        "now": now.isoformat(),
        "notices": [{"id": job.notice.id, "message_id": job.message_id, "token": job.token} for job in jobs],
    }
    with tempfile.TemporaryFile() as answer:
        await sandbox.call_into(answer, _CHILD, json.dumps(payload).encode(), _LIMITS)
        answer.seek(0)
        sizes = sizes_of(answer, len(jobs))
        await ctx.db.run(_keep, ctx, jobs, answer, sizes, now)


def sizes_of(answer: BinaryIO, count: int) -> list[int]:
    """The sizes of the mails in a child's answer: a JSON line of them stands before the mails. `answer` is left at the
    first mail. Raises SandboxError for anything else."""
    try:
        sizes = [int(size) for size in json.loads(answer.readline(_LONGEST_LINE))]
    except (ValueError, TypeError):
        raise SandboxError("compose: the answer has no sizes") from None
    start = answer.tell()
    if len(sizes) != count or any(size <= 0 for size in sizes) or start + sum(sizes) != answer.seek(0, os.SEEK_END):
        raise SandboxError("compose: the sizes do not fit")
    answer.seek(start)
    return sizes


def _keep(
    conn: sqlite3.Connection, ctx: Context, jobs: list[_Job], mails: BinaryIO, sizes: list[int], now: datetime
) -> None:
    for job, size in zip(jobs, sizes, strict=True):
        if job.token and job.notice.request is not None:
            _keep_token(conn, ctx, job, requests.get(conn, job.notice.request).created_at)
        if job.notice.kind in notices.SMS_KINDS:
            notices.composed_sms(conn, job.notice, job.message_id, _sms(job.notice, mails.read(size), now))
        else:
            notices.composed(conn, job.notice, job.message_id, mails, size)
        get_logger().info("notice.composed", notice=job.notice.id, kind=job.notice.kind, bytes=size)


def _sms(notice: Notice, raw: bytes, now: datetime) -> OwnSms:
    text = raw.decode("utf-8")
    return OwnSms(text, len(segmented(text).parts), route_of(notice.to_address), now + _SMS_LIVES)


def _keep_token(conn: sqlite3.Connection, ctx: Context, job: _Job, created_at: datetime) -> None:
    params = job.notice.params
    request = job.notice.request
    if request is None:
        raise AssertionError("an approval question without a request")
    approvals.add_token(
        conn, token_hash(job.token), request, int(str(params["step"])), str(params["person"]),
        bytes.fromhex(str(params["digest"])), created_at + timedelta(seconds=ctx.settings.approval.expires),
    )  # fmt: skip
