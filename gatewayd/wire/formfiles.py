"""Which of the texts of a mail is the form: its own, or a document that came with it.

In: the own text with its reading, and the Files. Out: the reading that counts, and the AttachmentInfos with what is
wrong about each. The own text comes first. Two forms are never put together from pieces, and where they differ somebody
must say which one counts; a form that says neither what nor to whom is one that nobody filled in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gatewayd.core.form import FormReading
from gatewayd.wire.attachments import Document, Files
from gatewayd.wire.form import Numbering, read_form, sections_of
from gatewayd.wire.formlabels import EMAIL_BOXES, KETERANGAN, SMS_BOXES
from gatewayd.wire.mailvalues import AttachmentInfo

#: Labels by which a text says what is to be sent or to whom; a signature has none of them.
_SAYS: Final = frozenset({KETERANGAN, "text", SMS_BOXES, EMAIL_BOXES, "recipients"})
#: "Keterangan: formulir terlampir".
_ATTACHED: Final = re.compile(r"lampir|berkas|attach", re.I)
_REMARK: Final = 80


@dataclass(frozen=True, slots=True)
class Found:
    """The form, where it stands (None: in the text of the mail), and the files with their problems."""

    form: FormReading | None
    document: Document | None
    infos: tuple[AttachmentInfo, ...]


def choose(own: str, form: FormReading | None, files: Files, numbering: Numbering) -> Found:
    """The form of a mail whose `own` text was read as `form`."""
    if not files.documents:
        return Found(form, None, _infos(files, {}, has_form=form is not None))
    problems: dict[int, str] = {}
    forms: list[tuple[Document, FormReading]] = []
    for document in files.documents:
        reading = read_form(document.text, (), numbering, is_reply=False, is_wrapped=False)
        if reading is not None:
            forms.append((document, reading))
        else:
            problems.setdefault(document.place, "document.no_form")
    filled = [one for one in forms if _is_filled(one[1])]
    says = _says(own)
    chosen: Document | None = None
    if form is not None and says:
        alone = read_form(own, (), numbering, is_reply=True)
        problems |= _differing(alone or form, filled, "document.differs")
    elif filled or (forms and form is None):
        chosen, reading = (filled or forms)[0]
        if _differing(reading, filled, ""):
            problems |= {document.place: "document.several" for document, _ in filled}
        if says:
            problems[chosen.place] = "document.differs"
        form = reading
        if files.lists:
            form = read_form(chosen.text, files.lists, numbering, is_reply=False, is_wrapped=False)
    return Found(form, chosen, _infos(files, problems, has_form=form is not None))


def _says(own: str) -> bool:
    """Whether the text of the mail has a say of its own, rather than a word about what is attached."""
    sections = sections_of(own)
    values = (sections.first(label) for label in sections.labels & _SAYS)
    return any(len(value) > _REMARK or not _ATTACHED.search(value) for value in values if value.strip())


def _is_filled(form: FormReading) -> bool:
    return bool(form.text or form.groups or form.list_given)


def _differing(wanted: FormReading, others: Sequence[tuple[Document, FormReading]], code: str) -> dict[int, str]:
    return {document.place: code for document, reading in others if _content(reading) != _content(wanted)}


def _content(form: FormReading) -> tuple[object, ...]:
    return form.channel, form.text.split(), form.subject, form.groups, form.recipients.recipients


def _infos(files: Files, problems: dict[int, str], *, has_form: bool) -> tuple[AttachmentInfo, ...]:
    """A file keeps its first problem; pictures of a signature have none beside a form."""
    return tuple(
        replace(
            info, problem="" if has_form and place in files.decorations else info.problem or problems.get(place, "")
        )
        for place, info in enumerate(files.infos)
    )
