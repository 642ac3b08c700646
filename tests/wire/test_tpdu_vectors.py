"""TPDUs that other programs made or real modems received (tests/vectors/pdus.json), and malformed ones."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.tpdu import (
    Defect,
    Deliver,
    Kind,
    StatusReportPdu,
    Submit,
    SubmitPdu,
    decode,
    encode_submit,
    tpdu_length,
)

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "pdus.json").read_text("utf-8")
)


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in VECTORS[kind]]


def ours() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in VECTORS["submits"] if case.get("ours")]


@pytest.mark.parametrize("case", cases("submits"))
def test_a_submit_is_read(case: dict[str, Any]) -> None:
    read = decode(case["hex"], incoming=False)
    assert isinstance(read, SubmitPdu)
    assert (read.recipient, read.text, str(read.alphabet)) == (case["recipient"], case["text"], case["encoding"])
    assert read.validity_s == case.get("validity_s")
    assert read.status_report == case.get("status_report", False)
    assert read.message_class == case.get("message_class")
    assert read.reference == case.get("reference", 0)
    if "length" in case:
        assert tpdu_length(case["hex"]) == case["length"]


@pytest.mark.parametrize("case", ours())
def test_a_submit_is_written_as_others_write_it(case: dict[str, Any]) -> None:
    submit = Submit(
        case["recipient"],
        case["text"],
        Encoding(case["encoding"]),
        status_report=case.get("status_report", False),
        validity_s=case.get("validity_s"),
    )
    pdu = encode_submit(submit)
    assert pdu.hex == case["hex"]
    assert pdu.length == tpdu_length(case["hex"])


@pytest.mark.parametrize("case", cases("delivers"))
def test_a_deliver_is_read(case: dict[str, Any]) -> None:
    read = decode(case["hex"])
    assert isinstance(read, Deliver)
    assert read.sender == case["sender"]
    assert (read.sender_kind is Kind.NAME) == case.get("is_name", False)
    assert read.text.startswith(case.get("starts", case.get("text")))
    assert read.text.endswith(case.get("ends", case.get("text")))
    assert len(read.data) == case.get("septets", len(read.data))
    assert read.concat == (Concat(*case["concat"]) if "concat" in case else None)
    assert read.reference_bits == case.get("reference_bits", 0)
    assert read.protocol == case.get("protocol", 0)
    assert read.sent_at is not None
    if "sent_at" in case:
        assert read.sent_at == datetime.fromisoformat(case["sent_at"])


@pytest.mark.parametrize("case", cases("status_reports"))
def test_a_status_report_is_read(case: dict[str, Any]) -> None:
    read = decode(case["hex"])
    assert isinstance(read, StatusReportPdu)
    assert (read.reference, read.tp_status) == (case["reference"], case["tp_status"])
    assert read.recipient.endswith(case.get("recipient_ends", ""))
    assert case.get("recipient", read.recipient) == read.recipient
    assert read.submitted_at is not None
    assert read.discharged_at is not None
    assert read.submitted_at <= read.discharged_at


@pytest.mark.parametrize(
    "pdu",
    [
        "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC",
        "07912143658709F1440B918100551512F20000111010214365000A20",
        "07912143658709F1440B918100551512F2000811101021436500020500",
        "FF",
        "00",
        "",
        "0",
        "OK",
        "+CMT: ,24",
        "04\u0660\u0661",
        "0001",
    ],
    ids=[
        "cut off",
        "header longer than the septets",
        "header longer than the octets",
        "service centre cut off",
        "nothing behind the service centre",
        "empty",
        "half an octet",
        "not hex",
        "a header line",
        "digits of another script",
        "wrong direction",
    ],
)
def test_a_malformed_pdu_is_a_defect_that_keeps_what_came(pdu: str) -> None:
    read = decode(pdu)
    assert isinstance(read, Defect)
    assert read.raw == pdu
    assert read.reason


def test_a_header_in_a_septet_text_may_not_be_longer_than_its_length_says() -> None:
    read = decode("07912143658709F1440B918100551512F2000011101021436500060500034C0202")
    assert isinstance(read, Defect)


def test_what_a_modem_would_be_asked_to_send_is_not_taken_for_incoming() -> None:
    submit = VECTORS["submits"][0]["hex"]
    assert isinstance(decode(submit), Defect)
    assert isinstance(decode(VECTORS["status_reports"][1]["hex"], incoming=False), Defect)
    assert isinstance(decode(VECTORS["delivers"][0]["hex"], incoming=False), Defect)


def test_white_space_lower_case_and_half_an_octet_behind_are_tolerated() -> None:
    pdu = VECTORS["delivers"][0]["hex"]
    assert decode(f" {pdu.lower()}F\r\n") == decode(pdu)


def test_the_reserved_message_type_is_read_as_a_deliver() -> None:
    pdu = "07911326040000F0070B911346610089F60000208062917314480CC8F71D14969741F977FD07"
    assert isinstance(decode(pdu), Deliver)


def test_the_length_of_what_is_no_pdu_is_unknown() -> None:
    assert [tpdu_length(text) for text in ("", "zz", "0791", "00", "0001")] == [None, None, None, 0, 1]
