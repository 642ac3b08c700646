"""The forecast before approval: examples worked by hand, and laws that hold for every fleet and queue."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.forecast import Delay, Plan, plan
from gatewayd.core.model import Priority
from gatewayd.core.rehearsal import Carrier, Load, Work
from gatewayd.core.routing import OTHER, ROUTES, Tariff
from gatewayd.core.schedule import Hours, OpenHours, Pace

WIB = ZoneInfo("Asia/Jakarta")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = Hours((OpenHours(time(8), time(20), WEEK),), (date(2026, 11, 25),), WIB, urgent_any_time=True)
ALL_DAY = Hours((OpenHours(time(0), time(23, 59, 59, 999999), WEEK),), (), WIB, urgent_any_time=True)


def wib(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=WIB).astimezone(UTC)


NOW = wib(23, 9)
#: One part every 10 s: 2 s of submission, 6 to 10 s of pause.
GSM1 = Carrier("gsm1", Tariff(350), Pace((6.0, 10.0)), 2.0, credit_idr=100_000)
GSM2 = replace(GSM1, name="gsm2")


def work(priority: Priority = Priority.NORMAL, send_after: datetime | None = None, **parts: int) -> Work:
    return Work(parts or {"telkomsel": 100}, priority, send_after, NOW + timedelta(days=14))


def before(parts: int, priority: Priority = Priority.NORMAL, route: str = "telkomsel") -> Load:
    return Load(priority, route, parts, NOW)


# Worked by hand.


def test_a_hundred_parts_every_ten_seconds_take_sixteen_and_a_half_minutes() -> None:
    found = plan(work(), (), [GSM1], DAILY, NOW)
    assert (found.start, found.end) == (NOW, NOW + timedelta(seconds=99 * 10 + 2))
    assert (found.price_idr, found.short_idr, found.delays, found.late) == (35_000, 0, (), 0)


def test_what_is_queued_goes_first() -> None:
    found = plan(work(), [before(30)], [GSM1], DAILY, NOW)
    assert found.start == NOW + timedelta(seconds=300)
    assert (found.ahead, found.delays) == (30, (Delay.QUEUE,))


def test_an_urgent_request_waits_for_no_window_and_not_for_bulk() -> None:
    at_night = wib(23, 22)
    found = plan(work(Priority.URGENT), [], [GSM1], DAILY, at_night)
    assert (found.start, found.delays) == (at_night, ())


def test_in_the_evening_it_starts_in_the_morning_and_a_holiday_is_left_out() -> None:
    found = plan(work(), (), [GSM1], DAILY, wib(23, 22))
    assert (found.start, found.delays) == (wib(24, 8), (Delay.HOURS,))
    assert plan(work(), (), [GSM1], DAILY, wib(24, 22)).start == wib(26, 8)


def test_it_rests_when_the_window_closes_on_its_way() -> None:
    # 10 minutes until 20.00 hold 60 parts; the other 40 begin at 08.00 on the next day.
    found = plan(work(), (), [GSM1], DAILY, wib(23, 19, 50))
    assert found.start == wib(23, 19, 50)
    assert found.end == wib(24, 8) + timedelta(seconds=39 * 10 + 2)
    assert found.delays == (Delay.HOURS,)


def test_the_cap_of_the_day_spreads_it_over_days() -> None:
    capped = replace(GSM1, pace=Pace((6.0, 10.0), per_day=40), begun=tuple(wib(22, 10, 0, s) for s in range(10)))
    found = plan(work(), (), [capped], DAILY, NOW)
    # 30 until 09.05, 10 more at 10.00, when yesterday's ten leave the span; the same tomorrow; then a holiday.
    assert (found.start, found.end) == (NOW, wib(26, 8) + timedelta(seconds=19 * 10 + 2))
    assert found.delays == (Delay.HOURS, Delay.CAP)


def test_two_equal_sims_share_and_need_half_the_time() -> None:
    found = plan(work(), (), [GSM1, GSM2], DAILY, NOW)
    assert found.end == NOW + timedelta(seconds=49 * 10 + 2)
    assert [(budget.name, budget.parts, budget.need_idr) for budget in found.budgets] == [
        ("gsm1", 50, 17_500),
        ("gsm2", 50, 17_500),
    ]


def test_each_operator_goes_by_its_cheapest_sim() -> None:
    cheap = replace(GSM2, tariff=Tariff(400, {"indosat": 100}))
    found = plan(work(telkomsel=60, indosat=40), (), [GSM1, cheap], DAILY, NOW)
    assert [(share.route, share.parts, share.price_idr, share.carriers) for share in found.shares] == [
        ("telkomsel", 60, 21_000, ("gsm1",)),
        ("indosat", 40, 4_000, ("gsm2",)),
    ]
    assert found.price_idr == 25_000
    assert found.end == NOW + timedelta(seconds=59 * 10 + 2)


def test_when_the_cheapest_reaches_its_cap_the_other_takes_over() -> None:
    cheap = replace(GSM2, tariff=Tariff(100), pace=Pace((6.0, 10.0), per_day=10))
    found = plan(work(telkomsel=20), (), [GSM1, cheap], DAILY, NOW)
    assert found.shares[0].price_idr == 10 * 100 + 10 * 350
    assert found.shares[0].carriers in (("gsm1", "gsm2"), ("gsm2", "gsm1"))
    # The tenth part of the cheap one begins at 90 s; from then on the other one sends.
    assert found.end == NOW + timedelta(seconds=90 + 9 * 10 + 2)


def test_credit_counts_what_the_queue_needs_and_what_must_stay() -> None:
    found = plan(work(), [before(100)], [replace(GSM1, floor_idr=5_000)], DAILY, NOW)
    (budget,) = found.budgets
    assert (budget.need_idr, budget.queued_idr, budget.after_idr) == (35_000, 35_000, 30_000)
    poor = plan(work(), [before(100)], [replace(GSM1, credit_idr=60_000, floor_idr=5_000)], DAILY, NOW)
    assert (poor.budgets[0].after_idr, poor.short_idr) == (-10_000, 15_000)


def test_what_is_not_known_stays_unknown() -> None:
    assert plan(work(), (), [replace(GSM1, credit_idr=None)], DAILY, NOW).short_idr is None
    free = plan(work(), (), [replace(GSM1, tariff=Tariff(0))], DAILY, NOW)
    assert (free.price_idr, free.short_idr) == (None, None)


def test_a_paused_sim_is_left_out_where_another_one_carries_the_same() -> None:
    found = plan(work(), (), [replace(GSM1, is_able=False), replace(GSM2, tariff=Tariff(500))], DAILY, NOW)
    assert (found.shares[0].carriers, found.price_idr, found.delays) == (("gsm2",), 50_000, ())


def test_where_only_a_paused_sim_carries_it_the_times_are_the_earliest() -> None:
    found = plan(work(), (), [replace(GSM1, is_able=False)], DAILY, NOW)
    assert (found.start, found.shares[0].carriers, found.delays) == (NOW, ("gsm1",), (Delay.PAUSED,))


def test_what_nobody_carries_is_said() -> None:
    found = plan(
        work(telkomsel=3, xl=2), (), [replace(GSM1, tariff=Tariff(350, {}, frozenset({"telkomsel"})))], DAILY, NOW
    )
    assert (found.uncarried, found.late, found.price_idr) == (2, 0, None)


def test_what_cannot_leave_before_it_expires_is_late() -> None:
    soon = replace(work(), until=NOW + timedelta(seconds=100))
    found = plan(soon, (), [GSM1], DAILY, NOW)
    assert (found.late, found.end, found.price_idr) == (90, None, 35_000)


def test_an_email_costs_nothing_and_goes_by_the_mail_server() -> None:
    smtp = Carrier("smtp", Tariff(0, {}, frozenset({""})), Pace((1.0, 1.0)), 0.5)
    found = plan(work(**{"": 3}), (), [smtp], DAILY, NOW)
    assert (found.price_idr, found.budgets, found.end) == (0, (), NOW + timedelta(seconds=2 * 1.5 + 0.5))


def test_not_before_the_time_that_was_asked_for() -> None:
    found = plan(work(send_after=wib(24, 7)), (), [GSM1], DAILY, NOW)
    assert (found.start, found.delays) == (wib(24, 8), (Delay.SEND_AFTER, Delay.HOURS))


# Laws.

_TARIFFS = st.builds(
    Tariff, st.integers(0, 500), st.dictionaries(st.sampled_from(ROUTES), st.integers(0, 500), max_size=3),
    st.frozensets(st.sampled_from(ROUTES), min_size=1),
)  # fmt: skip
_CAPS = st.none() | st.integers(1, 30)
_PACES = st.builds(lambda least, more, hour, day: Pace((least, least + more), hour, day),
                   st.integers(0, 20), st.integers(0, 20), _CAPS, _CAPS)  # fmt: skip
_PAST = st.lists(st.integers(1, 90_000), max_size=8).map(
    lambda ago: tuple(sorted(NOW - timedelta(seconds=seconds) for seconds in ago))
)
_CARRIERS = st.lists(
    st.builds(
        Carrier, st.just(""), _TARIFFS, _PACES, st.integers(1, 20).map(float), _PAST, st.none(), st.booleans(),
        st.none() | st.integers(0, 50_000), st.sampled_from([0, 5_000]),
    ),
    min_size=1, max_size=3,
).map(lambda found: [replace(one, name=f"gsm{place}") for place, one in enumerate(found)])  # fmt: skip
_PARTS = st.dictionaries(st.sampled_from([*ROUTES[:3], OTHER]), st.integers(1, 25), min_size=1)
_PRIORITIES = st.sampled_from([Priority.URGENT, Priority.NORMAL, Priority.BULK])
_LOADS = st.lists(
    st.builds(
        Load, _PRIORITIES, st.sampled_from([*ROUTES[:3], OTHER]), st.integers(1, 25),
        st.integers(-1, 90_000).map(lambda s: NOW + timedelta(seconds=s)),
    ),
    max_size=4,
)  # fmt: skip
_NOWS = st.integers(0, 48 * 60).map(lambda minutes: wib(23, 0) + timedelta(minutes=minutes))
_WORKS = st.builds(lambda parts, priority: work(priority, **parts), _PARTS, _PRIORITIES)


@given(_WORKS, _LOADS, _CARRIERS, _NOWS)
def test_the_shares_are_the_request_and_prices_add_up(
    asked: Work, loads: list[Load], carriers: list[Carrier], now: datetime
) -> None:
    found = plan(asked, loads, carriers, DAILY, now)
    assert {share.route: share.parts for share in found.shares} == dict(asked.parts)
    sent = sum(budget.parts for budget in found.budgets)
    assert sent + found.late + found.uncarried == sum(asked.parts.values())
    if found.price_idr is not None and not found.late:
        assert found.price_idr == sum(budget.need_idr or 0 for budget in found.budgets)
    assert (found.price_idr is None) == any(share.price_idr is None for share in found.shares)


@given(_WORKS, _LOADS, _CARRIERS, _NOWS)
def test_it_ends_after_it_starts_and_starts_inside_its_hours(
    asked: Work, loads: list[Load], carriers: list[Carrier], now: datetime
) -> None:
    found = plan(asked, loads, carriers, DAILY, now)
    assert found.start is None or now <= found.start < asked.until
    if found.start is not None:
        assert asked.priority in DAILY.priorities(found.start)
    if found.end is not None:
        assert found.start is not None
        assert found.end > found.start
        # The last part began inside its hours: no submission lasts longer than 20 s.
        latest = found.end - timedelta(seconds=20)
        assert asked.priority in DAILY.priorities(found.end) or asked.priority in DAILY.priorities(latest)


@given(_WORKS, _LOADS, _CARRIERS, _NOWS)
def test_nobody_carries_what_he_does_not_and_nobody_sends_over_his_cap(
    asked: Work, loads: list[Load], carriers: list[Carrier], now: datetime
) -> None:
    found = plan(asked, loads, carriers, DAILY, now)
    by_name = {one.name: one for one in carriers}
    for share in found.shares:
        assert all(by_name[name].carries(share.route) for name in share.carriers)
    if found.end is None or found.start is None:
        return
    days = -((found.start - found.end) // timedelta(days=1))
    for budget in found.budgets:
        cap = by_name[budget.name].pace.per_day
        assert cap is None or budget.parts <= cap * days


_ALONE = st.builds(lambda pace, seconds, past: Carrier("gsm1", Tariff(350), pace, seconds, past),
                   _PACES, st.integers(1, 20).map(float), _PAST)  # fmt: skip


@given(_WORKS, st.integers(0, 60), st.integers(1, 60), _ALONE, _NOWS)
def test_more_queue_never_starts_earlier_on_one_sim(
    asked: Work, some: int, more: int, carrier: Carrier, now: datetime
) -> None:
    def at(parts: int) -> Plan:
        return plan(asked, [before(parts, asked.priority)] if parts else [], [carrier], DAILY, now)

    few, many = at(some), at(some + more)
    assert many.start is None or (few.start is not None and few.start <= many.start)
    assert many.end is None or (few.end is not None and few.end <= many.end)


@given(_PARTS, st.integers(0, 60), st.integers(1, 60), st.lists(_ALONE, min_size=1, max_size=3), _NOWS)
def test_more_queue_never_starts_earlier_on_a_fleet_without_caps(
    parts: dict[str, int], some: int, more: int, carriers: list[Carrier], now: datetime
) -> None:
    """With caps it may: a cheaper SIM that reaches its cap sooner lets another one take over sooner."""
    fleet = [replace(one, name=f"gsm{i}", pace=Pace(one.pace.pause), begun=()) for i, one in enumerate(carriers)]
    few = plan(work(**parts), [before(some)] if some else [], fleet, ALL_DAY, now)
    many = plan(work(**parts), [before(some + more)], fleet, ALL_DAY, now)
    assert few.start is not None
    assert many.start is not None
    assert few.start <= many.start


@given(_WORKS, st.integers(0, 40), _ALONE, st.integers(0, 20), _NOWS)
def test_a_faster_sim_never_ends_later(asked: Work, queued: int, carrier: Carrier, saved: int, now: datetime) -> None:
    loads = [before(queued, asked.priority)] if queued else []
    least, most = carrier.pace.pause
    faster = replace(carrier, pace=replace(carrier.pace, pause=(max(0.0, least - saved), max(0.0, most - saved))))
    slow, fast = plan(asked, loads, [carrier], DAILY, now), plan(asked, loads, [faster], DAILY, now)
    assert slow.end is None or (fast.end is not None and fast.end <= slow.end)
    assert fast.late <= slow.late
