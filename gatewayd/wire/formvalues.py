"""FormReading as JSON, for the way out of the sandbox child and for the store, and back with every shape checked.

In and out: core/form.py's dataclass and plain JSON values. `form_from` raises NotAsAgreed for anything that
`form_json` would not have made.
"""

from typing import Final

from gatewayd.core.form import GROUPS, PATHS, FormReading
from gatewayd.core.model import Channel, Enclosure
from gatewayd.wire.jsonvalues import (
    LONGEST,
    NotAsAgreed,
    fault_from,
    fault_json,
    fields_of,
    flag,
    items,
    list_from,
    list_json,
    number,
    text,
    texts,
    word,
)  # fmt: skip

_CHANNELS: Final = tuple(channel.value for channel in Channel)
_ATTRIBUTES: Final = tuple(PATHS)
_FORM: Final = (
    "unit_name", "applicant_name", "id_number", "email", "phone", "submitted_on", "wanted_by", "groups", "channel",
    "text", "time_wish", "subject", "priority", "plain_letters", "other_services", "recipients", "list_given",
    "enclosures", "present", "faults",
)  # fmt: skip


def form_json(form: FormReading) -> dict[str, object]:
    simple = {name: getattr(form, name) for name in _FORM if name not in ("recipients", "faults")}
    return simple | {
        "groups": list(form.groups), "channel": form.channel.value, "other_services": list(form.other_services),
        "present": list(form.present), "recipients": list_json(form.recipients),
        "enclosures": [[one.place, one.name, one.kind, one.size, one.sha256] for one in form.enclosures],
        "faults": [fault_json(fault) for fault in form.faults],
    }  # fmt: skip


def form_from(value: object) -> FormReading:
    """Raises NotAsAgreed."""
    (
        unit_name, applicant_name, id_number, email, phone, submitted_on, wanted_by, groups, channel,
        message, time_wish, subject, priority, plain_letters, other_services, recipients, list_given, enclosures,
        present, faults,
    ) = fields_of(value, *_FORM)  # fmt: skip
    return FormReading(
        unit_name=text(unit_name), applicant_name=text(applicant_name), id_number=text(id_number), email=text(email),
        phone=text(phone), submitted_on=text(submitted_on, 10), wanted_by=text(wanted_by),
        groups=items(groups, lambda one: word(one, GROUPS), len(GROUPS)), channel=Channel(word(channel, _CHANNELS)),
        text=text(message, LONGEST), time_wish=text(time_wish), subject=text(subject),
        priority=word(priority, ("", "urgent")), plain_letters=flag(plain_letters),
        other_services=texts(other_services, 100), recipients=list_from(recipients), list_given=flag(list_given),
        enclosures=items(enclosures, _enclosure, 20),
        present=items(present, lambda one: word(one, _ATTRIBUTES), len(_ATTRIBUTES)),
        faults=items(faults, fault_from, 1000),
    )  # fmt: skip


def _enclosure(value: object) -> Enclosure:
    match value:
        case [place, name, kind, size, sha256]:
            return Enclosure(number(place), text(name, 80), text(kind, 100), number(size), text(sha256, 64))
        case _:
            raise NotAsAgreed("an enclosure was expected")
