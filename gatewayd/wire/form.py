"""The text of a mail → FormReading: labels and values of FM-UPSI-01-01 as people type and paste them.

In: the sender's text (tabs between table cells), the files that came with it as recipient lists, and where numbers
are from. Out: a FormReading with all its faults at once, or None for a text that is no form. A label may have its
value beside it or on the lines below; behind KETERANGAN only few labels count, since its text may hold anything.
Source: PM-UPSI-04, context §1.3 and §7.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from gatewayd.core import form as core_form
from gatewayd.core.caution import narrower
from gatewayd.core.form import PATHS, FormReading, checked, quoted
from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import dates, formlabels, recipients
from gatewayd.wire.formboxes import read_boxes, ticked_services
from gatewayd.wire.formlabels import match_label
from gatewayd.wire.formmessage import labelled, message_of
from gatewayd.wire.inline_list import rows_of_text
from gatewayd.wire.plaintext import one_line

_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
#: An extension of a switchboard is short, but no shorter.
_LEAST_DIGITS: Final = 5
_YES: Final = re.compile(r"[\s\[(]*(?:(?:ya|iya|yes|ok|x|v)\b|[✓✔☑√])", re.I)
_NOTHING: Final = re.compile(r"[\s.\-–_…/()]*|nihil|tidak ada|kosong|n/?a", re.I)
_NO_DEADLINE: Final = re.compile(r"(?:se)?(?:cepatnya|segera(?:nya)?)|asap|secepat mungkin|urgent|mendesak", re.I)
_URGENT: Final = re.compile(r"\b(?:urgent|mendesak|segera|penting|darurat|tinggi)\b", re.I)
_NORMAL: Final = re.compile(r"\b(?:normal|biasa|rendah|bulk|sedang)\b", re.I)
_QUOTE: Final = re.compile('["“”]')
#: Characters of KETERANGAN; a message is far shorter.
_MAX_MESSAGE: Final = 30_000
_MAX_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Numbering:
    """How numbers are read: home region, whether others are allowed, and how many recipients are kept."""

    country: str = "ID"
    foreign: bool = False
    max_recipients: int = 20_000


@dataclass(slots=True)
class Sections:
    """Text by key of formlabels, values of a repeated label kept apart; `labels` are the keys that stood there."""

    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(self.values) - {formlabels.TAIL, formlabels.HEAD}

    def first(self, key: str) -> str:
        """The first value of `key` that is not blank."""
        return next((value for value in self.values.get(key, ()) if value.strip()), "")


def sections_of(text: str) -> Sections:
    """Cut `text` at its labels."""
    sections = Sections()
    key = formlabels.HEAD
    pieces: list[str] = []
    has_text = False
    for line, is_message in _with_quotation(text.split("\n")):
        found = None if is_message and has_text else match_label(line)
        if found is not None and has_text and found[0] not in formlabels.BEHIND_TEXT:
            found = None
        if found is None:
            pieces.append(line)
            continue
        sections.values.setdefault(key, []).append("\n".join(pieces).strip("\n"))
        # The whole line of another desk's boxes is kept: its label is the box.
        key, value = found
        pieces = [line if key == formlabels.OTHER else value]
        has_text = has_text or key in (formlabels.KETERANGAN, "text")
        if key == formlabels.TAIL:
            has_text = False
    sections.values.setdefault(key, []).append("\n".join(pieces).strip("\n"))
    return sections


def _with_quotation(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it stands in a quoted passage that began before it and ends later: no label is there."""
    last = next((place for place in range(len(lines) - 1, -1, -1) if _QUOTE.search(lines[place])), -1)
    depth = 0
    for place, line in enumerate(lines):
        yield line, depth % 2 == 1 and place <= last
        depth += len(_QUOTE.findall(line))


def read_form(
    text: str, attached: Sequence[Callable[[Channel], RecipientList | Fault]], numbering: Numbering, *, is_reply: bool,
    is_wrapped: bool = True,
) -> FormReading | None:  # fmt: skip
    """The form in `text`, in which a mail program may have wrapped lines. `attached` reads one file each, once the
    channel is known; a reply may bring a single label or only a list, where a first mail must look like the form."""
    sections = sections_of(text)
    if not _is_form(sections, bool(attached), is_reply):
        return None
    form = _Reader(sections, numbering, is_wrapped).read()
    return checked(_with_lists(form, sections, attached, numbering))


def _is_form(sections: Sections, has_list: bool, is_reply: bool) -> bool:
    strong = sections.labels & formlabels.STRONG
    if is_reply:
        return bool(sections.labels) or has_list
    return len(strong) >= 2 or (len(strong) == 1 and (len(sections.labels) >= 3 or has_list))


@dataclass(slots=True)
class _Reader:
    """Turns sections into a FormReading and collects faults on the way."""

    sections: Sections
    numbering: Numbering
    is_wrapped: bool
    faults: list[Fault] = field(default_factory=list)
    time_wish: str = ""

    def read(self) -> FormReading:
        boxes, channel = self._boxes(), self._channel()
        form = FormReading(
            unit_name=self._value("unit_name"),
            applicant_name=self._value("applicant_name"),
            id_number=self._value("id_number"),
            email=self._email(),
            phone=self._phone(),
            submitted_on=self._submitted_on(),
            wanted_by=self._wanted_by(),
            groups=boxes,
            channel=channel,
            text=self._text(),
            time_wish=self.time_wish,
            subject=self._value("subject", _MAX_SUBJECT),
            priority=self._priority(),
            plain_letters=_YES.match(self._value("plain_letters")) is not None,
            other_services=ticked_services("\n".join(self.sections.values.get(formlabels.OTHER, ()))),
            present=self._present(),
        )
        return replace(form, faults=tuple(self.faults))

    def _value(self, key: str, limit: int = 200) -> str:
        value = one_line(self.sections.first(key), limit)
        return "" if _NOTHING.fullmatch(value) else value

    def _email(self) -> str:
        typed = self._value("email").lower()
        if typed and not _ADDRESS.search(typed):
            self.faults.append(Fault(PATHS["email"], "email.invalid", quoted(typed)))
            return ""
        return typed

    def _phone(self) -> str:
        """As it was typed: a person reads it, nothing is sent to it."""
        typed = self._value("phone")
        if typed and sum(char.isdigit() for char in typed) < _LEAST_DIGITS:
            self.faults.append(Fault(PATHS["phone"], "phone.invalid", quoted(typed)))
            return ""
        return typed

    def _present(self) -> tuple[str, ...]:
        labels = self.sections.labels
        given = {name for name in PATHS if name in labels}
        if labels & {formlabels.SMS_BOXES, formlabels.EMAIL_BOXES}:
            given |= {"groups", "channel"}
        if formlabels.KETERANGAN in labels:
            given.add("text")
        if formlabels.OTHER in labels:
            given.add("other_services")
        return tuple(name for name in PATHS if name in given)

    def _boxes(self) -> tuple[str, ...]:
        ticked: list[str] = []
        for key in (formlabels.SMS_BOXES, formlabels.EMAIL_BOXES):
            typed = "\n".join(self.sections.values.get(key, ()))
            boxes = read_boxes(typed)
            ticked.extend(boxes.ticked)
            if boxes.is_unclear:
                self.faults.append(Fault(PATHS["groups"], "group.unclear", quoted(typed)))
        return tuple(group for group in core_form.GROUPS if group in ticked)

    def _channel(self) -> Channel:
        told = self._value("channel").lower()
        if re.search(r"e-?mail|surel", told):
            return Channel.EMAIL
        typed = "\n".join(self.sections.values.get(formlabels.EMAIL_BOXES, ()))
        boxes = read_boxes(typed)
        return Channel.EMAIL if boxes.ticked or boxes.is_bare or boxes.is_unclear else Channel.SMS

    def _submitted_on(self) -> str:
        typed = self._value("submitted_on")
        if not typed:
            return ""
        day = dates.parse(typed)
        if isinstance(day, dates.DateFault):
            self.faults.append(Fault(PATHS["submitted_on"], day.code, quoted(typed)))
            return ""
        return day.isoformat()

    def _wanted_by(self) -> str:
        """A date, or words that the approver reads as they are; "as soon as possible" is none."""
        typed = self._value("wanted_by")
        if not typed or _NO_DEADLINE.fullmatch(typed):
            return ""
        day = dates.parse(typed)
        if not isinstance(day, dates.DateFault):
            return day.isoformat()
        if day.code == "date.impossible":
            self.faults.append(Fault(PATHS["wanted_by"], day.code, quoted(typed)))
            return ""
        return typed

    def _text(self) -> str:
        isi = self.sections.first("text")
        typed = isi or self.sections.first(formlabels.KETERANGAN)
        if _NOTHING.fullmatch(typed):
            return ""
        if len(typed) > _MAX_MESSAGE:
            self.faults.append(Fault(PATHS["text"], "text.too_long", f"{len(typed)} > {_MAX_MESSAGE}"))
            return ""
        message = (labelled if isi else message_of)(typed, is_wrapped=self.is_wrapped)
        self.time_wish = one_line(message.time_wish)
        if message.is_unclear:
            self.faults.append(Fault(PATHS["text"], "text.unclear", quoted(typed)))
        return message.text

    def _priority(self) -> Literal["", "urgent"]:
        typed = self._value("priority")
        if not typed or _NORMAL.search(typed):
            return ""
        if _URGENT.search(typed):
            return "urgent"
        self.faults.append(Fault(PATHS["priority"], "priority.unknown", quoted(typed)))
        return ""


def _part_of_group(form: FormReading, sections: Sections) -> str:
    """Words beside a tick that name a part of its group ("[x] MAHASISWA angkatan 2025"): no directory is that part."""
    if not set(form.groups) - {"lainnya"}:
        return ""
    typed = [*sections.values.get(formlabels.SMS_BOXES, ()), *sections.values.get(formlabels.EMAIL_BOXES, ())]
    lines = [line for line in "\n".join(typed).split("\n") if read_boxes(line).ticked]
    return next((fault.typed for fault in narrower(" ".join(lines))), "")


def _with_lists(
    form: FormReading,
    sections: Sections,
    attached: Sequence[Callable[[Channel], RecipientList | Fault]],
    numbering: Numbering,
) -> FormReading:
    """`form` with the inline list and the attached ones, in this order."""
    lists: list[RecipientList] = []
    problems: list[Fault] = []
    typed = sections.first("recipients")
    if not _NOTHING.fullmatch(typed):
        rows = [recipients.Row(*cells) for cells in rows_of_text(typed, form.channel)]
        lists.append(recipients.build(rows, form.channel, numbering.country, numbering.foreign))
    for read in attached:
        found = read(form.channel)
        if isinstance(found, Fault):
            problems.append(found)
        else:
            lists.append(found)
    joined = recipients.capped(recipients.join(lists), numbering.max_recipients)
    if part := "" if lists or problems else _part_of_group(form, sections):
        problems.append(Fault(PATHS["groups"], "group.narrower", part))
    present = form.present if not lists or "recipients" in form.present else (*form.present, "recipients")
    return replace(form, recipients=joined, list_given=bool(lists), faults=(*form.faults, *problems), present=present)
