"""Jobs: a publish of another system becomes a request, and a receipt says so after the commit.

The identity is the topic level; nothing in the payload is. The same id with the same content is a duplicate
and answers with the first request's number; with other content it is rejected. [[mqtt.clients]] says what a
client may do, and which of its jobs need no approval.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gatewayd.config import MqttClient
from gatewayd.core.model import Applicant, Channel, Draft, Fault, Priority, RecipientList, RefusedRow, Source
from gatewayd.core.request import Request
from gatewayd.core.templates import is_template
from gatewayd.intake.base import IncomingJob, JobReceipt
from gatewayd.log import get_logger
from gatewayd.stages import quota
from gatewayd.stages.assemble import assemble
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.draft import Origin
from gatewayd.stages.groups import read_groups
from gatewayd.store import events, requests
from gatewayd.store.requests import NewRequest
from gatewayd.wire import payload, payload_signature, recipients
from gatewayd.wire.payload import Job, JobRefusal, Window

_ANY_TIME: Final = Window(timedelta(days=36500), timedelta(days=36500))


@dataclass(frozen=True, slots=True)
class _Result:
    """What the receipt says. `refused` are rows of a job of which nothing was stored."""

    result: str
    request: Request | None = None
    faults: tuple[Fault, ...] = ()
    refused: tuple[RefusedRow, ...] = ()


class JobDesk:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        mqtt = ctx.settings.mqtt
        self._clients = {client.name: client for client in (mqtt.clients if mqtt else ())}
        self._prefix = mqtt.prefix if mqtt else ""
        seconds = (mqtt.created_within, mqtt.clock_skew) if mqtt else (0.0, 0.0)
        self._window = Window(*(timedelta(seconds=value) for value in seconds))

    async def accept(self, incoming: IncomingJob) -> JobReceipt:
        """Store a job and answer; returns after the commit."""
        now = self._ctx.clock.now()
        content = self._proven(incoming)
        body = payload_signature.bare(incoming.payload) if isinstance(content, Fault) else content
        # A clock that is not set yet cannot tell how old a job is; it is certainly not later than `now` says.
        window = self._window if self._ctx.clock.is_sure() else _ANY_TIME
        job = payload.parse_job(body, now=now, retained=incoming.retained, window=window)
        if isinstance(content, Fault):
            # The id only helps to find the receipt; nothing else of it is looked at.
            return self._receipt(incoming.client, job.id, _Result("rejected", None, (content,)), b"")
        if isinstance(job, JobRefusal):
            repeat = await self._ctx.db.run(_repeated, incoming.client, job)
            return self._receipt(incoming.client, job.id, repeat or _Result("rejected", None, job.faults), job.digest)
        client = self._clients.get(incoming.client)
        if client is None:
            faults = (Fault("", "client.unknown", incoming.client),)
            return self._receipt(incoming.client, job.id, _Result("rejected", None, faults), job.digest)
        new = await self._build(job, client, now)
        result = await self._ctx.db.run(self._store, job, client, new, now)
        self._ctx.bells.ring(Bell.APPROVE)
        return self._receipt(incoming.client, job.id, result, job.digest)

    def _proven(self, incoming: IncomingJob) -> bytes | Fault:
        """The job itself, if it is signed as its client must. Raises SettingsError while the key cannot be read: the
        job stays with the broker."""
        client = self._clients.get(incoming.client)
        if client is None or client.hmac_key is None:
            bare = payload_signature.bare(incoming.payload)
            return bare if bare == incoming.payload else Fault("", "signature.unexpected")
        topic = f"{self._prefix}/jobs/{incoming.client}"
        return payload_signature.signed(incoming.payload, topic, client.hmac_key.read())

    async def _build(self, job: Job, client: MqttClient, now: datetime) -> NewRequest:
        faults, found = list(_permission_faults(job, client)), RecipientList()
        if job.group:
            group = await read_groups(self._ctx.settings, (job.group,), job.channel)
            if isinstance(group, Fault):
                faults.append(group)
            else:
                found = group
        elif job.to:
            found = self._recipients(job)
        if len(found.recipients) > client.max_recipients:
            faults.append(Fault("to", "recipients.too_many", f"{len(found.recipients)} > {client.max_recipients}"))
        draft = Draft(
            source=Source.MQTT, applicant=Applicant(client.unit or client.name, client.name, f"mqtt:{client.name}"),
            channel=job.channel, text=job.text, subject=job.subject, recipients=found,
            groups=(job.group,) if job.group else (), priority=job.priority, purpose=job.purpose,
            send_after=job.send_after, expires_at=job.expires, faults=tuple(faults),
        )  # fmt: skip
        preapproved = self._preapproved(job, client, found)
        origin = Origin(client=client.name, job=job.id, job_digest=job.digest, preapproved=preapproved)
        return await assemble(self._ctx, draft, origin)

    def _recipients(self, job: Job) -> RecipientList:
        rows = [recipients.Row(number, who.to, who.name, dict(who.vars)) for number, who in enumerate(job.to, start=1)]
        settings = self._ctx.settings
        return recipients.build(rows, job.channel, settings.gateway.country, settings.sending.allow_foreign)

    def _preapproved(self, job: Job, client: MqttClient, found: RecipientList) -> str:
        few = 0 < len(found.recipients) <= client.preapproved_recipients
        texts = (job.text, job.subject) if job.channel is Channel.EMAIL else (job.text,)
        values = (value for who in found.recipients for value in (who.name, *who.fields.values()))
        known = is_template(texts, values, client.preapproved_templates)
        return f"policy:{client.name}" if few and known and job.channel in client.preapproved_channels else ""

    def _store(self, conn: sqlite3.Connection, job: Job, client: MqttClient, new: NewRequest, now: datetime) -> _Result:
        known = requests.by_job(conn, client.name, job.id)
        if known is not None:
            request, first = known
            if first == job.digest:
                return _Result("duplicate", request)
            return _Result("rejected", request, (Fault("id", "id.reused", job.id),))
        new = quota.admit(conn, self._ctx, new, now)
        if new.faults:
            return _Result("rejected", None, _named_as_in(job, new.faults), new.refused)
        gateway = self._ctx.settings.gateway
        number = requests.next_number(conn, gateway.ticket_prefix, now.astimezone(self._ctx.zone).year)
        request_id = requests.insert(conn, new, number, now)
        detail: dict[str, str | int] = {"recipients": len(new.messages), "refused": len(new.refused), "job": job.id}
        events.record(conn, now, "request.received", request_id, actor=f"mqtt:{client.name}", detail=detail)
        get_logger().info("request.received", request=number, client=client.name, source="mqtt", **detail)
        return _Result("accepted", requests.get(conn, request_id))

    def _receipt(self, client: str, job: str, result: _Result, digest: bytes) -> JobReceipt:
        request = result.request
        log = get_logger().bind(client=client, job=job, result=result.result)
        log.info("job.received", request=request.number if request else "", faults=len(result.faults))
        body = payload.receipt(
            job=job, result=result.result, request=request.number if request else "", faults=result.faults,
            refused=request.refused if request else result.refused, recipients=request.recipients if request else 0,
            parts=request.total_parts if request else 0, cost_idr=request.cost_idr if request else None,
            digest=digest, rows_of="group" if request is not None and request.groups else "to",
        )  # fmt: skip
        return JobReceipt(client, body)


def _named_as_in(job: Job, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Faults of the recipients as a whole, under the field of the job that names them."""
    field = "group" if job.group else "to"
    return tuple(replace(fault, path=field) if fault.path == "recipients" else fault for fault in faults)


def _repeated(conn: sqlite3.Connection, client: str, job: JobRefusal) -> _Result | None:
    """A job that came in time once is a duplicate when it comes again too late, not a refusal."""
    known = requests.by_job(conn, client, job.id) if job.id and job.digest else None
    return _Result("duplicate", known[0]) if known is not None and known[1] == job.digest else None


def _permission_faults(job: Job, client: MqttClient) -> list[Fault]:
    """What this client may not do."""
    faults: list[Fault] = []
    if job.channel not in client.channels:
        faults.append(Fault("channel", "channel.forbidden", job.channel))
    word = Priority(job.priority).name.lower()
    if word not in client.priorities:
        faults.append(Fault("priority", "priority.forbidden", word))
    if job.group and job.group not in client.groups:
        faults.append(Fault("group", "group.forbidden", job.group))
    return faults
