"""`gatewayd audit verify | export`: is the record whole, and what does it say. Read-only, works without a daemon."""

import argparse
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, settings_of
from gatewayd.core.audit import Head, breaks, head_of, named
from gatewayd.errors import GatewaydError
from gatewayd.store import audit, keys
from gatewayd.store.database import reading

#: Faults that are printed; the rest is counted.
_SHOWN = 20


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "audit", run, "Check the record of decisions, attempts and operators' acts, or print it.")
    parser.add_argument("act", choices=("verify", "export"))
    parser.add_argument(
        "--head", metavar="COUNT:HASH", action="append", default=[], type=_head,
        help="verify: a head that was noted elsewhere (journal: audit.head), may be given again",
    )  # fmt: skip
    parser.add_argument("--sends", action="store_true", help="export: each part that left, with what it goes back to")
    add_json(parser)


def _head(text: str) -> Head:
    head = head_of(text)
    if head is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a head such as 412:9f2c…")
    return head


def run(args: argparse.Namespace) -> int:
    state_dir = settings_of(args).gateway.state_dir
    with reading(state_dir) as conn:
        keys.register(conn, keys.number_key(state_dir, make=False))
        if args.act == "verify":
            return _verify(conn, args.head, as_json=args.json)
        for line in _lines(conn, sends=args.sends):
            print(json.dumps(line, ensure_ascii=False))
    return 0


def _lines(conn: sqlite3.Connection, *, sends: bool) -> Iterator[dict[str, Any]]:
    if not sends:
        return (named(entry) for entry in audit.entries(conn))
    return (sent.facts | {"unexplained": sent.unexplained} for sent in audit.sends(conn))


def _verify(conn: sqlite3.Connection, heads: Iterable[Head], *, as_json: bool) -> int:
    noted = audit.noted_head(conn)
    faults = list(breaks(audit.entries(conn), [*heads, *([noted] if noted else [])]))
    faults += audit.differences(conn)
    by_decisions: Counter[int] = Counter()
    for sent in audit.sends(conn):
        by_decisions[len(sent.facts["decisions"])] += 1
        if sent.unexplained:
            faults.append(f"delivery {sent.facts['delivery']} part {sent.facts['part']}: {sent.unexplained}")
    last = audit.last_head(conn)
    facts = {"entries": last.count, "head": str(last), "sent_parts": by_decisions.total(), "faults": faults}
    if as_json:
        print_json(facts)
    else:
        _print(last, by_decisions, faults)
    if faults and (at := audit.key_replaced_at(conn)):
        raise GatewaydError(
            f"{len(faults)} faults; {keys.FILE} was replaced on {at:%Y-%m-%d}: put the old one back, and verify again"
        )
    if faults:
        raise GatewaydError(f"{len(faults)} faults: the record was changed behind the gateway's back, or is damaged")
    return 0


def _print(last: Head, by_decisions: Counter[int], faults: list[str]) -> None:
    for fault in faults[:_SHOWN]:
        print(fault)
    if len(faults) > _SHOWN:
        print(f"… and {len(faults) - _SHOWN} more")
    print(f"{last.count} entries, head {last}")
    shares = ", ".join(f"{parts} by {count} decisions" for count, parts in sorted(by_decisions.items()))
    print(f"{by_decisions.total()} parts left{': ' if shares else ''}{shares}")
