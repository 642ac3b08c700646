"""Data that is over: what is taken out of the rows when its time is up, in small transactions.

A row stays, with its states, times, counts and codes, so that reports still add up and the audit still agrees with it;
an address becomes a keyed hash (`hidden`), a name or a text nothing. Mails and personal texts hold both, so they go
with the first limit of all. Invariants: nothing of a request that is still open is touched (open: a report is owed, or
one of its messages may still leave); every step says how many rows it changed, and 0 means that it is done.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.core.model import RequestId
from gatewayd.store.instants import from_ms, to_ms
from gatewayd.store.keys import HIDDEN

_SWEPT: Final = "swept_on"
#: Rows of one transaction.
BATCH: Final = 200
#: Parameters of these mails are counts and ids, and are read again.
_PLAIN_KINDS: Final = "('report', 'approval', 'done_sms')"
_LEAVING: Final = "('held', 'queued', 'submitting')"
_OPEN: Final = (
    "(requests.reported_at IS NULL OR requests.changed_at IS NOT NULL OR EXISTS (SELECT 1 FROM deliveries d"
    f" WHERE d.request = requests.id AND d.kind = 'message' AND d.state IN {_LEAVING}))"
)
#: A notice that is on its way.
LEAVES: Final = f"EXISTS (SELECT 1 FROM deliveries d WHERE d.notice = notices.id AND d.state IN {_LEAVING})"
_OPEN_REQUESTS: Final = f"(SELECT id FROM requests WHERE {_OPEN})"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older than these goes; `first` is the earliest in effect of the three kinds."""

    mails: datetime
    texts: datetime
    numbers: datetime

    @property
    def first(self) -> datetime:
        return max(self.mails, self.texts, self.numbers)


Step = Callable[[sqlite3.Connection, Limits, datetime], int]


def removed(conn: sqlite3.Connection, request: RequestId) -> dict[str, datetime]:
    """Since when the "numbers" and "texts" of `request` are gone, or a "person" in it."""
    rows = conn.execute("SELECT kind, at FROM removals WHERE request = ?", (request,))
    return {row["kind"]: from_ms(row["at"]) for row in rows}


def swept_on(conn: sqlite3.Connection) -> str:
    """The local day of the last sweep, as ISO 8601; '' if there was none."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_SWEPT,)).fetchone()
    return row["value"] if row else ""


def swept(conn: sqlite3.Connection, day: str) -> None:
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_SWEPT, day))


def still_open(conn: sqlite3.Connection, among: Iterable[int]) -> dict[int, str]:
    """Those of the requests that are still open, with their numbers."""
    found = (
        conn.execute(f"SELECT id, number FROM requests WHERE id = ? AND {_OPEN}", (request,)).fetchone()
        for request in among
    )
    return {row["id"]: row["number"] for row in found if row is not None}


def _due(conn: sqlite3.Connection, kind: str, before: datetime) -> int | None:
    """The oldest request that ended before then and still has its numbers or texts."""
    row = conn.execute(
        f"SELECT id FROM requests WHERE reported_at <= ? AND NOT {_OPEN}"
        " AND NOT EXISTS (SELECT 1 FROM removals WHERE request = requests.id AND kind = ?) ORDER BY id LIMIT 1",
        (to_ms(before), kind),
    ).fetchone()
    return row["id"] if row else None


def note(conn: sqlite3.Connection, request: int, kind: str, now: datetime) -> None:
    conn.execute("INSERT OR IGNORE INTO removals (request, kind, at) VALUES (?, ?, ?)", (request, kind, to_ms(now)))


def numbers(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """Recipients of one request: addresses become hashes; names, columns and personal texts go."""
    request = _due(conn, "numbers", limits.numbers)
    if request is None:
        return 0
    hid = hide_deliveries(conn, "request = ?", request)
    if hid == BATCH:
        return hid
    hide_applicant(conn, request)
    clear_lists(conn, request)
    note(conn, request, "numbers", now)
    return hid + 1


def hide_deliveries(conn: sqlite3.Connection, where: str, *values: object) -> int:
    """A batch of deliveries that `where` (SQL of ours) selects."""
    ids = [
        row["id"]
        for row in conn.execute(
            f"SELECT id FROM deliveries WHERE {where} AND address <> '' AND address NOT LIKE '{HIDDEN}%' LIMIT {BATCH}",
            values,
        )
    ]
    marks = ", ".join("?" * len(ids))
    conn.execute(f"UPDATE bounces SET why = '' WHERE delivery IN ({marks})", ids)
    conn.execute(
        "UPDATE deliveries SET address = hidden(address), name = '', fields = '', cause_text = '',"
        f" text = CASE WHEN text IS NOT NULL THEN '' END WHERE id IN ({marks})",
        ids,
    )
    return len(ids)


def hide_applicant(conn: sqlite3.Connection, request: int) -> None:
    """His addresses and numbers; his name stays with the text that he asked for."""
    conn.execute(
        "UPDATE requests SET applicant_address = hidden(applicant_address), applicant_phone = '', applicant_id_number = ''"
        " WHERE id = ?",
        (request,),
    )
    conn.execute(
        "UPDATE events SET actor = hidden(actor) WHERE request = ? AND actor LIKE '%@%' AND actor NOT LIKE ?",
        (request, f"{HIDDEN}%"),
    )


def clear_lists(conn: sqlite3.Connection, request: int) -> None:
    """Rows that were refused keep their place and reason, faults their path and code; the form as read goes."""
    row = conn.execute("SELECT refused, duplicates, faults, warnings FROM requests WHERE id = ?", (request,)).fetchone()
    rows = [
        json.dumps([[place, "", code, ""] for place, _, code, _ in json.loads(row[name])])
        for name in ("refused", "duplicates")
    ]
    faults = [
        json.dumps([[path, code, ""] for path, code, _ in json.loads(row[name])]) for name in ("faults", "warnings")
    ]
    conn.execute(
        "UPDATE requests SET refused = ?, duplicates = ?, faults = ?, warnings = ? WHERE id = ?",
        (*rows, *faults, request),
    )
    conn.execute("DELETE FROM forms WHERE request = ?", (request,))


def texts(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """The words of one request."""
    request = _due(conn, "texts", limits.texts)
    if request is None:
        return 0
    take_texts(conn, request, now)
    clear_lists(conn, request)
    return 1


def take_texts(conn: sqlite3.Connection, request: int, now: datetime) -> bool:
    """The words of `request`, if they are there still."""
    if "texts" in removed(conn, RequestId(request)):
        return False
    _clear_words(conn, request)
    note(conn, request, "texts", now)
    return True


def _clear_words(conn: sqlite3.Connection, request: int) -> None:
    conn.execute(
        "UPDATE requests SET subject = '', text = '', purpose = '', wanted_by = '', close_reason = '', applicant_name = '',"
        " thread = '' WHERE id = ?",
        (request,),
    )
    conn.execute("UPDATE deliveries SET text = '' WHERE request = ? AND text <> ''", (request,))
    conn.execute("UPDATE enclosures SET name = '', content = x'' WHERE request = ? AND name <> ''", (request,))
    conn.execute("UPDATE decisions SET reason = '' WHERE request = ? AND reason <> ''", (request,))
    conn.execute(
        "UPDATE events SET detail = json_remove(detail, '$.reason') WHERE request = ? AND detail LIKE '%\"reason\"%'",
        (request,),
    )


def raw_mails(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """Bytes of mails that came; their digests stay."""
    return conn.execute(
        "UPDATE incoming_mails SET raw = x'', sender = hidden(sender) WHERE id IN (SELECT id FROM incoming_mails"
        " WHERE received_at <= ? AND raw <> x'' AND state <> 'stored' AND NOT EXISTS (SELECT 1 FROM requests"
        f" WHERE mail = incoming_mails.id AND {_OPEN}) LIMIT 20)",
        (to_ms(limits.first),),
    ).rowcount


def own_mails(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """Our own mails and short messages, once they have left."""
    rows = conn.execute(
        "SELECT id FROM notices WHERE created_at <= ? AND message_id IS NOT NULL AND (raw <> x'' OR (to_address <> '' AND to_address NOT LIKE ?))"
        f" AND (request IS NULL OR request NOT IN {_OPEN_REQUESTS})"
        f" AND NOT {LEAVES} LIMIT 20",
        (to_ms(limits.first), f"{HIDDEN}%"),
    ).fetchall()
    for row in rows:
        clear_notice(conn, row["id"])
    return len(rows)


def clear_notice(conn: sqlite3.Connection, notice: int) -> None:
    conn.execute(
        "UPDATE notices SET raw = x'', to_address = hidden(to_address), to_name = '', in_reply_to = '',"
        f" params = CASE WHEN kind IN {_PLAIN_KINDS} THEN params ELSE '{{}}' END WHERE id = ?",
        (notice,),
    )
    hide_deliveries(conn, "notice = ?", notice)


def short_messages(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """Messages of our own that belong to no request (answers to BERHENTI); one that may still leave stays."""
    return hide_deliveries(
        conn,
        f"request IS NULL AND notice IS NULL AND state NOT IN {_LEAVING} AND coalesce(final_at, accepted_at, submitted_at, 0) <= ?",
        to_ms(limits.first),
    )


def incoming_parts(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """What came from the network, part by part; the digest stays, so that a repetition is known."""
    return conn.execute(
        "UPDATE incoming_parts SET sender = hidden(sender), text = '', raw = '' WHERE id IN (SELECT id FROM incoming_parts"
        f" WHERE received_at <= ? AND raw <> '' AND (message IS NOT NULL OR total = 0) LIMIT {BATCH})",
        (to_ms(limits.first),),
    ).rowcount


def incoming_senders(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """Who wrote to our SIMs. What nobody fetched by then is not published any more."""
    return conn.execute(
        "UPDATE incoming_sms SET sender = hidden(sender), published = 1 WHERE id IN (SELECT id FROM incoming_sms"
        f" WHERE received_at <= ? AND sender <> '' AND sender NOT LIKE ? AND handled = 1 LIMIT {BATCH})",
        (to_ms(limits.numbers), f"{HIDDEN}%"),
    ).rowcount


def incoming_texts(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    return conn.execute(
        "UPDATE incoming_sms SET text = '', published = 1 WHERE id IN (SELECT id FROM incoming_sms"
        f" WHERE received_at <= ? AND text <> '' AND handled = 1 LIMIT {BATCH})",
        (to_ms(limits.texts),),
    ).rowcount


def unmatched_reports(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    return conn.execute(
        f"DELETE FROM orphan_reports WHERE id IN (SELECT id FROM orphan_reports WHERE at <= ? LIMIT {BATCH})",
        (to_ms(limits.numbers),),
    ).rowcount


def spent_tokens(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    return conn.execute(
        f"DELETE FROM tokens WHERE expires_at <= ? AND request NOT IN {_OPEN_REQUESTS}", (to_ms(limits.first),)
    ).rowcount


def balances(conn: sqlite3.Connection, limits: Limits, now: datetime) -> int:
    """The operator's own words about a balance, which may name the SIM's number."""
    return conn.execute(
        "UPDATE health SET facts = json_set(facts, '$.credit.raw', '', '$.credit.unread', '')"
        " WHERE json_extract(facts, '$.credit.at') <= ? AND (json_extract(facts, '$.credit.raw') <> ''"
        " OR json_extract(facts, '$.credit.unread') <> '')",
        (to_ms(limits.first),),
    ).rowcount


STEPS: Final[tuple[Step, ...]] = (
    numbers, texts, raw_mails, own_mails, short_messages, incoming_parts, incoming_senders, incoming_texts,
    unmatched_reports, spent_tokens, balances,
)  # fmt: skip
