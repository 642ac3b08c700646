"""Forms: what a unit mailed becomes a request, or corrects the one it answers.

In: a proven mail with a form in it. Out: a stored request with its receipt, or with one mail that lists every
fault and quotes what was typed. A corrected form sent as a reply continues the same request: only the labels
that stand in the reply change, the rest is what was read before. A request that is approved or closed is not
changed any more.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gatewayd.config import Settings, Unit
from gatewayd.core import caution
from gatewayd.core.form import PATHS, FormReading, merge
from gatewayd.core.model import Applicant, Draft, Fault, Priority, RecipientList, Source
from gatewayd.core.request import Request
from gatewayd.log import get_logger
from gatewayd.stages import enclosures, quota, wrong_desk
from gatewayd.stages.assemble import assemble
from gatewayd.stages.context import Context
from gatewayd.stages.decide import MailProof, by_own_form
from gatewayd.stages.draft import Origin
from gatewayd.stages.groups import read_groups
from gatewayd.stages.people import person_of, unit_of
from gatewayd.store import events, notices, requests
from gatewayd.store.requests import NewRequest
from gatewayd.wire.formvalues import form_from, form_json
from gatewayd.wire.mailvalues import ReadMail

if TYPE_CHECKING:
    from gatewayd.stages.correspond import Correspondence

_LAINNYA: Final = "lainnya"
#: A mail brings more than one form, and they differ.
_CONTRADICTORY: Final = frozenset({"document.differs", "document.several"})


@dataclass(frozen=True, slots=True)
class PreparedForm:
    """A form, read and built, before it is stored. `corrects` is the request it continues."""

    new: NewRequest
    corrects: Request | None
    #: Boxes of other desks that are ticked in this very mail.
    other_services: tuple[str, ...] = ()
    #: The files that came with it to go along, by their SHA-256.
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cautions:
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class FormDesk:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def prepare(self, letter: "Correspondence") -> PreparedForm | None:
        """Build what the mail asks for; None where there is no form in it, where all of it is for another desk, or
        where its sender speaks for no unit."""
        read = letter.read
        unit = _unit(self._ctx.settings, read)
        if read.form is None or unit is None:
            return None
        corrects = await self._ctx.db.run(_correctable, read, unit)
        if corrects is None and read.form.is_wrong_desk:
            return None
        reading = read.form
        if corrects is not None:
            stored = await self._ctx.db.run(requests.form_of, corrects.id)
            reading = merge(form_from(stored), read.form)
            unit = unit.model_copy(update={"name": corrects.applicant.unit})
        most = self._ctx.settings.smtp.enclosures_max_bytes if self._ctx.settings.smtp else 0
        enclosed = enclosures.going_along(reading, most)
        unread = unread_files(read, enclosures.places(read.form, enclosed))
        found, faults = await self._found(reading, unread)
        faults += [*_over(unit, reading, found), *enclosures.faults(enclosed, most)]
        cautions = _cautions(reading, self._ctx.settings)
        draft = Draft(
            source=Source.MAIL, applicant=_applicant(self._ctx.settings, unit, reading, read), channel=reading.channel,
            text=reading.text, subject=reading.subject, recipients=found, groups=reading.groups,
            priority=Priority.URGENT if reading.priority == "urgent" else Priority.NORMAL,
            wanted_by=reading.wanted_by, plain_letters=reading.plain_letters, enclosures=enclosed,
            faults=(*reading.faults, *faults, *cautions.faults),
            warnings=(
                *(Fault("service", "service.other", name) for name in reading.other_services),
                *((Fault("keterangan", "text.time_wish", reading.time_wish),) if reading.time_wish else ()),
                *(enclosures.named(fault, reading) for fault in unread if fault.code not in _CONTRADICTORY),
                *cautions.warnings,
            ),
        )  # fmt: skip
        origin = Origin(mail=letter.mail, thread=read.message_id)
        new = await assemble(self._ctx, draft, origin, form_json(reading), corrects.id if corrects else None)
        files = await enclosures.contents(self._ctx, letter.mail, enclosures.arrived(read.form, enclosed))
        return PreparedForm(new, corrects, read.form.other_services, files)

    async def _found(self, reading: FormReading, unread: list[Fault]) -> tuple[RecipientList, list[Fault]]:
        """The recipients, with what the files that could not be read mean for them."""
        if unread and reading.groups and not reading.list_given:
            # The file is probably the list: the whole directory instead would be the worst mistake.
            return RecipientList(), unread
        found, faults = await self._recipients(reading)
        # Which of two forms counts is asked each time they come together, and not once one comes alone.
        return found, faults + [fault for fault in unread if fault.code in _CONTRADICTORY]

    async def _recipients(self, reading: FormReading) -> tuple[RecipientList, list[Fault]]:
        """The list if one was given (it narrows the boxes), else the directories behind the ticked boxes."""
        if reading.list_given:
            return reading.recipients, []
        names = tuple(name for name in reading.groups if name != _LAINNYA)
        if not names:
            return reading.recipients, []
        unkept = [name for name in names if name not in self._ctx.settings.groups]
        if unkept:
            # The box is on the paper; that we have no directory for it is no mistake of the unit's.
            return RecipientList(), [Fault(PATHS["groups"], "group.needs_list", name.upper()) for name in unkept]
        found = await read_groups(self._ctx.settings, names, reading.channel)
        return (RecipientList(), [found]) if isinstance(found, Fault) else (found, [])


def _over(unit: Unit, reading: FormReading, found: RecipientList) -> Iterator[Fault]:
    """What the unit may not ask for."""
    if reading.channel not in unit.channels:
        yield Fault("channel", "channel.forbidden", reading.channel)
    if len(found.recipients) > unit.max_recipients:
        yield Fault("recipients", "recipients.too_many", f"{len(found.recipients)} > {unit.max_recipients}")


def _unit(settings: Settings, read: ReadMail) -> Unit | None:
    """The unit that the sender speaks for. Somebody who decides may ask for any unit, such as by forwarding its form;
    what he answers to a question of ours is no form."""
    unit, person = unit_of(settings, read.sender), person_of(settings, read.sender)
    if unit is not None or person is None or read.form is None or read.tokens:
        return unit
    named = read.form.unit_name.casefold()
    known = next((one for one in settings.units if named and one.name.casefold() == named), None)
    return known or Unit(name=read.form.unit_name or person.title or person.name, senders=(read.sender,))


def _cautions(reading: FormReading, settings: Settings) -> _Cautions:
    """What a form's text gives away, and whom it means of the ticked groups. A list says that itself."""
    narrower = caution.narrower(reading.text) if reading.groups and not reading.list_given else ()
    word = caution.credential(reading.text)
    secret = (Fault("text", "text.credential", word),) if word else ()
    allowed = settings.sending.allow_credentials
    return _Cautions(() if allowed else secret, (*(secret if allowed else ()), *narrower))


def unread_files(read: ReadMail, going_along: frozenset[int] = frozenset()) -> list[Fault]:
    """Attached files that were not read, or not taken; not those that go along, by their places."""
    return [
        Fault("attachment", file.problem, file.name)
        for place, file in enumerate(read.attachments)
        if file.problem and place not in going_along
    ]


def _correctable(conn: sqlite3.Connection, read: ReadMail, unit: Unit) -> Request | None:
    """The open request of the same unit, or of the sender himself, that a reply is about."""
    number, answers, sender = read.request_number, read.in_reply_to, read.sender
    request = requests.by_number(conn, number) if number else None
    if request is None:
        found = notices.request_of_message_id(conn, answers)
        request = requests.get(conn, found) if found is not None else None
    if request is None or request.source is not Source.MAIL:
        return None
    if request.applicant.unit != unit.name and request.applicant.address != sender:
        return None
    return None if request.closed_as or request.approved_at is not None else request


def _applicant(settings: Settings, unit: Unit, reading: FormReading, read: ReadMail) -> Applicant:
    """The form's applicant; the address is the proven sender's, whatever the form says."""
    person, sender = person_of(settings, read.sender), read.sender
    return Applicant(
        unit.name, reading.applicant_name or read.sender_name or sender, sender, reading.phone, reading.id_number,
        person.id if person else "",
    )  # fmt: skip


def store_form(
    conn: sqlite3.Connection, ctx: Context, prepared: PreparedForm, to_name: str, proof: MailProof, now: datetime
) -> str:
    """Store the request or the correction and ask for the one mail that answers it. `proof` is who sent it."""
    new, corrects = prepared.new, prepared.corrects
    corrects_good = corrects is not None and not corrects.faults
    if corrects is not None and _still_open(conn, corrects):
        request, number, event = corrects.id, corrects.number, "request.corrected"
        new = quota.admit(conn, ctx, new, now, request)
        requests.replace(conn, request, new, now, prepared.files)
    else:
        new, gateway = quota.admit(conn, ctx, new, now), ctx.settings.gateway
        number = requests.next_number(conn, gateway.ticket_prefix, now.astimezone(ctx.zone).year)
        request, event = requests.insert(conn, new, number, now, prepared.files), "request.received"
    detail: dict[str, str | int] = {
        "recipients": len(new.messages), "refused": len(new.refused), "faults": len(new.faults),
    }  # fmt: skip
    events.record(conn, now, event, request, actor=new.applicant.address, detail=detail)
    if prepared.other_services:
        wrong_desk.pass_on(conn, ctx, proof.mail, new.applicant.address, prepared.other_services, now, request)
    kind = "correction" if new.faults else "receipt"
    notices.ask(
        conn, kind, new.applicant.address, now, request=request, to_name=new.applicant.name or to_name,
        in_reply_to=new.thread, params={"replaces": event == "request.corrected" and corrects_good},
    )  # fmt: skip
    get_logger().info(event, request=number, unit=new.applicant.unit, source="mail", **detail)
    quota.tell_deciders(conn, ctx, new, number, now)
    by_own_form(conn, ctx, requests.get(conn, request), proof, now)
    return f"{event} {number}"


def _still_open(conn: sqlite3.Connection, request: Request) -> bool:
    present = requests.get(conn, request.id)
    return not present.closed_as and present.approved_at is None
