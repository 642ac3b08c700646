"""One person's data, taken out now: everything that names a number or an address, or the name that stood beside it.

In: the address as the store holds it, and how it may be written elsewhere. Out: how much was taken out, or the requests
that are in the way. Invariants: nothing is touched while a request with this person is still open; what is known of
him afterwards is a keyed hash, by which he stays on the opt-out list and his sends stay in the audit. Mails hold lists
in files that are not searched, so all mails about his requests go.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.store import retention

#: A name shorter than this would be found in other words.
_LEAST_NAME: Final = 4
#: What people put between the digits of a number.
_BETWEEN: Final = r"[\s.()/-]{0,3}"
_HOUR_MS: Final = 3_600_000
_PERSON: Final = (
    "(mentions(text) OR mentions(subject) OR mentions(purpose) OR mentions(wanted_by) OR mentions(close_reason))"
)
_LISTS: Final = "(mentions(refused) OR mentions(duplicates) OR mentions(faults) OR mentions(warnings))"


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Numbers of requests that are still open, and whether an answer of ours to the person is on its way."""

    requests: tuple[str, ...]
    answer: bool


def erase(conn: sqlite3.Connection, address: str, now: datetime) -> Counter[str] | InTheWay:
    """Take out everything about `address` (E.164, or an e-mail address); how many rows of what."""
    _search_for(conn, [_spelling(address)])
    open_ones = retention.still_open(conn, _requests(conn, address))
    answer = conn.execute(
        "SELECT 1 FROM deliveries WHERE address = ? AND state IN ('held', 'queued', 'submitting')"
        " UNION SELECT 1 FROM notices WHERE to_address = ? AND message_id IS NULL",
        (address, address),
    ).fetchone()
    if open_ones or answer:
        return InTheWay(tuple(open_ones.values()), answer is not None)
    _search_for(conn, [_spelling(address), *map(_words, _names(conn, address))])
    about = _requests(conn, address)
    # Somebody of the same name may be in an open request: that is left alone.
    about = sorted(set(about) - set(retention.still_open(conn, about)))
    done = Counter[str]()
    while count := retention.hide_deliveries(conn, "address = ?", address):
        done["deliveries"] += count
    for request in about:
        _erase_in_request(conn, request, done, now)
        retention.note(conn, request, "person", now)
    _erase_applicant(conn, address, done)
    _erase_mails(conn, address, about, done)
    _erase_notices(conn, address, about, done)
    _erase_incoming(conn, done)
    done["optouts"] = conn.execute(
        "UPDATE optouts SET address = hidden(address) WHERE address = ?", (address,)
    ).rowcount
    return +done


def _names(conn: sqlite3.Connection, address: str) -> list[str]:
    rows = conn.execute(
        "SELECT name FROM deliveries WHERE address = ? UNION SELECT applicant_name FROM requests WHERE applicant_address = ?",
        (address, address),
    )
    return [name for (name,) in rows if len(name) >= _LEAST_NAME]


def _search_for(conn: sqlite3.Connection, patterns: Iterable[str]) -> None:
    """Make `mentions(x)` known to the connection: whether a text or the bytes of a mail name this person."""
    known = re.compile("|".join(patterns), re.IGNORECASE)

    def mentions(value: str | bytes | None) -> bool:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return bool(text) and known.search(text or "") is not None

    conn.create_function("mentions", 1, mentions)


def _spelling(address: str) -> str:
    """A number in every form in which people write it; an address as it is."""
    if "@" in address:
        return rf"(?<![\w.+-]){re.escape(address)}(?![\w-])"
    national = address.removeprefix("+62")
    lead = r"(?:\+?62|0)?" if national != address else r"\+?"
    return rf"(?<!\d){lead}{_BETWEEN}{_BETWEEN.join(national.lstrip('+'))}(?!\d)"


def _words(name: str) -> str:
    words = r"\W+".join(re.escape(word) for word in name.split())
    return rf"(?<!\w){words}(?!\w)"


def _requests(conn: sqlite3.Connection, address: str) -> list[int]:
    rows = conn.execute(
        "SELECT request FROM deliveries WHERE request IS NOT NULL AND (address = ? OR mentions(name) OR mentions(fields) OR mentions(text))"
        f" UNION SELECT id FROM requests WHERE applicant_address = ? OR mentions(applicant_phone) OR {_PERSON} OR {_LISTS}"
        " UNION SELECT request FROM forms WHERE mentions(form)",
        (address, address),
    )
    return [request for (request,) in rows]


def _erase_in_request(conn: sqlite3.Connection, request: int, done: Counter[str], now: datetime) -> None:
    """The list in which he stood, and the text where it names him or was for him alone."""
    conn.execute(
        "UPDATE deliveries SET name = '', fields = '', text = CASE WHEN text IS NOT NULL THEN '' END WHERE request = ?"
        " AND (mentions(fields) OR mentions(text) OR mentions(name))",
        (request,),
    )
    if conn.execute(f"SELECT {_LISTS} FROM requests WHERE id = ?", (request,)).fetchone()[0]:
        retention.clear_lists(conn, request)
        done["lists"] += 1
    conn.execute("DELETE FROM forms WHERE request = ?", (request,))
    is_his = conn.execute(
        f"SELECT {_PERSON} OR (SELECT count(*) FROM deliveries WHERE request = requests.id AND kind = 'message') = 1"
        " FROM requests WHERE id = ?",
        (request,),
    ).fetchone()[0]
    if is_his and retention.take_texts(conn, request, now):
        done["texts"] += 1
    conn.execute("UPDATE decisions SET reason = '' WHERE request = ? AND mentions(reason)", (request,))
    conn.execute(
        "UPDATE events SET detail = json_remove(detail, '$.reason') WHERE request = ? AND mentions(detail)", (request,)
    )


def _erase_applicant(conn: sqlite3.Connection, address: str, done: Counter[str]) -> None:
    rows = conn.execute(
        "SELECT id FROM requests WHERE applicant_address = ? OR mentions(applicant_phone)", (address,)
    ).fetchall()
    for row in rows:
        retention.hide_applicant(conn, row["id"])
        conn.execute("UPDATE requests SET applicant_name = '' WHERE id = ?", (row["id"],))
    done["applicant"] = len(rows)
    conn.execute("UPDATE events SET actor = hidden(actor) WHERE actor = ?", (address,))


def _erase_mails(conn: sqlite3.Connection, address: str, about: Iterable[int], done: Counter[str]) -> None:
    """Mails that name him or come from him, and those that his requests were made and decided by."""
    for request in about:
        done["mails"] += conn.execute(
            "UPDATE incoming_mails SET raw = x'' WHERE raw <> x'' AND (id IN (SELECT mail FROM requests WHERE id = ?1"
            " UNION SELECT mail FROM decisions WHERE request = ?1) OR EXISTS (SELECT 1 FROM requests r WHERE r.id = ?1"
            " AND r.source = 'mail' AND hidden(sender) = hidden(r.applicant_address)"
            " AND received_at BETWEEN r.created_at - ?2 AND coalesce(r.approved_at, r.closed_at, r.created_at) + ?2))",
            (request, _HOUR_MS),
        ).rowcount
    done["mails"] += conn.execute(
        "UPDATE incoming_mails SET raw = x'', sender = hidden(sender) WHERE state <> 'stored' AND (sender = ? OR mentions(raw))",
        (address,),
    ).rowcount


def _erase_notices(conn: sqlite3.Connection, address: str, about: Iterable[int], done: Counter[str]) -> None:
    """Our own mails about his requests hold the list; those to him, or that name him, go whole."""
    for request in about:
        done["own_mails"] += conn.execute(
            "UPDATE notices SET raw = x'' WHERE request = ? AND raw <> x''", (request,)
        ).rowcount
    rows = conn.execute(
        "SELECT id FROM notices WHERE message_id IS NOT NULL AND (to_address = ? OR mentions(to_name) OR mentions(params)"
        f" OR mentions(raw)) AND NOT {retention.LEAVES}",
        (address,),
    ).fetchall()
    for row in rows:
        retention.clear_notice(conn, row["id"])
    done["own_mails"] += len(rows)


def _erase_incoming(conn: sqlite3.Connection, done: Counter[str]) -> None:
    done["incoming_sms"] = conn.execute(
        "UPDATE incoming_sms SET sender = hidden(sender), text = '', published = 1 WHERE mentions(sender) OR mentions(text)"
    ).rowcount
    conn.execute(
        "UPDATE incoming_parts SET sender = hidden(sender), text = '', raw = '' WHERE mentions(sender) OR mentions(text)"
        " OR message IN (SELECT id FROM incoming_sms WHERE text = '')"
    )
    done["status_reports"] = conn.execute("DELETE FROM orphan_reports WHERE mentions(recipient)").rowcount
