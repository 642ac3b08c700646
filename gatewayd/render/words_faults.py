"""Why a form, a row or a file is not in order: code → what is said of it.

Each sentence goes on from the name of the field or the row and from what was typed there
(`TANGGAL PENGAJUAN "31-11-2026": is not a possible date`), so it starts in lower case, has no full stop and does
not repeat what was typed. The codes are those of wire/faultcodes.py; a test compares. Faults of jobs go back to
programmers by MQTT, in English (wire/payload_messages.py), and are not here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.render.catalogue import N_

_FORM: Final = {
    "field.missing": N_("is not filled in"),
    "date.impossible": N_("this day does not exist (day first, then month and year)"),
    "date.unreadable": N_("is not understood as a date (for example 23-11-2026)"),
    "date.before_submission": N_("lies before the day of the request"),
    "group.none": N_("no box is ticked and there is no list of recipients"),
    "group.needs_list": N_("this box needs a list of recipients (in the mail, or attached as CSV, XLSX or ODS)"),
    "group.narrower": N_("this is a part of the group, which needs a list of recipients (in the mail, or attached)"),
    "group.unclear": N_("it is not clear which boxes are ticked; there are MAHASISWA, PEGAWAI, DOSEN and LAINNYA"),
    "group.unknown": N_("this group is not known"),
    "group.unreadable": N_(
        "the directory of this group cannot be read at the moment; the staff of the gateway can help"
    ),
    "group.forbidden": N_("this group is not open to you"),
    "text.empty": N_("the message has no text"),
    "text.unclear": N_("it is not clear which words are the message; please put the message in quotation marks"),
    "text.too_many_parts": N_("the message is too long: it takes more SMS parts than allowed"),
    "text.too_long": N_("the message is too long"),
    "text.replaced": N_("characters outside the SMS alphabet were replaced, so that it takes fewer parts"),
    "text.kept": N_("nothing in the SMS alphabet stands for these, so a part holds 70 characters only"),
    "subject.empty": N_("an e-mail needs a subject"),
    "subject.unsafe": N_("there are characters in it that cannot be sent"),
    "phone.invalid": N_("this is not a telephone number"),
    "email.invalid": N_("this is not an e-mail address"),
    "channel.none": N_("this gateway cannot send in this way"),
    "channel.forbidden": N_("this way of sending is not open to you"),
    "priority.forbidden": N_("this priority is not open to you"),
    "priority.unknown": N_("this priority is not known"),
}
_DAY_QUOTA: Final = N_("over the quota of parts in 24 hours (used + asked for > allowed; room again at)")
_MONTH_QUOTA: Final = N_("over the quota of parts in 30 days (used + asked for > allowed; room again at)")
_QUOTAS: Final = {
    "quota.client_day": _DAY_QUOTA,
    "quota.client_month": _MONTH_QUOTA,
    "quota.unit_day": _DAY_QUOTA,
    "quota.unit_month": _MONTH_QUOTA,
    "quota.nearly": N_("with this request the unit's quota of parts is nearly used up"),
}
_CAUTIONS: Final = {
    "text.credential": N_(
        "the message tells a password or a code; please send a link to set a new one, or hand it over in person"
    ),
    "text.time_wish": N_("a time of sending is not obeyed: sending begins once everybody has approved"),
    "text.link": N_("operators often drop messages with links"),
    "text.digits": N_("operators often drop messages with long runs of digits"),
    "text.filtered_words": N_("operators often drop messages with these words"),
    "text.several_parts": N_("each message takes several SMS parts, and each part is paid for"),
    "text.narrower": N_("this speaks to fewer people than the ticked group has; everybody in it would get the message"),
    "text.repeated": N_("the same text went to some of these recipients within 24 hours; their number"),
}
_LISTS: Final = {
    "recipients.none": N_("there is no recipient that can be sent to"),
    "recipients.too_many": N_("there are too many recipients"),
    "list.no_column": N_("no column with numbers or addresses was found"),
    "list.several": N_("several sheets hold lists; please leave only the one to send to"),
}
ROWS: Final = {
    "row.empty": N_("there is no number or address in this row"),
    "row.letters": N_("there are letters or signs in the number"),
    "row.scientific": N_("the number has lost digits (please format the column as text)"),
    "row.two_numbers": N_("there is more than one number"),
    "row.too_short": N_("the number has too few digits"),
    "row.too_long": N_("the number has too many digits"),
    "row.landline": N_("this is a landline"),
    "row.not_mobile": N_("this is not a mobile number"),
    "row.foreign": N_("this is a foreign number"),
    "row.not_email": N_("this is not an e-mail address"),
    "row.two_addresses": N_("there is more than one address"),
    "row.duplicate": N_("stands in the list twice"),
    "row.opted_out": N_("wants no messages (answered BERHENTI)"),
    "row.limit_hour": N_("has got as many messages within an hour as one recipient may get"),
    "row.limit_day": N_("has got as many messages within 24 hours as one recipient may get"),
    "row.placeholder": N_("the list has no value for this placeholder of the text"),
}
_FILES: Final = {
    "attachment.unreadable": N_("this file is damaged, locked or not what its name says"),
    "attachment.too_big": N_("this file is too big"),
    "attachment.bomb": N_("this file unpacks to far more than it holds and was not opened"),
    "enclosure.too_big": N_("the files that are to go along are too big together"),
    "enclosure.off": N_("this file is not sent along"),
    "attachment.kind": N_("files of this kind cannot be read; DOCX, XLSX, ODS, PDF and CSV can"),
    "attachment.scan": N_("this is a picture or a scan, which cannot be read"),
    "attachment.old_office": N_("this is the old format of Word or Excel; please save the file as DOCX or XLSX"),
    "attachment.locked": N_("this file has a password; please send it without one"),
    "document.no_form": N_("no form was found in this file"),
    "document.differs": N_("this form says other things than the text of the mail; please send only one of the two"),
    "document.several": N_("this is one of several forms that differ; please reply with the one that counts"),
    "attachment.too_many": N_("there are more attachments than can be read"),
    "mail.unreadable": N_("the mail cannot be read"),
    "mail.too_big": N_("the mail is too big"),
}
_OTHERS: Final = {
    "client.unknown": N_("this system is not registered"),
    "id.reused": N_("this id was used before with other content"),
}
FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {**_FORM, **_QUOTAS, **_CAUTIONS, **_LISTS, **ROWS, **_FILES, **_OTHERS}
)

#: Faults whose `typed` is a measure of ours ("8 > 3"), nothing that anybody typed.
MEASURED: Final = frozenset(
    {
        "text.too_many_parts",
        "text.too_long",
        "recipients.too_many",
        "text.several_parts",
        "text.repeated",
        *_QUOTAS,
    }
)

#: Field names that are not printed on the paper form as they are spelt in a path.
LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": N_("KETERANGAN (message text)"),
        "keterangan": N_("KETERANGAN (message text)"),
        "nip_npm_nidn": "NIP / NPM / NIDN",
        "subject": N_("SUBJECT"),
        "priority": N_("PRIORITY"),
        "recipients": N_("RECIPIENTS"),
        "to": N_("RECIPIENTS"),
        "attachment": N_("ATTACHMENT"),
        "attachments": N_("ATTACHMENT"),
        "channel": N_("CHANNEL"),
        "huruf_sms": "HURUF SMS",
        "group": N_("GROUP"),
    }
)
