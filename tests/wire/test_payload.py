"""What a job may be, and every fault with its path."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatewayd.core.model import Channel, Priority
from gatewayd.wire import payload
from gatewayd.wire.payload import Job, JobRecipient, JobRefusal, parse_job
from gatewayd.wire.payload_messages import message

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
JOB: dict[str, Any] = {
    "v": 1, "id": "siakad-000123", "created": "2026-11-02T02:59:00Z", "expires": "2026-11-03T10:00:00+07:00",
    "channel": "sms", "to": ["0812-0000-0101", {"to": "0812-0000-0102", "name": "Budi", "vars": {"npm": "123"}}],
    "text": "Halo {name},\nKRS dibuka.",
}  # fmt: skip
WHOLE: dict[str, Any] = JOB | {
    "channel": "email", "subject": "KRS", "priority": "urgent", "send_after": "2026-11-02T04:00:00.5Z",
    "purpose": "Pengumuman KRS",
}  # fmt: skip
ABSENT = object()


def encoded(**changes: object) -> bytes:
    job = {name: value for name, value in (JOB | changes).items() if value is not ABSENT}
    return json.dumps(job).encode()


def read(raw: bytes, *, retained: bool = False) -> Job | JobRefusal:
    return parse_job(raw, now=NOW, retained=retained)


def job(raw: bytes) -> Job:
    found = read(raw)
    assert isinstance(found, Job), found
    return found


def faults(raw: bytes, *, retained: bool = False) -> list[tuple[str, str]]:
    found = read(raw, retained=retained)
    assert isinstance(found, JobRefusal), found
    return [(fault.path, fault.code) for fault in found.faults]


def test_a_whole_job_is_read_with_times_in_utc() -> None:
    found = job(json.dumps(WHOLE).encode())
    assert (found.id, found.channel, found.subject, found.purpose) == (
        "siakad-000123", Channel.EMAIL, "KRS", "Pengumuman KRS",
    )  # fmt: skip
    assert found.to == (JobRecipient("0812-0000-0101"), JobRecipient("0812-0000-0102", "Budi", {"npm": "123"}))
    assert found.text == "Halo {name},\nKRS dibuka."
    assert found.priority is Priority.URGENT
    assert found.created == datetime(2026, 11, 2, 2, 59, tzinfo=UTC)
    assert found.expires == datetime(2026, 11, 3, 3, 0, tzinfo=UTC)
    assert found.send_after == datetime(2026, 11, 2, 4, 0, 0, 500_000, tzinfo=UTC)


def test_what_may_be_left_out_has_defaults() -> None:
    found = job(encoded(to=ABSENT, group="mahasiswa"))
    assert (found.to, found.group, found.subject, found.purpose) == ((), "mahasiswa", "", "")
    assert found.priority is Priority.NORMAL
    assert found.send_after is None


FAULTY: dict[str, Any] = {
    "version missing": ({"v": ABSENT}, [("v", "field.missing")]),
    "version 2": ({"v": 2}, [("v", "v.value")]),
    "version true": ({"v": True}, [("v", "v.value")]),
    "version 1.0": ({"v": 1.0}, [("v", "v.value")]),
    "id missing": ({"id": ABSENT}, [("id", "field.missing")]),
    "id empty": ({"id": ""}, [("id", "field.empty")]),
    "id a number": ({"id": 7}, [("id", "type.string")]),
    "id with a level": ({"id": "a/b"}, [("id", "id.invalid")]),
    "id with a wildcard": ({"id": "a+"}, [("id", "id.invalid")]),
    "id of 129": ({"id": "a" * 129}, [("id", "field.length")]),
    "id with a line end": ({"id": "a\n"}, [("id", "field.characters")]),
    "channel missing": ({"channel": ABSENT}, [("channel", "field.missing")]),
    "channel unknown": ({"channel": "fax"}, [("channel", "channel.value")]),
    "channel a list": ({"channel": ["sms"]}, [("channel", "channel.value")]),
    "no recipients": ({"to": ABSENT}, [("to", "to.missing")]),
    "recipients and group": ({"group": "dosen"}, [("to", "to.one_of")]),
    "empty list": ({"to": []}, [("to", "to.empty")]),
    "to a string": ({"to": "0812"}, [("to", "type.list")]),
    "to null": ({"to": None}, [("to", "field.null")]),
    "number in the list": ({"to": ["0812", 812]}, [("to[1]", "type.recipient")]),
    "null in the list": ({"to": [None]}, [("to[0]", "type.recipient")]),
    "empty string in the list": ({"to": [""]}, [("to[0]", "field.empty")]),
    "escape in the list": ({"to": ["0812\x1b[2J"]}, [("to[0]", "field.characters")]),
    "address too long": ({"to": ["0" * 255]}, [("to[0]", "field.length")]),
    "recipient without address": ({"to": [{"name": "Budi"}]}, [("to[0].to", "field.missing")]),
    "recipient with more": ({"to": [{"to": "1", "nama": "Budi"}]}, [("to[0].nama", "field.unknown")]),
    "name a number": ({"to": [{"to": "1", "name": 5}]}, [("to[0].name", "type.string")]),
    "vars a list": ({"to": ["1", {"to": "1", "vars": []}]}, [("to[1].vars", "type.object")]),
    "var a number": ({"to": [{"to": "1", "vars": {"npm": 5}}]}, [("to[0].vars.npm", "type.string")]),
    "var name odd": ({"to": [{"to": "1", "vars": {"a-b": ""}}]}, [("to[0].vars.a-b", "vars.name")]),
    "group empty": ({"to": ABSENT, "group": ""}, [("group", "field.empty")]),
    "text missing": ({"text": ABSENT}, [("text", "field.missing")]),
    "text blank": ({"text": " \n"}, [("text", "field.empty")]),
    "text with NUL": ({"text": "a\0b"}, [("text", "field.characters")]),
    "text with half a character": ({"text": "a\ud83d"}, [("text", "field.characters")]),
    "subject missing": ({"channel": "email"}, [("subject", "field.missing")]),
    "subject blank": ({"channel": "email", "subject": " "}, [("subject", "field.empty")]),
    "subject with a header": ({"channel": "email", "subject": "a\r\nBcc: b"}, [("subject", "field.characters")]),
    "priority unknown": ({"priority": "high"}, [("priority", "priority.value")]),
    "priority of our own": ({"priority": "notice"}, [("priority", "priority.value")]),
    "created missing": ({"created": ABSENT}, [("created", "field.missing")]),
    "expires missing": ({"expires": ABSENT}, [("expires", "field.missing")]),
    "time without zone": ({"expires": "2026-11-03T10:00:00"}, [("expires", "time.invalid")]),
    "time a number": ({"expires": 1793588400}, [("expires", "time.invalid")]),
    "date only": ({"expires": "2026-11-03"}, [("expires", "time.invalid")]),
    "no such day": ({"expires": "2026-02-30T10:00:00Z"}, [("expires", "time.invalid")]),
    "before year 1": ({"created": "0001-01-01T00:00:00+23:59"}, [("created", "time.invalid")]),
    "created after expires": ({"created": "2026-11-04T00:00:00Z"}, [("expires", "expires.order")]),
    "sent after expires": ({"send_after": "2026-11-05T00:00:00Z"}, [("send_after", "send_after.order")]),
    "expired": ({"expires": "2026-11-02T03:00:00Z"}, [("expires", "expired")]),
    "unknown field": ({"sender": "UPSI"}, [("sender", "field.unknown")]),
    "nearly a known field": ({"Text": "x"}, [("Text", "field.unknown")]),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), FAULTY.values(), ids=FAULTY)
def test_a_fault_names_its_path(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert faults(encoded(**changes)) == expected


NO_JSON: dict[str, Any] = {
    "nothing": (b"", "json.invalid"), "words": (b"SEND ALL", "json.invalid"), "a list": (b"[]", "json.not_object"),
    "two values": (b"{} {}", "json.invalid"), "NaN": (b'{"v":NaN}', "json.number"),
    "Infinity": (b'{"v":-Infinity}', "json.number"),
    "latin-1": ('{"text":"é"}'.encode("latin-1"), "payload.encoding"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "json.invalid"),
    "a huge number": (b'{"v":' + b"9" * 5000 + b"}", "json.number"),
    "deep": (b"[" * 30_000, "json.depth"), "deep objects": (b'{"a":' * 9 + b"1" + b"}" * 9, "json.depth"),
    "too big": (b" " * 65_537, "payload.too_big"), "single quotes": (b"{'v':1}", "json.invalid"),
    "open string": (b'{"text":"' + b"\\\"" * 30_000, "json.invalid"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "code"), NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_strict_json_is_one_fault_of_the_whole(raw: bytes, code: str) -> None:
    assert faults(raw) == [("", code)]


def test_brackets_in_a_string_are_not_depth() -> None:
    assert job(encoded(text="[" * 50 + '"{' + "\\")).text.startswith("[[")


def test_a_job_of_exactly_64_kib_is_read() -> None:
    raw = encoded()
    assert job(raw + b" " * (payload.MAX_BYTES - len(raw))).id == JOB["id"]


def test_a_field_that_is_there_twice_is_refused_at_every_level() -> None:
    raw = encoded().replace(b'"v": 1', b'"v": 1, "text": "x"').replace(b'"name": "Budi"', b'"name": "a", "name": "b"')
    assert faults(raw) == [("text", "field.duplicate"), ("to[1].name", "field.duplicate")]


def test_all_faults_come_at_once() -> None:
    raw = encoded(v=3, to=["", 5], text="", priority="x", sender=1, expires="soon", subject=7)
    assert sorted(faults(raw, retained=True)) == sorted(
        [("", "retained"), ("v", "v.value"), ("to[0]", "field.empty"), ("to[1]", "type.recipient"),
         ("text", "field.empty"), ("priority", "priority.value"), ("sender", "field.unknown"),
         ("expires", "time.invalid"), ("subject", "type.string")]
    )  # fmt: skip


def test_a_refusal_keeps_the_id_if_it_can_be_read() -> None:
    found = read(encoded(text=""))
    assert isinstance(found, JobRefusal)
    assert (found.id, found.digest) == ("siakad-000123", b"")
    nameless = read(encoded(id="a b"))
    assert isinstance(nameless, JobRefusal)
    assert nameless.id == ""


@pytest.mark.parametrize("retained", [True, False])
def test_a_job_that_is_only_late_or_retained_keeps_its_digest(retained: bool) -> None:
    late = NOW + timedelta(days=2)
    found = parse_job(encoded(), now=late if not retained else NOW, retained=retained)
    assert isinstance(found, JobRefusal)
    assert found.digest == job(encoded()).digest


THE_SAME: dict[str, Any] = {
    "other spacing": json.dumps(JOB, indent=3).encode(),
    "other order of keys": json.dumps(dict(reversed(JOB.items()))).encode(),
    "escapes": json.dumps(JOB).replace("H", "\\u0048").encode(),
    "the default written out": encoded(priority="normal", subject="", purpose=""),
    "a string written as object": encoded(to=[{"to": "0812-0000-0101"}, JOB["to"][1]]),
    "the same instant in another zone": encoded(expires="2026-11-03T03:00:00Z"),
    "made anew": encoded(created="2026-11-02T02:59:30Z"),
}  # fmt: skip


@pytest.mark.parametrize("again", THE_SAME.values(), ids=THE_SAME)
def test_the_same_content_has_the_same_digest(again: bytes) -> None:
    assert job(again).digest == job(encoded()).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Halo"}, {"to": ["0812-0000-0101"]}, {"to": list(reversed(JOB["to"]))},
        {"to": ABSENT, "group": "dosen"},
        {"priority": "bulk"}, {"channel": "email", "subject": "x"}, {"subject": "x"}, {"purpose": "x"},
        {"expires": "2026-11-03T10:00:01+07:00"}, {"send_after": "2026-11-02T04:00:00Z"}, {"id": "siakad-000124"},
    ],
)  # fmt: skip
def test_other_content_has_another_digest(changes: dict[str, object]) -> None:
    assert job(encoded(**changes)).digest != job(encoded()).digest


def test_what_was_typed_is_quoted_without_what_a_line_cannot_carry() -> None:
    found = read(encoded(priority="\x1b[31m\ud83d" + "x" * 500))
    assert isinstance(found, JobRefusal)
    assert found.faults[0].typed.startswith("\ufffd[31m\ufffdxxx")
    assert len(found.faults[0].typed) == 200


_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(["sms", "urgent", "x"])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["to", "name", "vars", "q"]), inner),
    max_leaves=10,
)


@given(st.binary(max_size=300), st.booleans())
@example(b'{"\\ud800":1}', True)
@example(b'{"text":"\\', False)
def test_any_bytes_are_answered(raw: bytes, retained: bool) -> None:
    assert isinstance(read(raw, retained=retained), JobRefusal)


@given(st.dictionaries(st.sampled_from([*WHOLE, "group", "w"]), _VALUES), st.booleans())
def test_any_object_is_read_or_refused_with_faults_that_fit_in_a_receipt(
    changes: dict[str, object], retained: bool
) -> None:
    found = read(encoded(**changes), retained=retained)
    if isinstance(found, Job):
        assert not retained
        return
    assert found.faults
    receipt = json.loads(payload.receipt(job=found.id, result="rejected", faults=found.faults))
    assert len(receipt["errors"]) == min(len(found.faults), payload.MAX_ERRORS)
    assert all(message(fault.code) != fault.code for fault in found.faults), "a fault without a sentence"
