"""What a form (FM-UPSI-01-01) says, what is missing in it, and how a correction changes it. Pure.

In: a FormReading made by wire/form.py. Out: its faults, or the reading that a later mail leaves. `present` names
the attributes whose labels stood in the mail, so a correction may bring a single line. Faults that follow from the
whole form (CHECKED) are computed anew after each correction; faults of one field stay until that field comes again.
Source: PM-UPSI-04, form FM-UPSI-01-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from gatewayd.core.model import Channel, Enclosure, Fault, RecipientList

GroupName = Literal["mahasiswa", "pegawai", "dosen", "lainnya"]

#: The boxes behind SMS MASSAL, in the order of the paper.
GROUPS: Final[tuple[GroupName, ...]] = ("mahasiswa", "pegawai", "dosen", "lainnya")

#: Attribute of FormReading → path in a Fault, which is the label on the paper.
PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unit_name": "nama_unit",
        "applicant_name": "nama_lengkap",
        "id_number": "nip_npm_nidn",
        "email": "email",
        "phone": "nomor_telepon_selular",
        "submitted_on": "tanggal_pengajuan",
        "wanted_by": "tanggal_estimasi_penyelesaian",
        "groups": "sms_massal",
        "channel": "channel",
        "text": "keterangan",
        "subject": "subject",
        "priority": "priority",
        "plain_letters": "huruf_sms",
        "recipients": "recipients",
        "other_services": "other_services",
    }
)
#: Codes of faults that follow from the form as a whole.
CHECKED: Final = frozenset({"field.missing", "date.before_submission", "group.none", "group.needs_list"})
_REQUIRED: Final = ("unit_name", "applicant_name", "text")
_QUOTE: Final = 200
_NOBODY: Final = RecipientList()


@dataclass(frozen=True, slots=True)
class FormReading:
    """A form as it was understood. Dates are ISO ("2026-11-23") or ''; `wanted_by` keeps words that are no date.

    `groups` holds names of GROUPS; `recipients` is what an inline or attached list gave, `list_given` whether there
    was one; `other_services` are ticked boxes of other desks; `present` are attribute names."""

    unit_name: str = ""
    applicant_name: str = ""
    id_number: str = ""
    email: str = ""
    phone: str = ""
    submitted_on: str = ""
    wanted_by: str = ""
    groups: tuple[str, ...] = ()
    channel: Channel = Channel.SMS
    text: str = ""
    #: Words beside the message that name a time of sending.
    time_wish: str = ""
    subject: str = ""
    priority: Literal["", "urgent"] = ""
    #: Characters outside the SMS alphabet are to be replaced by ones inside.
    plain_letters: bool = False
    other_services: tuple[str, ...] = ()
    recipients: RecipientList = _NOBODY
    list_given: bool = False
    #: Attached files that may go out with the e-mails.
    enclosures: tuple[Enclosure, ...] = ()
    present: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def is_wrong_desk(self) -> bool:
        """It asks for services of other desks, and for no message to anybody."""
        return bool(self.other_services) and not self.groups and not self.list_given


def checked(form: FormReading) -> FormReading:
    """`form` with the faults that follow from it as a whole computed anew."""
    own = tuple(fault for fault in form.faults if fault.code not in CHECKED)
    return replace(form, faults=tuple(dict.fromkeys((*own, *_whole_faults(form, own)))))


def merge(stored: FormReading, correction: FormReading) -> FormReading:
    """The form after `correction`: what it names replaces what was stored, the rest stays."""
    news = {name: getattr(correction, name) for name in correction.present if name in PATHS and name != "recipients"}
    if "text" in news:
        news["time_wish"] = correction.time_wish
    if correction.enclosures:
        news["enclosures"] = correction.enclosures
    if correction.list_given:
        news |= {"recipients": correction.recipients, "list_given": True}
    elif "channel" in news and correction.channel is not stored.channel:
        # A list of numbers is no list of addresses: it must be given again.
        news |= {"recipients": _NOBODY, "list_given": False}
    listed = {"attachment", PATHS["groups"]} if correction.list_given else set()
    settled = {PATHS[name] for name in news if name in PATHS} | listed
    old = tuple(fault for fault in stored.faults if fault.path not in settled)
    present = tuple(name for name in PATHS if name in {*stored.present, *news})
    return checked(replace(stored, **news, present=present, faults=(*old, *correction.faults)))


def _whole_faults(form: FormReading, own: tuple[Fault, ...]) -> list[Fault]:
    faulty = {fault.path for fault in own}
    faults = [
        Fault(PATHS[name], "field.missing")
        for name in _REQUIRED
        if not getattr(form, name) and PATHS[name] not in faulty
    ]
    if form.submitted_on and form.wanted_by[:4].isdigit() and form.wanted_by < form.submitted_on:
        faults.append(Fault(PATHS["wanted_by"], "date.before_submission", form.wanted_by))
    return [*faults, *_audience_faults(form, faulty)]


def _audience_faults(form: FormReading, faulty: set[str]) -> list[Fault]:
    """Nobody is named, or LAINNYA is ticked and nobody says who that is."""
    if form.list_given or faulty & {PATHS["recipients"], "attachment", PATHS["groups"]}:
        return []
    if "lainnya" in form.groups:
        return [Fault(PATHS["groups"], "group.needs_list", "LAINNYA")]
    return [] if form.groups else [Fault(PATHS["groups"], "group.none")]


def quoted(typed: str) -> str:
    """What somebody typed, in one line and cut, as a Fault quotes it."""
    return " ".join(typed[: 2 * _QUOTE].split())[:_QUOTE]
