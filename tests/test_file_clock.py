"""The clock of files, as timelines. Days count from where the clock stands at first."""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.playing import file_clock, waiting
from detectors.playing.file_clock import FileClock, Ruling
from schemas.instant import DAY, HOUR, MINUTE
from tests import naive_clock
from tests.naive_clock import NaiveClock

RULES = {"tick_us": HOUR, "lateness_us": 5 * MINUTE, "late_limit_us": 7 * DAY}


class Arrived(NamedTuple):
    """A record as the clock sees it; `name` is for the test."""

    name: str
    ts: int
    dealer: str
    order: int


class File:
    """A file that is read line by line; each line has a name under which it is asked for."""

    def __init__(self, now: int | None = 0) -> None:
        self.clock: FileClock[Arrived] = FileClock(**RULES, now=now)
        self.rulings: list[Ruling[Arrived]] = []
        self._orders = count(1)

    def line(self, name: str, day: float, dealer: str = "A", order: int | None = None) -> Self:
        """One more line; every order line is an order of its own unless said otherwise."""
        number = next(self._orders) if order is None else order
        self.rulings += self.clock.feed(Arrived(name, round(day * DAY), dealer, number))
        return self

    def end(self) -> Self:
        self.rulings += self.clock.end()
        return self

    @property
    def day(self) -> float | None:
        return None if self.clock.now is None else self.clock.now / DAY

    @property
    def order(self) -> str:
        """Names in the order of their rulings."""
        return " ".join(ruling.record.name for ruling in self.rulings)

    def __getitem__(self, name: str) -> str:
        """What became of a line."""
        found = [str(one.verdict) for one in self.rulings if one.record.name == name]
        assert len(found) <= 1
        return found[0] if found else "waits"


def test_clock_follows_the_events_and_never_goes_back() -> None:
    file = File().line("a", 0.5).line("late", 0.2).line("b", 1.5)
    assert (file["a"], file["late"], file["b"], file.day) == (*["accepted"] * 3, 1.5)
    assert [(one.before / DAY, one.after / DAY) for one in file.rulings] == [
        (0, 0.5),
        (0.5, 0.5),
        (0.5, 1.5),
    ]


def test_record_exactly_a_day_ahead_moves_the_clock_and_one_beyond_waits() -> None:
    file = File().line("edge", 1)
    assert (file["edge"], file.day) == ("accepted", 1)
    file.line("beyond", 2 + 1e-9)
    assert (file["beyond"], file.day) == ("waits", 1)


def test_absurd_date_is_a_stray_as_soon_as_ordinary_life_goes_on() -> None:
    file = File().line("absurd", 10_000)
    assert file["absurd"] == "waits"
    file.line("next", 0.1)
    assert (file["absurd"], file["next"], file.order) == ("stray", "accepted", "absurd next")


def test_late_record_makes_strays_too() -> None:
    file = File().line("absurd", 10_000).line("late", -3)
    assert (file["absurd"], file["late"]) == ("stray", "accepted")


def test_real_gap_passes_when_two_other_dealers_have_followed() -> None:
    file = File().line("first", 30, "A").line("second", 30.1, "B")
    assert (file["first"], file.day) == ("waits", 0)
    file.line("third", 30.2, "C")
    assert file.order == "first second third"
    assert {file["first"], file["second"], file["third"]} == {"accepted"}
    assert file.day == 30.2


def test_gap_is_not_confirmed_by_one_dealer_twice_or_by_its_own() -> None:
    file = File().line("first", 30, "A").line("x", 30, "B", order=1).line("y", 30, "B", order=1)
    file.line("own", 30, "A", order=2)
    assert file.rulings == []


def test_gap_is_confirmed_by_ten_other_orders_of_anybody() -> None:
    file = File().line("first", 30, order=100)
    for number in range(9):
        file.line(f"o{number}", 30, order=number + 1).line(f"again{number}", 30, order=number + 1)
    file.line("own", 30, order=100)
    assert file.rulings == []
    file.line("tenth", 30, order=10)
    assert (file["first"], file["tenth"], file.day) == ("accepted", "accepted", 30)


def test_records_that_are_no_orders_do_not_count_as_orders() -> None:
    file = File().line("first", 30)
    for number in range(20):
        file.line(f"complaint{number}", 30, order=0)
    assert file.rulings == []


def test_gap_is_confirmed_only_by_records_within_five_days_of_it() -> None:
    file = File().line("first", 30, "A").line("far", 35.001, "B").line("far2", 24.999, "C")
    assert file["first"] == "waits"
    file = File().line("first", 30, "A").line("near", 35, "B").line("near2", 25, "C")
    assert file["first"] == "accepted"


def test_confirmed_gap_lets_an_absurd_date_before_it_fall() -> None:
    file = File().line("absurd", 10_000, "Z").line("a", 30, "A").line("b", 30, "B")
    file.line("c", 30, "C")
    assert (file["absurd"], file.order) == ("stray", "a absurd b c")


def test_others_that_wait_are_judged_again_in_order_of_arrival() -> None:
    file = File().line("back", 30.9, "A").line("first", 30, "B").line("ahead", 33, "C")
    file.line("b", 30.1, "D")
    assert file.order == "back first ahead b"
    assert (file["ahead"], file.day) == ("stray", 30.9)


def test_record_still_ahead_after_a_confirmation_waits_on() -> None:
    file = File().line("first", 30, "A").line("b", 32, "B").line("c", 34, "C")
    assert (file.order, file.day) == ("first", 30)
    file.line("d", 34.5, "D")
    assert (file.order, file.day) == ("first b", 32)
    assert [file["c"], file["d"]] == ["waits", "waits"]


def test_record_too_old_is_refused_and_neither_moves_the_clock_nor_makes_strays() -> None:
    file = File(now=30 * DAY).line("absurd", 10_000).line("old", 22.9)
    assert (file["old"], file["absurd"], file.day) == ("too_old", "waits", 30)


def test_age_is_measured_from_the_oldest_open_tick() -> None:
    open_tick = 30 * 24 - 1  # at 00:04 the tick from 23:00 is still open
    file = File(now=30 * DAY + 4 * MINUTE)
    file.line("edge", open_tick / 24 - 7).line("beyond", open_tick / 24 - 7 - 1e-9)
    assert (file["edge"], file["beyond"]) == ("accepted", "too_old")
    file = File(now=30 * DAY + 5 * MINUTE).line("now closed", open_tick / 24 - 7)
    assert file["now closed"] == "too_old"


def test_end_of_input_takes_what_waits_unless_it_is_more_than_a_leap_year_ahead() -> None:
    file = File().line("far", 366.001).line("year", 366, "A").line("two", 700, "A").end()
    assert [file["far"], file["year"], file["two"]] == ["stray", "accepted", "accepted"]
    assert file.order == "far year two"


def test_end_of_input_refuses_what_became_too_old_meanwhile() -> None:
    file = File().line("gap", 100).line("before it", 50).end()
    assert (file["gap"], file["before it"], file.day) == ("accepted", "too_old", 100)


def test_without_clock_every_record_waits_until_one_is_confirmed() -> None:
    file = File(now=None).line("absurd", 10_000, "Z").line("a", 3, "A").line("b", 3.5, "B")
    assert (file.rulings, file.day) == ([], None)
    file.line("c", 2.9, "C")
    assert file.order == "a absurd b c"
    assert (file["absurd"], file.day) == ("stray", 3.5)
    assert file.rulings[0].before == file.rulings[0].after == 3 * DAY


def test_input_without_a_confirmed_record_starts_at_the_earliest_plausible_time() -> None:
    file = File(now=None).line("b", 5).line("absurd", 10_000).line("ancient", -10_000)
    file.line("a", 4).line("c", 20).end()
    assert file.order == "b absurd ancient a c"
    assert (file["absurd"], file["ancient"], file["a"], file.day) == (
        *("stray", "too_old", "accepted"),
        20,
    )
    assert file.rulings[0].before == 4 * DAY


def test_single_record_starts_the_clock_at_the_end() -> None:
    assert File(now=None).line("only", 5).end().day == 5


def test_two_records_far_apart_count_from_the_earlier() -> None:
    file = File(now=None).line("absurd", 10_000).line("a", 0).end()
    assert (file["a"], file["absurd"], file.day) == ("accepted", "stray", 0)


def test_input_without_records_has_no_clock() -> None:
    assert File(now=None).end().day is None


def test_too_many_that_wait_are_decided_as_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_clock, "MOST_WAITING", 3)
    file = File().line("far", 500, order=1).line("b", 200, order=1).line("c", 200, order=1)
    assert file.rulings == []
    file.line("one too many", 300, order=1)
    assert (file.order, file.day) == ("far b c one too many", 300)
    assert file["far"] == "stray"


def test_ten_thousand_absurd_dates_are_decided() -> None:
    file = File()
    for number in range(waiting.MOST_WAITING):
        file.line("absurd", 40_000 + 10 * number)
    assert file.rulings == []
    file.line("one too many", 39_000)
    assert {str(one.verdict) for one in file.rulings} == {"stray"}
    assert len(file.rulings) == waiting.MOST_WAITING + 1


def test_clock_goes_on_where_another_stopped() -> None:
    whole, first = File(now=None), File(now=None)
    lines: list[tuple[str, float, str]] = [("a", 0, "A"), ("b", 0, "B"), ("c", 0.1, "C")]
    rest: list[tuple[str, float, str]] = [("d", 0.2, "A"), ("x", 999, "A"), ("e", 0.3, "B")]
    for line in lines:
        whole.line(*line)
        first.line(*line)
    second = File(now=first.clock.now)
    for line in rest:
        whole.line(*line)
        second.line(*line)
    names = [(one.record.name, one.verdict) for one in first.rulings + second.rulings]
    assert names == [(one.record.name, one.verdict) for one in whole.rulings]


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrived]:
    """Records of a few dealers around a time that moves on, with leaps near and far."""
    unit = draw(st.sampled_from([HOUR, DAY // 2, DAY]))
    span = draw(st.sampled_from([3, 8, 30, 400, 3_000]))
    leaps = st.one_of(st.just(0), st.integers(-span, span))
    steps = st.lists(
        st.tuples(st.sampled_from([0, HOUR, 8 * HOUR, 3 * DAY]), leaps, st.integers(1, 4)),
        max_size=30,
    )
    now, records = 0, []
    for number, (step, leap, dealer) in enumerate(draw(steps)):
        now += step
        order = draw(st.integers(0, 13))
        records.append(Arrived(str(number), now + leap * unit, f"D{dealer}", order))
    return records


RULE_SETS = st.fixed_dictionaries(
    {
        "tick_us": st.sampled_from([15 * MINUTE, HOUR, DAY]),
        "lateness_us": st.sampled_from([0, 5 * MINUTE, 2 * DAY]),
        "late_limit_us": st.sampled_from([0, HOUR, 2 * DAY, 7 * DAY]),
    }
)


@settings(max_examples=500)
@given(arrivals(), RULE_SETS, st.sampled_from([3, 5, 10_000]))
def test_clock_does_what_the_contract_says_word_by_word(
    records: list[Arrived], rules: dict[str, Any], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_clock, "MOST_WAITING", most)
        patch.setattr(naive_clock, "MOST_WAITING", most)
        clock, naive = FileClock[Arrived](**rules), NaiveClock(**rules)
        for record in records:
            assert clock.feed(record) == naive.feed(record)
            assert clock.now == naive.now
        assert clock.end() == naive.end()


@settings(max_examples=300)
@given(arrivals(), RULE_SETS)
def test_clock_rules_once_on_each_record_and_never_goes_back(
    records: list[Arrived], rules: dict[str, Any]
) -> None:
    clock = FileClock[Arrived](**rules)
    rulings = [ruling for record in records for ruling in clock.feed(record)] + clock.end()
    assert sorted(one.record.name for one in rulings) == sorted(one.name for one in records)
    times = [moment for one in rulings for moment in (one.before, one.after)]
    assert times == sorted(times)
    for one in rulings:
        if one.verdict == "accepted":
            assert one.record.ts <= one.after <= max(one.before, one.record.ts)
        else:
            assert one.before == one.after
            assert one.record.ts > one.after + DAY or one.record.ts < one.after


@settings(max_examples=300)
@given(arrivals(), RULE_SETS)
def test_record_accepted_at_once_is_one_that_would_be_accepted(
    records: list[Arrived], rules: dict[str, Any]
) -> None:
    clock, judging = FileClock[Arrived](**rules), FileClock[Arrived](**rules)
    for record in records:
        before, rulings = clock.now, judging.feed(record)
        if clock.accepts(record.ts):
            assert [(one.record, one.verdict) for one in rulings] == [(record, "accepted")]
        else:
            assert clock.now == before
            assert clock.feed(record) == rulings
        assert clock.now == judging.now
