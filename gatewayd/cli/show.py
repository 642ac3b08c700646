"""`gatewayd status | requests | show REQUEST`: read-only, they work without a daemon."""

import argparse
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gatewayd.cli.forecast import forecast_facts, forecast_lines, rupiah
from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, print_table, settings_of
from gatewayd.config import Settings
from gatewayd.core.health import Credit
from gatewayd.core.progress import RequestState, request_state
from gatewayd.core.reckoning import Forecast, forecast
from gatewayd.core.request import Request
from gatewayd.core.underway import Underway
from gatewayd.errors import GatewaydError
from gatewayd.intake import control
from gatewayd.log import escape, mask
from gatewayd.stages import hold
from gatewayd.stages.forecast import plan_of
from gatewayd.stages.underway import underway_of
from gatewayd.store import approvals, deliveries, events, health, live, requests, retention
from gatewayd.store import hold as hold_store
from gatewayd.store.database import reading

#: What a row that is no link is called when it is bad, and when it is good.
_STATES: Final = {"access": ("OPEN", "closed"), "clock": ("DOUBTED", "right"), "disk": ("LOW", "room enough")}

_SHOWN_REQUESTS = 1000
_SHOWN_SENDING = 20


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "status", status, "Show the daemon, each modem, the mail and broker links and the queue.")
    add_json(parser)
    parser = add_verb(verbs, "requests", list_requests, "List the requests, the newest first.")
    parser.add_argument("--state", choices=[str(state) for state in RequestState], help="only those in this state")
    add_json(parser)
    parser = add_verb(verbs, "show", show, "Show one request with its decisions, deliveries and events.")
    parser.add_argument("request", help="number of the request")
    add_json(parser)


def status(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with reading(settings.gateway.state_dir) as conn:
        links = health.all_links(conn)
        queue = deliveries.queue_counts(conn)
        oldest = deliveries.oldest_waiting(conn)
        held = hold_store.held(conn)
        now = datetime.now(UTC)
        sending = [underway_of(conn, settings, request, now) for request in live.being_sent(conn, _SHOWN_SENDING)]
    running = is_running(settings.gateway.state_dir / control.FILE)
    zone = ZoneInfo(settings.gateway.timezone)
    if args.json:
        print_json({
            "daemon": "running" if running else "not running",
            "held": held and {"code": held.code, "why": held.why, "since": held.since, "release": hold.COMMAND},
            "links": [_link_facts(row, _forecast(row, settings)) for row in links],
            "queue": [{"channel": c, "kind": k, "state": s, "count": n} for c, k, s, n, _ in queue],
            "oldest_waiting": oldest,
            "sending": [asdict(one) for one in sending],
        })  # fmt: skip
        return 0
    print(f"gatewayd   {'running' if running else 'not running (start it with `gatewayd run`)'}")
    if held is not None:
        print(f"HELD       {escape(hold.line(held))}")
    for row in links:
        print(_link_line(row, zone, _forecast(row, settings)))
        if row.paused:
            word = {"access": "open", "clock": "doubted", "disk": "low"}.get(row.kind, "not sending")
            print(f"           {word} since {_when(row.since, zone)}: {row.paused_why}")
        elif row.rests_until is not None and row.rests_until > datetime.now(UTC):
            print(f"           rests until {_when(row.rests_until, zone)}: {escape(row.rests_why)}")
    print("queue      " + (", ".join(f"{n} {c} {k} {s}" for c, k, s, n, _ in queue) or "empty"))
    if oldest is not None:
        print(f"           oldest waiting since {_when(oldest, zone)}")
    for one in sending:
        print(_sending_line(one, zone))
    return 0


def _sending_line(one: Underway, zone: ZoneInfo) -> str:
    words = [f"{'sending':<10} {one.number}: {one.handled} of {one.total}"]
    words += [f"{one.failed} failed"] if one.failed else []
    words += [f"{one.in_doubt} in doubt"] if one.in_doubt else []
    words += [f"{one.per_minute:.0f} a minute"] if one.per_minute is not None else []
    words.append(f"until {_when(one.ends_at, zone)}" if one.ends_at else str(one.state))
    return escape(", ".join([*words, one.unit]))


def is_running(path: Any) -> bool:
    """A daemon answers on its control socket; a socket left by a killed one does not."""
    import socket

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(path))
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _forecast(row: health.LinkRow, settings: Settings) -> Forecast:
    modem = next((modem for modem in settings.modems if modem.name == row.health.name), None)
    if modem is None:
        return Forecast(None, None)
    today = datetime.now(UTC).astimezone(ZoneInfo(settings.gateway.timezone)).date()
    return forecast(row.health.credit, modem.price_idr, modem.credit_floor_idr, today)


def _link_facts(row: health.LinkRow, lasts: Forecast) -> dict[str, Any]:
    credit = row.health.credit
    return {
        "name": row.health.name, "kind": row.kind, "state": row.paused or "ready", "why": row.paused_why,
        "rests_until": row.rests_until, "rests_why": row.rests_why,
        "since": row.since, "link": row.health.link, "error": row.health.error, "operator": row.health.operator,
        "registration": row.health.registration, "signal_dbm": row.health.signal_dbm,
        "credit_idr": credit.balance_idr if credit else None, "credit_at": credit.at if credit else None,
        "credit_reckoned_idr": credit.reckoned_idr if credit else None, "parts_left": lasts.parts,
        "active_until": credit.active_until if credit else None, "active_days": lasts.days,
        "updated_at": row.updated_at,
    }  # fmt: skip


def _link_line(row: health.LinkRow, zone: ZoneInfo, lasts: Forecast) -> str:
    facts = row.health
    bad, good = _STATES.get(row.kind, ("paused", "ready"))
    state = bad if row.paused else good
    words = [f"{row.kind:<10} {facts.name}: {state}"]
    if row.kind == "modem":
        signal = "unknown" if facts.signal_dbm is None else f"{facts.signal_dbm} dBm"
        words += [facts.operator or "operator unknown", str(facts.registration), f"signal {signal}"]
        words += _credit(facts.credit, zone, lasts)
    elif facts.error and not row.paused:
        words.append(facts.error)
    return escape(", ".join(words))


def _credit(credit: Credit | None, zone: ZoneInfo, lasts: Forecast) -> list[str]:
    if credit is None:
        return ["credit unknown"]
    if credit.balance_idr is None:
        return [f"credit not understood ({_when(credit.at, zone)}): {credit.raw!r}"]
    words = [f"credit {rupiah(credit.balance_idr)} ({_when(credit.at, zone)})"]
    if credit.reckoned_idr is not None:
        words.append(f"about {rupiah(credit.reckoned_idr)} now, reckoned by {credit.parts_since} parts")
    if lasts.parts is not None:
        words.append(f"enough for {lasts.parts} more parts")
    if credit.active_until is not None:
        words.append(f"active until {credit.active_until.isoformat()} ({lasts.days} days)")
    if credit.unread_at is not None:
        words.append(f"last answer not understood ({_when(credit.unread_at, zone)}): {credit.unread!r}")
    return words


def list_requests(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with reading(settings.gateway.state_dir) as conn:
        found = [(request, _state(conn, request)) for request in requests.all_numbers(conn, _SHOWN_REQUESTS)]
    chosen = [(request, state) for request, state in found if args.state in (None, str(state))]
    if args.json:
        print_json([
            {
                "request": r.number, "state": state, "channel": r.channel, "unit": r.applicant.unit,
                "recipients": r.recipients, "source": r.source, "created_at": r.created_at,
            }
            for r, state in chosen
        ])  # fmt: skip
        return 0
    zone = ZoneInfo(settings.gateway.timezone)
    head = ("REQUEST", "STATE", "CHANNEL", "RECIPIENTS", "UNIT", "RECEIVED")
    rows = [
        (r.number, str(state), str(r.channel), str(r.recipients), escape(r.applicant.unit), _when(r.created_at, zone))
        for r, state in chosen
    ]
    print_table(head, rows)
    return 0


def _state(conn: sqlite3.Connection, request: Request) -> RequestState:
    return request_state(request, deliveries.counts(conn, request.id))


def show(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with reading(settings.gateway.state_dir) as conn:
        request = requests.by_number(conn, args.request)
        if request is None:
            raise GatewaydError(f"there is no request {args.request!r}")
        plan = plan_of(conn, settings, request, datetime.now(UTC))
        facts = _request_facts(conn, request) | {"forecast": forecast_facts(plan)}
        held = hold_store.held(conn)
    if args.json:
        print_json(facts)
        return 0
    if held is not None:
        print(f"{'HELD':<12} {escape(hold.line(held))}")
    _print_request(facts, ZoneInfo(settings.gateway.timezone))
    return 0


def _request_facts(conn: sqlite3.Connection, request: Request) -> dict[str, Any]:
    counts = deliveries.counts(conn, request.id)
    return {
        "request": request.number, "state": request_state(request, counts), "source": request.source,
        "unit": request.applicant.unit, "applicant": request.applicant.name, "channel": request.channel,
        "subject": request.subject, "text": request.text, "parts": request.parts, "recipients": request.recipients,
        "refused": [[row.row, row.typed, row.code] for row in request.refused], "duplicates": len(request.duplicates),
        "faults": [[fault.path, fault.code, fault.typed] for fault in request.faults],
        "cost_idr": request.cost_idr, "digest": request.digest.hex(), "totals": counts,
        "decisions": [
            {"step": d.step + 1, "person": d.person, "verdict": d.verdict, "reason": d.reason, "via": d.via, "at": d.at}
            for d in approvals.decisions(conn, request.id)
        ],
        "deliveries": [
            {
                "row": d.row, "to": mask(d.address), "name": d.name, "state": d.state, "parts": d.parts,
                "transport": d.transport, "cause": d.cause_code, "why": d.cause_text,
            }
            for d in deliveries.of_request(conn, request.id)
        ],
        "removed": retention.removed(conn, request.id),
        "events": [
            {"at": e.at, "event": e.name, "actor": e.actor, **e.detail} for e in events.of_request(conn, request.id)
        ],
    }  # fmt: skip


#: What is printed of a request as it stands, in this order.
_PLAIN: Final = (
    "request", "state", "source", "unit", "applicant", "channel", "subject", "parts", "recipients", "cost_idr",
)  # fmt: skip


def _print_request(facts: dict[str, Any], zone: ZoneInfo) -> None:
    for key in _PLAIN:
        print(f"{key:<12} {escape(str(facts[key]))}")
    gone = {kind: f"removed on {_when(at, zone)}" for kind, at in facts["removed"].items()}
    print(f"{'text':<12} {gone.get('texts') or escape(facts['text'])}")
    for kind in sorted(gone.keys() - {"texts"}):
        print(f"{kind:<12} {gone[kind]}")
    for path, code, typed in facts["faults"]:
        print(f"{'fault':<12} {path}: {code} {escape(typed)}")
    for row, typed, code in facts["refused"]:
        print(f"{'refused':<12} row {row}: {escape(typed)} ({code})")
    print(f"{'totals':<12} " + ", ".join(f"{count} {state}" for state, count in facts["totals"].items()))
    if facts["forecast"]:
        print("\n".join(forecast_lines(facts["forecast"], lambda at: _when(at, zone))))
    _print_story(facts, zone)


def _print_story(facts: dict[str, Any], zone: ZoneInfo) -> None:
    """Who decided, what became of each message, what happened when."""
    for d in facts["decisions"]:
        decided = f"step {d['step']} {d['verdict']} by {d['person']} ({d['via']}, {_when(d['at'], zone)})"
        print(f"{'decision':<12} {decided} {escape(d['reason'])}")
    rows = [
        (str(d["row"]), d["to"], escape(d["name"]), str(d["state"]), d["transport"],
         escape(f"{d['cause']} {d['why']}".strip()))
        for d in facts["deliveries"]
    ]  # fmt: skip
    if rows:
        print()
        print_table(("ROW", "TO", "NAME", "STATE", "BY", "CAUSE"), rows)
    print()
    for e in facts["events"]:
        rest = " ".join(f"{key}={value}" for key, value in e.items() if key not in ("at", "event", "actor"))
        print(f"{_when(e['at'], zone)}  {e['event']:<20} {escape(str(e['actor']))} {escape(rest)}".rstrip())


def _when(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    today = datetime.now(UTC).astimezone(zone).date()
    return local.strftime("%H:%M:%S") if local.date() == today else local.strftime("%Y-%m-%d %H:%M")
