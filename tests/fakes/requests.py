"""Requests for tests, as the accept stage would store them. Invented people, clearly fake numbers."""

from datetime import UTC, datetime, timedelta

from gatewayd.core.model import Applicant, Channel, Priority, Source
from gatewayd.core.request import Message, digest
from gatewayd.store.requests import NewRequest

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
APPLICANT = Applicant("BAA", "Budi Contoh", "baa@kampus.example")


def number(index: int) -> str:
    return f"+628120000{index:04d}"


def new_request(
    *, count: int = 2, channel: Channel = Channel.SMS, text: str = "Kuliah libur", parts: int = 1,
    priority: Priority = Priority.NORMAL, applicant: Applicant = APPLICANT, client: str = "", job: str = "",
    preapproved: str = "", send_after: datetime | None = None,
) -> NewRequest:  # fmt: skip
    """A request with `count` recipients +6281200000001, …"""
    messages = tuple(
        Message(
            row,
            number(row) if channel is Channel.SMS else f"orang{row}@kampus.example",
            f"Orang {row}",
            {},
            None,
            parts,
        )
        for row in range(1, count + 1)
    )
    subject = "Info" if channel is Channel.EMAIL else ""
    return NewRequest(
        source=Source.MQTT if client else Source.MAIL, applicant=applicant, channel=channel,
        subject=subject, text=text, encoding="gsm7", parts=parts,
        total_parts=parts * count, cost_idr=350 * parts * count, priority=priority, purpose="", groups=(), wanted_by="",
        send_after=send_after, expires_at=NOW + timedelta(days=7), faults=(), warnings=(), refused=(), duplicates=(),
        digest=digest(
            channel=channel, subject=subject, text=text, priority=priority, send_after=send_after, applicant=applicant,
            messages=messages,
        ),
        messages=messages, form={}, client=client, job=job, job_digest=b"d" if job else b"", preapproved=preapproved,
    )  # fmt: skip
