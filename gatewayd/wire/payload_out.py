"""What gatewayd publishes on MQTT: values → JSON objects in UTF-8, as contract §4 has them.

Times are RFC 3339 in UTC with seconds. What is not known is null, never zero or ''.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from gatewayd.core.health import Health
from gatewayd.core.model import Fault, RefusedRow
from gatewayd.wire.payload_job import VERSION
from gatewayd.wire.payload_messages import message

#: A list of a thousand bad numbers must not make a receipt that no broker takes.
MAX_ERRORS: Final = 100


def receipt(
    *, job: str, result: str, request: str = "", faults: Iterable[Fault] = (), refused: Iterable[RefusedRow] = (),
    recipients: int = 0, parts: int = 0, cost_idr: int | None = None, digest: bytes = b"", rows_of: str = "to",
) -> bytes:  # fmt: skip
    """What became of a job: "accepted", "duplicate" or "rejected". An accepted job may have errors too: the
    recipients that will not be sent to, at their place in the list that `rows_of` names."""
    found = [*faults, *(Fault(f"{rows_of}[{row.row - 1}]", row.code, row.typed) for row in refused)]
    if len(found) > MAX_ERRORS:
        found[MAX_ERRORS - 1 :] = [Fault("", "errors.more", str(len(found) - MAX_ERRORS + 1))]
    errors = [{"path": fault.path, "message": message(fault.code, fault.typed)} for fault in found]
    return _json({
        "v": VERSION, "job": job or None, "result": result, "request": request or None, "errors": errors,
        "recipients": recipients, "parts": parts, "cost_idr": cost_idr, "digest": digest.hex() or None,
    })  # fmt: skip


def status(*, job: str, request: str, state: str, totals: Mapping[str, int], at: datetime) -> bytes:
    """Where a job stands; `totals` counts its deliveries by state."""
    return _json({
        "v": VERSION, "job": job, "request": request, "state": state, "totals": dict(totals), "at": _stamp(at),
    })  # fmt: skip


def daemon_state(*, state: Literal["online", "offline"], version: str, boot: str) -> bytes:
    return _json({"state": state, "version": version, "boot": boot})


def modem_state(health: Health, *, state: str, why: str, sent_today: int) -> bytes:
    """A modem's facts. `state` is "ready" or why it does not send; SIM and device numbers stay inside."""
    credit = health.credit
    return _json({
        "state": state, "why": why, "link": health.link, "since": _stamp(health.since), "error": health.error,
        "operator": health.operator or None, "signal_dbm": health.signal_dbm, "registration": health.registration,
        "credit_idr": credit.balance_idr if credit else None, "credit_at": _stamp(credit.at) if credit else None,
        "active_until": credit.active_until.isoformat() if credit and credit.active_until else None,
        "sent_today": sent_today,
    })  # fmt: skip


def inbox(*, modem: str, sender: str, text: str, sent_at: datetime | None, received_at: datetime) -> bytes:
    """An incoming SMS. `sent_at` is the service centre's time, if it gave one."""
    return _json({
        "v": VERSION, "modem": modem, "sender": sender, "text": text,
        "sent_at": _stamp(sent_at) if sent_at else None, "received_at": _stamp(received_at),
    })  # fmt: skip


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: Mapping[str, object]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate of a broken SMS has no UTF-8 form.
    return text.encode("utf-8", "replace")
