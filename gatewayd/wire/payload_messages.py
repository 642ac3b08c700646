"""Fault codes of jobs → English sentences, for the programmers who read receipts.

`{typed}` is what was given. The sentences of rows do not quote it: the path names the entry, and the rows of a group
come from a directory that the client may not read.
"""

from typing import Final

_MESSAGES: Final = {
    "payload.too_big": "the job is too big (bytes: {typed})",
    "payload.encoding": "the job is not UTF-8 ({typed})",
    "json.invalid": "the job is not valid JSON: {typed}",
    "json.number": "a number in the job is not one that JSON knows, or far too long",
    "json.depth": "the JSON is nested more than {typed} levels deep",
    "json.not_object": "the job must be a JSON object",
    "retained": "a retained publish is never a job; publish without the retain flag",
    "expired": "the job expired at {typed}",
    "field.unknown": "unknown field",
    "field.duplicate": "the field is there twice",
    "field.missing": "the field is required",
    "field.null": "null is not allowed; leave the field out",
    "field.empty": "must not be empty",
    "field.length": "too long (characters: {typed})",
    "field.characters": "holds control characters or broken Unicode",
    "type.string": "must be a string",
    "type.list": "must be a list",
    "type.object": "must be an object with strings as values",
    "type.recipient": 'must be a string or an object {{"to", "name", "vars"}}',
    "time.invalid": 'must be a time with date and zone as in RFC 3339, such as "2026-11-02T08:00:00Z"',
    "time.too_far": "must lie within {typed} days",
    "expires.order": "must be later than created",
    "send_after.order": "must be earlier than expires",
    "v.value": "must be 1",
    "channel.value": 'must be "sms" or "email"',
    "priority.value": 'must be "urgent", "normal" or "bulk"',
    "id.invalid": "must start with a letter or digit and hold only letters, digits and . _ : -",
    "id.reused": "this id was used before for a job with other content",
    "to.missing": 'either "to" or "group" is required',
    "to.one_of": 'only one of "to" and "group" may be given',
    "to.empty": "must name at least one recipient",
    "vars.name": "a name must start with a letter or _ and hold at most 40 letters, digits, _ and spaces",
    "client.unknown": "the gateway does not know this client",
    "channel.forbidden": "this client may not use this channel",
    "channel.none": "the gateway has nothing that sends on this channel",
    "priority.forbidden": "this client may not use this priority",
    "group.forbidden": "this client may not send to this group",
    "group.unknown": "there is no such group",
    "group.unreadable": "the list of this group cannot be read; tell the gateway's staff",
    "recipients.too_many": "too many recipients ({typed})",
    "recipients.none": "there is nobody left to send to",
    "text.empty": "must not be empty",
    "text.too_many_parts": "the message takes too many SMS parts ({typed})",
    "text.too_long": "the message is too long ({typed})",
    "subject.unsafe": "holds what a mail header may not",
    "subject.empty": "must not be empty",
    "list.no_column": "the list of this group has no column of numbers or addresses; tell the gateway's staff",
    "list.several": "the file of this group holds several lists; tell the gateway's staff",
    "row.empty": "no number or address",
    "row.letters": "letters or signs in a number",
    "row.scientific": "a number that a spreadsheet has shortened",
    "row.two_numbers": "more than one number",
    "row.too_short": "too few digits",
    "row.opted_out": "wants no messages (opt-out list)",
    "row.too_long": "too many digits",
    "row.landline": "a landline, which gets no SMS",
    "row.not_mobile": "not a mobile number",
    "row.foreign": "a foreign number",
    "row.not_email": "not an e-mail address",
    "row.two_addresses": "more than one address",
    "row.duplicate": "named twice",
    "row.placeholder": "the text needs a value that this recipient does not have: {typed}",
    "errors.more": "{typed} more errors are left out",
}


def message(code: str, typed: str = "") -> str:
    """The sentence of a fault. A code without one is its own message: it is stable and can be looked up."""
    return _MESSAGES.get(code, code).format(typed=typed)
