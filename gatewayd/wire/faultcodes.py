"""Every code that a Fault or a RefusedRow may carry, with one line of English. render/ translates from this table.

`{path}` is the field's label on the form, `{typed}` what stood there. Codes are stable: they are stored.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.core.model import Fault

_FORM: Final = {
    "field.missing": "{path} is not filled in",
    "date.impossible": '{path}: "{typed}" is not a possible date (day first)',
    "date.unreadable": '{path}: "{typed}" is not understood as a date (day month year)',
    "date.before_submission": "{path}: {typed} lies before the day of submission",
    "group.none": "{path}: no box is ticked and there is no list of recipients",
    "group.needs_list": "{path}: {typed} needs a list of recipients",
    "group.narrower": "{path}: {typed} is a part of the group; it needs a list of recipients",
    "group.unclear": '{path}: "{typed}" ticks no known box (MAHASISWA, PEGAWAI, DOSEN, LAINNYA)',
    "group.unknown": "{path}: there is no group {typed}",
    "group.unreadable": "{path}: the directory of the group {typed} cannot be read",
    "group.forbidden": "{path}: the group {typed} is not open to this client",
    "text.empty": "{path}: the message has no text",
    "text.unclear": '{path}: it is not clear which words are the message in "{typed}" (put them in quotation marks)',
    "text.replaced": "{path}: replaced to stay in the SMS alphabet: {typed}",
    "text.kept": "{path}: cannot be replaced, so a part holds 70 characters: {typed}",
    "text.too_many_parts": "{path}: the message takes too many SMS parts ({typed})",
    "text.too_long": "{path}: the message is too long ({typed})",
    "subject.empty": "{path}: an e-mail needs a subject",
    "subject.unsafe": "{path}: the subject has control characters",
    "phone.invalid": '{path}: "{typed}" is not a telephone number',
    "email.invalid": '{path}: "{typed}" is not an e-mail address',
    "channel.none": "{path}: this gateway cannot send by {typed}",
    "channel.forbidden": "{path}: {typed} is not open to this client",
    "priority.forbidden": "{path}: {typed} is not open to this client",
    "priority.unknown": '{path}: "{typed}" is no priority',
}
_QUOTAS: Final = {
    "quota.client_day": "{path}: over the client's parts in 24 hours ({typed})",
    "quota.client_month": "{path}: over the client's parts in 30 days ({typed})",
    "quota.unit_day": "{path}: over the unit's parts in 24 hours ({typed})",
    "quota.unit_month": "{path}: over the unit's parts in 30 days ({typed})",
    "quota.nearly": "{path}: the unit's quota is nearly used up ({typed})",
}
_CAUTIONS: Final = {
    "text.credential": "{path}: the text tells a password or a code ({typed})",
    "text.time_wish": "{path}: a time of sending is not obeyed ({typed})",
    "text.link": "{path}: operators often drop messages with links ({typed})",
    "text.digits": "{path}: operators often drop messages with long runs of digits ({typed})",
    "text.filtered_words": "{path}: operators often drop messages with these words ({typed})",
    "text.several_parts": "{path}: the message takes more than one SMS part ({typed})",
    "text.narrower": "{path}: the text speaks to fewer people than the ticked group ({typed})",
    "text.repeated": "{path}: the same text went to recipients of this request within 24 hours ({typed})",
}
_LISTS: Final = {
    "recipients.none": "there is no valid recipient",
    "recipients.too_many": "too many recipients ({typed})",
    "list.no_column": "{typed}: no column of numbers or addresses was found",
    "list.several": "{typed}: several sheets hold lists; leave only the one to send to",
}
_ROWS: Final = {
    "row.empty": "the row has no number or address",
    "row.letters": '"{typed}" has letters or signs in it',
    "row.scientific": '"{typed}" has lost digits (format the column as text)',
    "row.two_numbers": '"{typed}" holds more than one number',
    "row.too_short": '"{typed}" has too few digits',
    "row.too_long": '"{typed}" has too many digits',
    "row.landline": '"{typed}" is a landline',
    "row.not_mobile": '"{typed}" is not a mobile number',
    "row.foreign": '"{typed}" is a foreign number',
    "row.not_email": '"{typed}" is not an e-mail address',
    "row.two_addresses": '"{typed}" holds more than one address',
    "row.duplicate": '"{typed}" stands in the list twice',
    "row.opted_out": '"{typed}" wants no messages (opt-out list)',
    "row.limit_hour": '"{typed}" got as many messages within an hour as one recipient may get',
    "row.limit_day": '"{typed}" got as many messages within 24 hours as one recipient may get',
    "row.placeholder": "the row has no value for {typed}",
}
_FILES: Final = {
    "attachment.unreadable": "{typed} is damaged, locked or not what its name says",
    "attachment.too_big": "{typed} is too big",
    "attachment.bomb": "{typed} unpacks to far more than it holds and was not opened",
    "enclosure.too_big": "the files that are to go along are too big together ({typed})",
    "enclosure.off": "{typed} is not sent along",
    "attachment.kind": "{typed} is of a kind that cannot be read (DOCX, XLSX, ODS, PDF and CSV can)",
    "attachment.scan": "{typed} is a picture or a scan, which cannot be read",
    "attachment.old_office": "{typed} is of the old Office kind; save it as DOCX or XLSX",
    "attachment.locked": "{typed} has a password",
    "document.no_form": "{typed} is no form",
    "document.differs": "{typed} is a form too, which differs from that in the text of the mail; leave one out",
    "document.several": "{typed} is one of several forms that differ; send the one that counts",
    "attachment.too_many": "there are more attachments than are read",
    "mail.unreadable": "the mail cannot be read",
    "mail.too_big": "the mail is too big",
}
_OTHERS: Final = {
    "client.unknown": "this client is not known",
    "id.reused": "the id {typed} was used before with other content",
}

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {**_FORM, **_QUOTAS, **_CAUTIONS, **_LISTS, **_ROWS, **_FILES, **_OTHERS}
)


def explain(fault: Fault) -> str:
    """One English line for the command line and the logs of other systems; an unknown code stands for itself."""
    words = CODES.get(fault.code)
    if words is None:
        return " ".join(part for part in (fault.path, fault.code, fault.typed) if part)
    return words.replace("{path}", fault.path).replace("{typed}", fault.typed)
