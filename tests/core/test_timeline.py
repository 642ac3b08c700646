"""Slots of a sending: no message lost, none twice, and no chart where it would say nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.report import ReportRow
from gatewayd.core.states import DeliveryState
from gatewayd.core.timeline import timeline

START = datetime(2026, 11, 23, 2, 37, tzinfo=UTC)
WIB = ZoneInfo("Asia/Jakarta")


def row(after: timedelta | None) -> ReportRow:
    at = None if after is None else START + after
    return ReportRow(1, "+6281200000101", "", "", "", 1, DeliveryState.DELIVERED, at, at, "", "", "gsm1")


@given(st.lists(st.none() | st.timedeltas(timedelta(), timedelta(days=400)), max_size=60), st.integers(2, 30))
def test_every_message_stands_in_one_slot(offsets: list[timedelta | None], most: int) -> None:
    slots = timeline([row(offset) for offset in offsets], WIB, most)
    sent = [offset for offset in offsets if offset is not None]
    assert len(slots) <= most + 1
    assert sum(slot.total for slot in slots) == (len(sent) if slots else 0)
    assert [slot.start for slot in slots] == sorted(slot.start for slot in slots)
    if slots:
        assert slots[0].start <= START + min(sent)
        assert slots[0].total
        assert slots[-1].total


def test_slots_begin_at_round_local_times() -> None:
    slots = timeline([row(timedelta(minutes=3 * number)) for number in range(40)], WIB, 12)
    assert [slot.start.astimezone(WIB).strftime("%H.%M") for slot in slots][:3] == ["09.30", "09.45", "10.00"]
    assert [slot.total for slot in slots][:3] == [3, 5, 5]


def test_few_messages_and_short_sendings_need_no_chart() -> None:
    assert timeline([row(timedelta(hours=number)) for number in range(9)], WIB, 12) == ()
    assert timeline([row(timedelta(seconds=number)) for number in range(20)], WIB, 12) == ()
