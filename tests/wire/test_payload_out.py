"""What is published: the fields of the contract, and nothing that may not leave."""

import json
from datetime import date, datetime, timedelta, timezone

import pytest

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import Fault, RefusedRow
from gatewayd.wire import payload
from gatewayd.wire.faultcodes import CODES

AT = datetime(2026, 11, 2, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=7)))
AT_TEXT = "2026-11-02T03:00:00Z"


def test_a_receipt_of_an_accepted_job_names_the_request_and_the_recipients_left_out() -> None:
    raw = payload.receipt(
        job="siakad-1", result="accepted", request="UPSI-2026-000001",
        refused=[RefusedRow(3, "021-000", "row.landline"), RefusedRow(1, "npm", "row.placeholder")],
        recipients=2, parts=4, cost_idr=1400, digest=b"\x01\xff",
    )  # fmt: skip
    assert json.loads(raw) == {
        "v": 1, "job": "siakad-1", "result": "accepted", "request": "UPSI-2026-000001",
        "errors": [
            {"path": "to[2]", "message": "a landline, which gets no SMS"},
            {"path": "to[0]", "message": "the text needs a value that this recipient does not have: npm"},
        ],
        "recipients": 2, "parts": 4, "cost_idr": 1400, "digest": "01ff",
    }  # fmt: skip


def test_a_receipt_of_a_refused_job_says_why_and_leaves_null_what_is_not_known() -> None:
    raw = payload.receipt(job="", result="rejected", faults=[Fault("priority", "priority.value", "{0}{typed}")])
    assert json.loads(raw) == {
        "v": 1, "job": None, "result": "rejected", "request": None,
        "errors": [{"path": "priority", "message": 'must be "urgent", "normal" or "bulk"'}],
        "recipients": 0, "parts": 0, "cost_idr": None, "digest": None,
    }  # fmt: skip


def test_what_was_typed_cannot_break_a_message() -> None:
    assert payload.message("json.invalid", "{0}{typed}%s") == "the job is not valid JSON: {0}{typed}%s"
    assert payload.message("no.such.code", "{x}") == "no.such.code"


@pytest.mark.parametrize("code", sorted(code for code in CODES if code.startswith(("row.", "recipients.", "list."))))
def test_every_code_of_a_list_has_a_sentence_that_quotes_no_address(code: str) -> None:
    sentence = payload.message(code, "TYPED")
    assert sentence != code
    assert "TYPED" not in sentence or code in {"row.placeholder", "recipients.too_many"}


def test_refused_rows_of_a_group_stand_at_their_place_in_the_group() -> None:
    raw = payload.receipt(job="1", result="accepted", refused=[RefusedRow(1, "x", "row.placeholder")], rows_of="group")
    assert json.loads(raw)["errors"][0]["path"] == "group[0]"


def test_a_receipt_stays_small_however_many_errors_there_are() -> None:
    refused = [RefusedRow(row, "x", "row.placeholder") for row in range(1, 5001)]
    errors = json.loads(payload.receipt(job="1", result="accepted", refused=refused))["errors"]
    assert len(errors) == payload.MAX_ERRORS
    assert errors[-2]["path"] == "to[98]"
    assert errors[-1] == {"path": "", "message": "4901 more errors are left out"}


def test_a_status_has_state_totals_and_time() -> None:
    raw = payload.status(job="siakad-1", request="UPSI-2026-000001", state="sending", totals={"queued": 3}, at=AT)
    assert json.loads(raw) == {
        "v": 1, "job": "siakad-1", "request": "UPSI-2026-000001", "state": "sending", "totals": {"queued": 3},
        "at": AT_TEXT,
    }  # fmt: skip


def test_a_modem_that_nothing_is_known_of_has_null_and_not_zero() -> None:
    raw = payload.modem_state(Health("gsm1", LinkState.ABSENT, AT, "no port"), state="absent", why="", sent_today=0)
    assert json.loads(raw) == {
        "state": "absent", "why": "", "link": "absent", "since": AT_TEXT, "error": "no port", "operator": None,
        "signal_dbm": None, "registration": "unknown", "credit_idr": None, "credit_at": None, "active_until": None,
        "sent_today": 0,
    }  # fmt: skip


def test_a_modems_state_has_its_facts_but_not_the_numbers_of_sim_and_device() -> None:
    credit = Credit(AT, 25_000, date(2026, 12, 31), "Pulsa Rp25.000 s.d. 31-12-2026")
    health = Health(
        "gsm1", LinkState.READY, AT, "", "350000000000001", "510000000000001", "TELKOMSEL", Registration.HOME, -77,
        credit,
    )  # fmt: skip
    raw = payload.modem_state(health, state="ready", why="", sent_today=12)
    found = json.loads(raw)
    assert found["credit_idr"] == 25_000
    assert found["credit_at"] == AT_TEXT
    assert found["active_until"] == "2026-12-31"
    assert (found["operator"], found["signal_dbm"], found["registration"]) == ("TELKOMSEL", -77, "home")
    assert (found["state"], found["sent_today"]) == ("ready", 12)
    assert b"0000001" not in raw


def test_an_incoming_message_is_utf_8_whatever_is_in_it() -> None:
    raw = payload.inbox(modem="gsm1", sender="+62812000001", text="Ya 👍 \ud83d", sent_at=None, received_at=AT)
    assert json.loads(raw.decode("utf-8")) == {
        "v": 1, "modem": "gsm1", "sender": "+62812000001", "text": "Ya 👍 ?", "sent_at": None, "received_at": AT_TEXT,
    }  # fmt: skip


def test_the_daemons_state_is_as_in_the_contract() -> None:
    raw = payload.daemon_state(state="offline", version="1.0", boot="b")
    assert json.loads(raw) == {"state": "offline", "version": "1.0", "boot": "b"}
