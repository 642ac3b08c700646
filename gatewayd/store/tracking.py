"""Status reports: matched to the part they are about, kept when they match none, and what follows for the delivery.

A report is about a part when the transport, the SIM (where both are known), the TP-MR, the recipient's last
digits and the service centre's time agree. Exactly one candidate is a match; two are none. A part in doubt
has no TP-MR, so it is matched by the rest: that is how evidence settles a doubt.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gatewayd.core.model import DeliveryId
from gatewayd.core.outcome import ReportedStatus, StatusReport
from gatewayd.core.states import DeliveryState, Event
from gatewayd.store import deliveries
from gatewayd.store.instants import from_ms, to_ms

#: How far the service centre's clock may be from ours.
CLOCK_ERROR: Final = timedelta(minutes=10)
#: From the intent until the service centre's time stamp, at most: an answer's deadline, and its clock.
_LONGEST_ANSWER: Final = CLOCK_ERROR + timedelta(minutes=10)
#: Where a report has no time.
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(3000, 1, 1, tzinfo=UTC)
_FINAL_REPORTS: Final = frozenset({"delivered", "failed", "expired"})
#: Digits of the recipient that must agree: reports often carry the national form.
SUFFIX: Final = 7
#: The rest of a long message, or another attempt, is still to come.
_WAITING: Final = frozenset({DeliveryState.QUEUED, DeliveryState.HELD})


@dataclass(frozen=True, slots=True)
class Matched:
    """A report found its part; `state` is the delivery's state now."""

    delivery: DeliveryId
    request: int | None
    number: str
    part: int
    before: DeliveryState
    state: DeliveryState


def take_report(conn: sqlite3.Connection, report: StatusReport, now: datetime) -> Matched | None:
    """Match `report` and let the delivery follow; one that fits nothing is kept and None returned. A repetition of a
    final report changes nothing, and is None too."""
    found = _find(conn, report)
    if found is None:
        _keep(conn, report, now)
        return None
    return _apply(conn, found, report, now) if _is_news(found, report) else None


def _is_news(row: Any, report: StatusReport) -> bool:
    """Whether `report` says more than is known: after a final word only that it arrived after all."""
    if row["report"] not in _FINAL_REPORTS:
        return True
    return report.status is ReportedStatus.DELIVERED and row["report"] != ReportedStatus.DELIVERED


def match_orphans(conn: sqlite3.Connection, transport: str, reference: int | None, now: datetime) -> list[Matched]:
    """A report may come before the answer to its submission: try those kept under `reference` again."""
    rows = conn.execute(
        "SELECT * FROM orphan_reports WHERE matched = 0 AND modem = ? AND reference = ? ORDER BY id",
        (transport, reference),
    ).fetchall()
    matched: list[Matched] = []
    for row in rows:
        report = _report(row)
        found = _find(conn, report)
        if found is not None and _is_news(found, report):
            matched.append(_apply(conn, found, report, now))
            conn.execute("UPDATE orphan_reports SET matched = 1 WHERE id = ?", (row["id"],))
    return matched


def _find(conn: sqlite3.Connection, report: StatusReport) -> Any | None:
    """The one attempt that `report` is about. By its TP-MR, if one that fits has it; else the one in doubt, unless a
    submission to the same number is still pending: the report may be its own, come before its answer."""
    about = report.submitted_at
    first, last = (about - _LONGEST_ANSWER, about + CLOCK_ERROR) if about else (_EARLIEST, _LATEST)
    rows = conn.execute(
        "SELECT a.*, d.address, d.request, d.state AS delivery_state, d.parts, coalesce(r.number, '') AS number,"
        " r.settled_at FROM attempts a JOIN deliveries d ON d.id = a.delivery LEFT JOIN requests r ON r.id = d.request"
        " WHERE a.transport = ? AND a.began_at BETWEEN ? AND ? AND a.state IN ('submitting', 'accepted', 'in_doubt')"
        " AND (a.reference = ? OR a.reference IS NULL)",
        (report.modem, to_ms(first), to_ms(last), report.reference),
    ).fetchall()
    fitting = [row for row in rows if _fits(row, report)]
    exact = [row for row in fitting if row["reference"] is not None]
    candidates = exact or fitting
    if len(candidates) != 1 or candidates[0]["state"] == "submitting":
        return None
    return candidates[0]


def _fits(row: Any, report: StatusReport) -> bool:
    if row["sim"] and report.sim and row["sim"] != report.sim:
        return False
    if not _same_number(row["address"], report.recipient):
        return False
    if report.submitted_at is None:
        return row["reference"] is not None and row["report"] not in _FINAL_REPORTS
    began_at: int = row["began_at"]
    ended_at: int = row["ended_at"] or began_at
    began, ended = from_ms(began_at), from_ms(ended_at)
    return began - CLOCK_ERROR <= report.submitted_at <= ended + CLOCK_ERROR


def _same_number(ours: str, theirs: str) -> bool:
    ours, theirs = ours.lstrip("+0"), theirs.lstrip("+0")
    suffix = min(SUFFIX, len(ours))
    return len(theirs) >= suffix and (ours.endswith(theirs[-9:]) or theirs.endswith(ours[-9:]))


def _keep(conn: sqlite3.Connection, report: StatusReport, now: datetime) -> None:
    conn.execute(
        "INSERT INTO orphan_reports (at, modem, sim, reference, recipient, submitted_at, discharged_at, status, tp_status)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            to_ms(now), report.modem, report.sim, report.reference, report.recipient, to_ms(report.submitted_at),
            to_ms(report.discharged_at), report.status, report.tp_status,
        ),
    )  # fmt: skip


def _report(row: Any) -> StatusReport:
    return StatusReport(
        row["modem"], row["sim"], row["reference"], row["recipient"], from_ms(row["submitted_at"]),
        from_ms(row["discharged_at"]), ReportedStatus(row["status"]), row["tp_status"],
    )  # fmt: skip


def late_answer(
    conn: sqlite3.Connection, delivery: DeliveryId, part: int, attempt: int, reference: int, now: datetime
) -> Matched | None:
    """An answer came after the deadline of an attempt in doubt: it was accepted. None while the attempt is not
    written down as in doubt."""
    row = conn.execute(
        "SELECT a.*, d.request, d.state AS delivery_state, d.parts, coalesce(r.number, '') AS number, r.settled_at"
        " FROM attempts a JOIN deliveries d ON d.id = a.delivery LEFT JOIN requests r ON r.id = d.request"
        " WHERE a.delivery = ? AND a.part = ? AND a.attempt = ? AND a.state <> 'submitting'",
        (delivery, part, attempt),
    ).fetchone()
    if row is None:
        return None
    return _accept_and_follow(conn, row, reference, "", now)


def _apply(conn: sqlite3.Connection, row: Any, report: StatusReport, now: datetime) -> Matched:
    """Write the report at its part; a part in doubt is thereby known to be accepted."""
    conn.execute(
        "UPDATE attempts SET report = ?, tp_status = ?, reported_at = ? WHERE delivery = ? AND part = ? AND attempt = ?",
        (report.status, report.tp_status, to_ms(now), row["delivery"], row["part"], row["attempt"]),
    )
    return _accept_and_follow(conn, row, report.reference, f"st-{report.tp_status:02x}", now)


def _accept_and_follow(conn: sqlite3.Connection, row: Any, reference: int, code: str, now: datetime) -> Matched:
    """The attempt of `row` is accepted as `reference`; its delivery follows from what is known of all parts."""
    delivery, before = DeliveryId(row["delivery"]), DeliveryState(row["delivery_state"])
    conn.execute(
        "UPDATE attempts SET state = 'accepted', reference = ? WHERE delivery = ? AND part = ? AND attempt = ?",
        (reference, delivery, row["part"], row["attempt"]),
    )
    event = None if before is DeliveryState.SUBMITTING else _event(conn, delivery, row, before)
    state = before if event is None else _happen(conn, delivery, event, code, now)
    return Matched(delivery, row["request"], row["number"], row["part"], before, state)


def _happen(conn: sqlite3.Connection, delivery: DeliveryId, event: Event, code: str, now: datetime) -> DeliveryState:
    failed = event in (Event.FAIL, Event.EXPIRE)
    state = deliveries.apply(conn, delivery, event, now, cause_code=code if failed else "")
    if event is Event.ACCEPT:
        conn.execute(
            "UPDATE deliveries SET accepted_at = coalesce(accepted_at, ?) WHERE id = ?", (to_ms(now), delivery)
        )
    return state


def _event(conn: sqlite3.Connection, delivery: DeliveryId, row: Any, before: DeliveryState) -> Event | None:
    """What is known of all parts together says of the delivery."""
    is_again = before in _WAITING and row["state"] == "in_doubt"
    words = conn.execute(
        "SELECT part, report FROM attempts WHERE delivery = ? AND state = 'accepted' AND (report = 'delivered'"
        " OR attempt > (SELECT resent_after FROM deliveries WHERE id = ?)) ORDER BY part, attempt",
        (delivery, delivery),
    )
    best: dict[int, ReportedStatus | None] = {}
    for part, word in words:
        if best.get(part) is not ReportedStatus.DELIVERED:
            best[part] = ReportedStatus(word) if word else None
    reports = list(best.values())
    if ReportedStatus.FAILED in reports:
        # Somebody ordered another attempt of the part in doubt: that one is still to come.
        return None if is_again else Event.FAIL
    if ReportedStatus.EXPIRED in reports:
        return None if is_again else Event.EXPIRE
    if len(reports) < row["parts"]:
        return Event.RESEND if before is DeliveryState.IN_DOUBT and row["settled_at"] is None else None
    if all(report is ReportedStatus.DELIVERED for report in reports):
        return Event.DELIVER
    return Event.ACCEPT if before is DeliveryState.IN_DOUBT or is_again else None


def wait_over(conn: sqlite3.Connection, request: int, before: datetime, now: datetime) -> int:
    """Accepted messages whose waiting time for a status report ended: nothing more is expected. Returns how many."""
    rows = conn.execute(
        "SELECT id FROM deliveries WHERE request = ? AND kind = 'message' AND channel = 'sms' AND state = 'accepted'"
        " AND accepted_at <= ?",
        (request, to_ms(before)),
    ).fetchall()
    for row in rows:
        deliveries.apply(conn, DeliveryId(row["id"]), Event.WAIT_OVER, now)
    return len(rows)


def unsettled(conn: sqlite3.Connection, request: int, before: datetime) -> int:
    """How many messages may still change: not sent yet, awaiting a report, or in doubt for less than the wait."""
    row = conn.execute(
        "SELECT count(*) FROM deliveries WHERE request = ? AND kind = 'message' AND (state IN ('held', 'queued', 'submitting')"
        " OR (channel = 'sms' AND state = 'accepted') OR (channel = 'sms' AND state = 'in_doubt' AND submitted_at > ?))",
        (request, to_ms(before)),
    ).fetchone()
    return int(row[0])
