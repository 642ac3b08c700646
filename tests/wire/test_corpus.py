"""The corpus of mails: what a careful reader would understand of each, and nothing else.

tests/vectors/mails/expected.json says it, written from the mails. Of a form, what is not named there must be empty.
What these mails are answered is in tests/flow/test_corpus.py.
"""

import pytest

from gatewayd.wire.mailvalues import ReadMail
from tests.vectors import EXPECTED, MAILS, Expected, raw_mail
from tests.wire.test_reading import read

#: What the index says of the request that a mail becomes; tests/flow/test_corpus.py looks at it.
ANSWERS = frozenset({"answer", "sent", "late", "late_faults", "warnings", "recipients"})
#: Attributes of a form that the index names only where they matter.
_OPTIONAL = {
    "submitted": "submitted_on", "wanted": "wanted_by", "id": "id_number", "email": "email", "phone": "phone",
    "subject_line": "subject",
}  # fmt: skip


def understood(mail: ReadMail) -> Expected:
    """`mail` in the words of the index."""
    said: Expected = {}
    if mail.automatic:
        said["automatic"] = True
    if mail.reply is not None:
        said["reply"] = mail.reply.word
    if (form := mail.form) is None:
        return said | {"number": mail.request_number}
    found = form.recipients
    said |= {
        "unit": form.unit_name, "name": form.applicant_name, "text": form.text, "groups": list(form.groups),
        "to": [who.address for who in found.recipients], "refused": [[row.row, row.code] for row in found.refused],
        "duplicates": [row.row for row in found.duplicates], "channel": form.channel.value,
        "faults": sorted([fault.path, fault.code] for fault in form.faults), "others": list(form.other_services),
        "names": [who.name for who in found.recipients], "present": list(form.present), "number": mail.request_number,
    }  # fmt: skip
    return said | {word: getattr(form, attribute) for word, attribute in _OPTIONAL.items()}


def wanted(expected: Expected) -> Expected:
    """What the index says of a mail, with what it leaves out."""
    said = {key: value for key, value in expected.items() if key not in ANSWERS}
    if "unit" in said:
        empty = {"groups": [], "to": [], "refused": [], "duplicates": [], "faults": [], "others": [], "channel": "sms"}
        said = empty | said | {"faults": sorted(said.get("faults", []))}
    return said


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_mail_is_understood_as_a_person_would(name: str, ends: bytes) -> None:
    mail = read(raw_mail(name, ends))
    expected = wanted(EXPECTED[name])
    found = understood(mail)
    assert mail.authenticated, mail.auth_detail
    assert {key: value for key, value in found.items() if key in expected or key in ("unit", "reply")} == expected


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(EXPECTED) >= 60
    assert [name for name in EXPECTED if not (MAILS / f"{name}.eml").is_file()] == []
