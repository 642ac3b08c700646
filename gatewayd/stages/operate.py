"""Operate: what the command line asks of the running daemon. Every act is audited with the OS user's name."""

import base64
import binascii
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from gatewayd.core.approval import OPERATOR, Verdict
from gatewayd.core.model import Applicant, Channel, Draft, Priority, RecipientList, Source
from gatewayd.core.request import Request
from gatewayd.core.states import DeliveryState, Event
from gatewayd.intake.control import Command
from gatewayd.log import get_logger, mask
from gatewayd.stages import decide, errands, hold, leaving
from gatewayd.stages.assemble import assemble
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.draft import Origin
from gatewayd.stages.groups import read_bytes
from gatewayd.stages.people import person_of_os_user
from gatewayd.stages.retain import rid_copies, scrub
from gatewayd.store import deliveries, erasure, events, keys, optouts, requests, retention
from gatewayd.store import hold as hold_store
from gatewayd.store.requests import NewRequest
from gatewayd.transport.base import Transport
from gatewayd.wire import faultcodes, phone, recipients
from gatewayd.wire.outmail import is_address

Reply = dict[str, Any]
_RESENT: Final = {
    "failed": (DeliveryState.FAILED, DeliveryState.EXPIRED),
    "in_doubt": (DeliveryState.IN_DOUBT,),
}


class OperatorDesk:
    """`on_release` is called once the store is released; `modems` are the transports that `modem` may name."""

    def __init__(
        self, ctx: Context, on_release: Callable[[], None] = lambda: None,
        modems: Mapping[str, Transport] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._ctx, self._on_release, self._modems = ctx, on_release, modems

    async def accept(self, command: Command) -> Reply:
        """Carry out one command. The reply has `error` where it could not be done."""
        if command.verb == "release_store":
            return await self._release_store(command)
        if command.verb == "modem":
            return await errands.carry_out(self._ctx, self._modems, command)
        held = await self._ctx.db.run(hold_store.held)
        if held is not None:
            return {"error": hold.line(held)}
        match command.verb:
            case "approve" | "reject":
                return await self._ctx.db.run(self._decide, command, self._ctx.clock.now())
            case "cancel":
                return await self._ctx.db.run(self._cancel, command, self._ctx.clock.now())
            case "hold" | "release":
                return await self._ctx.db.run(self._hold, command, self._ctx.clock.now())
            case "resend":
                return await self._ctx.db.run(self._resend, command, self._ctx.clock.now())
            case "send":
                return await self._send(command)
            case "erase":
                return await self._erase(command)
            case "optout":
                return await self._ctx.db.run(self._optout, command, self._ctx.clock.now())
            case _:
                return {"error": f"unknown command {command.verb!r}"}

    async def _release_store(self, command: Command) -> Reply:
        reason = str(command.arguments.get("reason", ""))
        reply = await self._ctx.db.run(hold.release, command.os_user, reason, self._ctx.clock.now())
        if "error" not in reply:
            self._on_release()
        return reply

    def _decide(self, conn: sqlite3.Connection, command: Command, now: datetime) -> Reply:
        request = _request(conn, command.arguments)
        if isinstance(request, dict):
            return request
        verdict = Verdict.APPROVE if command.verb == "approve" else Verdict.REJECT
        reason = str(command.arguments.get("reason", ""))
        done = decide.by_operator(conn, self._ctx, request, verdict, reason, command.os_user, now)
        if isinstance(done, decide.NotDecided):
            return {"error": f"{request.number}: {decide.EXPLAINED[done.problem]}"}
        return {"request": request.number, "verdict": verdict, "by": command.os_user}

    def _cancel(self, conn: sqlite3.Connection, command: Command, now: datetime) -> Reply:
        request = _request(conn, command.arguments)
        if isinstance(request, dict):
            return request
        reason = str(command.arguments.get("reason", ""))
        stopped = decide.cancel(conn, self._ctx, request, f"{OPERATOR}{command.os_user}", reason, "cli", now)
        if stopped is None:
            return {"error": f"{request.number}: it has ended already, nothing to cancel"}
        return {"request": request.number, "stopped": stopped}

    def _hold(self, conn: sqlite3.Connection, command: Command, now: datetime) -> Reply:
        """Keep back what is queued of an approved request, or let go what is held."""
        request = _request(conn, command.arguments)
        if isinstance(request, dict):
            return request
        if request.approved_at is None or request.closed_as or request.settled_at is not None:
            return {"error": f"{request.number}: only an approved request that is not done can be held or released"}
        event = Event.HOLD if command.verb == "hold" else Event.QUEUE
        count = deliveries.apply_all(conn, request.id, event, now)
        detail: dict[str, str | int] = {"messages": count, "reason": str(command.arguments.get("reason", ""))[:200]}
        name = "request.held" if command.verb == "hold" else "request.released"
        events.record(conn, now, name, request.id, actor=f"{OPERATOR}{command.os_user}", detail=detail)
        get_logger().info(name, request=request.number, messages=count, user=command.os_user)
        self._ctx.bells.ring(Bell.DISPATCH, Bell.PUBLISH)
        return {"request": request.number, "messages": count}

    def _resend(self, conn: sqlite3.Connection, command: Command, now: datetime) -> Reply:
        """Try once more what failed (or ran out of time), or what is in doubt: who has it already may get it twice."""
        request = _request(conn, command.arguments)
        if isinstance(request, dict):
            return request
        if request.approved_at is None or request.closed_as:
            return {"error": f"{request.number}: only an approved request that was not taken back can be sent again"}
        states = _RESENT.get(str(command.arguments.get("what", "")))
        if states is None:
            return {"error": "resend: --failed or --in-doubt is needed"}
        if {"numbers", "texts"} & retention.removed(conn, request.id).keys():
            return {
                "error": f"{request.number}: its numbers or its text were removed (retention); it cannot be sent again"
            }
        until = now + timedelta(seconds=self._ctx.settings.sending.expires)
        count = sum(deliveries.resend(conn, request.id, state, until) for state in states)
        if not count:
            return {"error": f"{request.number}: there is nothing of the kind to send again"}
        requests.reopen(conn, request.id)
        detail: dict[str, str | int] = {"messages": count, "what": str(command.arguments["what"])}
        events.record(conn, now, "request.resent", request.id, actor=f"{OPERATOR}{command.os_user}", detail=detail)
        get_logger().info("request.resent", request=request.number, messages=count, user=command.os_user)
        self._ctx.bells.ring(Bell.DISPATCH, Bell.PUBLISH)
        return {"request": request.number, "messages": count}

    def _optout(self, conn: sqlite3.Connection, command: Command, now: datetime) -> Reply:
        """Put an address on the opt-out list, or take it off."""
        typed, act = str(command.arguments.get("address", "")), str(command.arguments.get("act", ""))
        address = self._address(typed) or leaving.address_of(conn, typed)
        if address is None or act not in ("add", "remove"):
            return {"error": f"{typed!r} is neither a mobile number nor an e-mail address"}
        if act == "add":
            changed, stopped = leaving.leave(conn, self._ctx, address, "cli", now)
        else:
            changed, stopped = optouts.remove(conn, address), 0
        name = "optout.added" if act == "add" else "optout.removed"
        events.record(
            conn, now, name, actor=f"{OPERATOR}{command.os_user}", detail={"new": int(changed), "stopped": stopped}
        )
        get_logger().info(
            "optout.changed", command="stop" if act == "add" else "start", to=mask(address), new=changed,
            stopped=stopped, user=command.os_user,
        )  # fmt: skip
        self._ctx.bells.ring(Bell.TRACK)
        return {"address": address, "changed": changed, "stopped": stopped}

    async def _erase(self, command: Command) -> Reply:
        """Take out everything about a number or an address, and its bytes from the files."""
        typed = str(command.arguments.get("address", ""))
        address = self._address(typed)
        if address is None:
            return {"error": f"{typed!r} is neither a mobile number nor an e-mail address"}
        reply = await self._ctx.db.run(self._erase_rows, address, command.os_user, self._ctx.clock.now())
        if "error" not in reply:
            reply["scrubbed"] = await scrub(self._ctx)
            reply["copies_left"] = await rid_copies(self._ctx, partial(_erased, address, self._ctx.clock.now()))
        return reply

    def _erase_rows(self, conn: sqlite3.Connection, address: str, user: str, now: datetime) -> Reply:
        done = erasure.erase(conn, address, now)
        if isinstance(done, erasure.InTheWay):
            waits = [*done.requests, *(["an answer to this address"] if done.answer else [])]
            return {"error": f"not yet: still under way, cancel it or wait for its report: {', '.join(waits)}"}
        detail: dict[str, str | int] = {"who": keys.hidden(conn, address), **done}
        events.record(conn, now, "person.erased", actor=f"{OPERATOR}{user}", detail=detail)
        get_logger().info("person.erased", user=user, **done)
        return {"removed": dict(done), "opted_out": bool(optouts.among(conn, [address]))}

    def _address(self, typed: str) -> str | None:
        """A number in E.164 or an address, as the list holds them; None for anything else."""
        if "@" in typed:
            address = typed.strip().lower()
            return address if is_address(address) else None
        number = phone.normalise(typed, self._ctx.settings.gateway.country, foreign=True)
        return number if isinstance(number, str) else None

    async def _send(self, command: Command) -> Reply:
        given = command.arguments
        try:
            channel = Channel(str(given.get("channel", "sms")))
            priority = Priority[str(given.get("priority", "normal")).upper()]
            listed = await self._recipients(given, channel)
        except (ValueError, KeyError) as error:
            return {"error": f"send: {error}"}
        if listed is None:
            return {"error": "send: the list cannot be read (CSV, XLSX or ODS with a column of numbers or addresses)"}
        now = self._ctx.clock.now()
        draft = Draft(
            source=Source.CLI, applicant=self._applicant(command.os_user), channel=channel,
            text=str(given.get("text", "")), subject=str(given.get("subject", "")), recipients=listed,
            priority=priority, plain_letters=bool(given.get("transliterate")),
        )  # fmt: skip
        new = await assemble(self._ctx, draft, Origin())
        if new.faults:
            return {"error": "send: " + "; ".join(faultcodes.explain(fault) for fault in new.faults)}
        reply = await self._ctx.db.run(self._store, new, command.os_user, now)
        self._ctx.bells.ring(Bell.APPROVE)
        return reply

    async def _recipients(self, given: Mapping[str, Any], channel: Channel) -> RecipientList | None:
        settings = self._ctx.settings
        if "list" in given:
            try:
                data = base64.b64decode(str(given["list"]), validate=True)
            except binascii.Error:
                return None
            return await read_bytes(settings, data, str(given.get("list_name", "list.csv")), channel)
        rows = [recipients.Row(number, str(to), "", {}) for number, to in enumerate(given.get("to", ()), start=1)]
        return recipients.build(rows, channel, settings.gateway.country, settings.sending.allow_foreign)

    def _applicant(self, user: str) -> Applicant:
        person = person_of_os_user(self._ctx.settings, user)
        if person is not None:
            return Applicant(
                self._ctx.settings.gateway.organisation, person.name, person.addresses[0], person=person.id
            )
        return Applicant(self._ctx.settings.gateway.organisation, user, f"os:{user}", person=f"{OPERATOR}{user}")

    def _store(self, conn: sqlite3.Connection, new: NewRequest, user: str, now: datetime) -> Reply:
        gateway = self._ctx.settings.gateway
        number = requests.next_number(conn, gateway.ticket_prefix, now.astimezone(self._ctx.zone).year)
        request = requests.insert(conn, new, number, now)
        detail: dict[str, str | int] = {"recipients": len(new.messages), "refused": len(new.refused)}
        events.record(conn, now, "request.received", request, actor=f"{OPERATOR}{user}", detail=detail)
        get_logger().info("request.received", request=number, source="cli", recipients=len(new.messages))
        return {
            "request": number, "recipients": len(new.messages), "parts": new.total_parts, "cost_idr": new.cost_idr,
            "refused": [{"row": r.row, "typed": r.typed, "code": r.code} for r in new.refused],
            "duplicates": len(new.duplicates),
        }  # fmt: skip


def _request(conn: sqlite3.Connection, arguments: Mapping[str, Any]) -> Request | Reply:
    number = str(arguments.get("request", ""))
    return requests.by_number(conn, number) or {"error": f"there is no request {number!r}"}


def _erased(address: str, now: datetime, conn: sqlite3.Connection) -> bool:
    """Whether a copy of the store is rid of `address`; not where its request was still open then: that copy goes."""
    return not isinstance(erasure.erase(conn, address, now), erasure.InTheWay)
