"""A file as a service would have lived it: what is placed, and where the cuts fall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.playing.cuts import CutDue
from detectors.playing.file_clock import AHEAD
from detectors.playing.playback import Place, Playback
from schemas.chunk import NO_EVENT
from schemas.dead_letter import DeadLetter, Reason, Refusal
from schemas.instant import DAY, HOUR, MINUTE, format_instant
from schemas.record import Record
from schemas.rows import OrderRow

RULES = {"tick_us": HOUR, "lateness_us": 5 * MINUTE, "late_limit_us": 7 * DAY}
LETTER = DeadLetter.of(Refusal(Reason.NOT_JSON, "no JSON"), ("f", 0, 0), b"?")
Step = Place[Record] | DeadLetter | CutDue


def sold(name: str, ts: float, dealer: str = "A") -> Record:
    """One order line, an order of its own."""
    row = OrderRow(
        event_id=name,
        ts=format_instant(round(ts)),
        dealer_id=dealer,
        sku="S",
        quantity=1,
        unit_price=1,
    )
    return Record(position=0, raw=b"{}", ts=round(ts), row=row)


def played(
    items: Iterable[Record | DeadLetter], *, now: int | None = 0, **rules: Any
) -> list[Step]:
    playback: Playback[Record] = Playback(**{**RULES, **rules}, now=now)
    return [*playback.feed(items), *playback.end()]


def told(steps: Iterable[Step]) -> list[str]:
    """Steps as words: a record's name (`!` for strays), `| hours (tick)` for a cut."""
    return [_word(step) for step in steps]


def _word(step: Step) -> str:
    if isinstance(step, Place):
        return f"{step.record.row.event_id}{'!' * step.stray}"
    if isinstance(step, DeadLetter):
        return f"letter at {step.at}"
    tick = "" if step.tick is None else f" closes {step.tick}"
    return f"| {step.at / HOUR:.2f}{tick}{' last' * step.last}"


def test_tick_is_cut_before_the_clock_reaches_its_end_plus_lateness() -> None:
    items = [sold("a", 0.5 * HOUR), sold("b", 1.05 * HOUR), sold("c", 1.1 * HOUR)]
    assert told(played(items)) == [
        *("| 0.08 closes -1", "a", "b", "| 1.08 closes 0", "c", "| 1.10 last")
    ]


def test_record_exactly_at_the_closing_moment_comes_after_the_cut() -> None:
    steps = played([sold("a", HOUR + 5 * MINUTE)], now=HOUR)
    assert told(steps) == ["| 1.08 closes 0", "a", "| 1.08 last"]


def test_missed_ticks_are_cut_one_by_one() -> None:
    steps = told(played([sold("a", 4.5 * HOUR)], now=HOUR))
    assert steps[:-2] == [f"| {tick + 1}.08 closes {tick}" for tick in range(4)]
    assert steps[-2:] == ["a", "| 4.50 last"]


def test_first_tick_is_the_oldest_open_one_when_the_clock_starts() -> None:
    assert told(played([sold("a", 2 * HOUR + 4 * MINUTE)], now=None)) == ["a", "| 2.07 last"]
    items = [sold("a", 2 * HOUR + 4 * MINUTE), sold("b", 2 * HOUR + 6 * MINUTE)]
    assert told(played(items, now=None)) == ["a", "| 2.08 closes 1", "b", "| 2.10 last"]


def test_clock_starts_at_the_earliest_plausible_time_even_if_that_record_comes_later() -> None:
    items = [sold("b", 2.5 * HOUR), sold("a", 1.5 * HOUR)]
    assert told(played(items, now=None)) == ["| 2.08 closes 1", "b", "a", "| 2.50 last"]


def test_cut_falls_after_so_many_records() -> None:
    items = [sold(name, HOUR) for name in "abcde"]
    assert told(played(items, now=HOUR, cut_records=2)) == [
        *("a", "b", "| 1.00", "c", "d", "| 1.00", "e", "| 1.00 last")
    ]


def test_cut_falls_before_the_clock_comes_within_a_day_of_a_stray() -> None:
    rules = {"tick_us": DAY, "lateness_us": 0}
    items = [sold("stray", 30 * HOUR), sold("a", 5 * HOUR), sold("b", 6 * HOUR)]
    assert told(played(items, **rules)) == ["stray!", "a", "| 5.00", "b", "| 6.00 last"]
    items = [sold("stray", 30 * HOUR), sold("a", 5 * HOUR), sold("b", 5.99 * HOUR)]
    assert told(played(items, **rules)) == ["stray!", "a", "b", "| 5.99 last"]


def test_tick_cut_that_would_come_within_a_day_of_a_stray_is_preceded_by_a_cut() -> None:
    items = [sold("stray", 25.05 * HOUR), sold("a", HOUR), sold("b", 3 * HOUR)]
    assert told(played(items, now=10 * MINUTE)) == [
        *("stray!", "a", "| 1.00", "| 1.08 closes 0", "| 2.08 closes 1", "b", "| 3.00 last")
    ]


def test_tick_cut_far_from_the_stray_is_enough() -> None:
    items = [sold("stray", 30 * HOUR), sold("a", 0.5 * HOUR), sold("b", 10 * HOUR)]
    steps = told(played(items, now=10 * MINUTE))
    assert steps[:3] == ["stray!", "a", "| 1.08 closes 0"]
    assert all("closes" in step for step in steps[2:-2])


def test_record_too_old_is_placed_and_does_not_move_the_clock() -> None:
    assert told(played([sold("old", -8 * DAY)])) == ["old", "| 0.00 last"]


def test_letter_is_dated_by_the_clock_where_there_is_one() -> None:
    items: list[Record | DeadLetter]
    items = [LETTER, sold("a", HOUR), LETTER, sold("b", HOUR, "B"), sold("c", HOUR, "C"), LETTER]
    assert told(played(items, now=None)) == [
        *("letter at None", "letter at None", "a", "b", "c", f"letter at {HOUR}", "| 1.00 last")
    ]


def test_input_without_records_has_no_cut() -> None:
    assert played([LETTER], now=None) == [LETTER]


def test_until_stops_before_the_record_that_reaches_it() -> None:
    items = [sold("a", HOUR), sold("b", 2 * HOUR), sold("late", HOUR), sold("c", 3 * HOUR)]
    steps = told(played(items, now=HOUR, until=2 * HOUR))
    assert steps == ["a", "| 1.08 closes 0", "| 1.08 last"]


def test_until_closes_the_ticks_that_end_before_it() -> None:
    items = [sold("a", HOUR), sold("b", 20 * HOUR)]
    steps = told(played(items, now=HOUR, until=3 * HOUR + 5 * MINUTE))
    assert steps == ["a", "| 1.08 closes 0", "| 2.08 closes 1", "| 2.08 last"]


def test_until_beyond_the_end_changes_nothing() -> None:
    items = [sold("a", HOUR), sold("b", 2 * HOUR), sold("c", 100 * HOUR)]
    assert played(items, until=101 * HOUR) == played(items)


def test_until_leaves_undecided_what_waits() -> None:
    items = [sold("gap", 100 * HOUR), sold("a", HOUR)]
    assert told(played([items[0]], until=50 * HOUR))[-1].endswith("last")
    assert "gap" not in told(played([items[0]], until=50 * HOUR))


def test_until_before_the_first_record_places_nothing() -> None:
    assert played([sold("a", HOUR)], now=None, until=HOUR) == []


@st.composite
def files(draw: st.DrawFn) -> list[Record | DeadLetter]:
    """Lines around a time that moves on, some far ahead, some late, some unreadable."""
    leaps = st.sampled_from([0, 0, 0, 0, -HOUR, -9 * DAY, 25 * HOUR, 3 * DAY, 400 * DAY])
    steps = st.lists(
        st.tuples(st.sampled_from([0, 7 * MINUTE, HOUR, 9 * HOUR]), leaps, st.integers(0, 4)),
        max_size=40,
    )
    now, lines = 5 * DAY, list[Record | DeadLetter]()
    for number, (step, leap, dealer) in enumerate(draw(steps)):
        now += step
        line = LETTER if dealer == 0 else sold(str(number), now + leap, f"D{dealer}")
        lines.append(line)
    return lines


@settings(max_examples=200)
@given(files(), st.lists(st.integers(0, 40), max_size=4), st.sampled_from([1, 3, 50_000]))
def test_steps_do_not_depend_on_how_the_file_is_cut(
    lines: list[Record | DeadLetter], at: list[int], cut_records: int
) -> None:
    playback: Playback[Record] = Playback(**RULES, cut_records=cut_records)
    steps: list[Step] = []
    for start, stop in pairwise([0, *sorted(at), max([*at, len(lines)])]):
        steps += playback.feed(lines[start:stop])
    steps += playback.end()
    assert steps == played(lines, now=None, cut_records=cut_records)


def many_at_a_time(lines: Sequence[Record | DeadLetter], **rules: Any) -> list[Step]:
    """Played by `take` as far as that goes."""
    playback: Playback[Record] = Playback(**RULES, **rules)
    ts = np.array([NO_EVENT if isinstance(one, DeadLetter) else one.ts for one in lines], np.int64)
    steps: list[Step] = []
    row = 0
    while row < len(lines) and not playback.finished:
        stop = playback.take(ts, row)
        steps += [Place(one, stray=False) for one in lines[row:stop] if isinstance(one, Record)]
        steps += playback.feed(lines[stop : stop + 1])
        row = stop + 1
    return [*steps, *playback.end()]


@settings(max_examples=300)
@given(files(), st.sampled_from([1, 3, 50_000]), st.none() | st.integers(0, 100))
def test_steps_do_not_depend_on_how_many_records_are_taken_at_a_time(
    lines: list[Record | DeadLetter], cut_records: int, hour: int | None
) -> None:
    rules = {"cut_records": cut_records, "until": hour and 5 * DAY + hour * HOUR}
    assert many_at_a_time(lines, **rules) == played(lines, now=None, **rules)


@settings(max_examples=300)
@given(files(), st.sampled_from([2, 50_000]))
def test_cuts_are_such_that_a_worker_refuses_what_the_clock_refused(
    lines: list[Record | DeadLetter], cut_records: int
) -> None:
    steps = played(lines, now=None, cut_records=cut_records)
    placed: list[Place[Record]] = []
    for step in steps:
        if isinstance(step, Place):
            placed.append(step)
        elif isinstance(step, CutDue):
            for place in placed:
                assert (place.record.ts > step.at + AHEAD) == place.stray
            assert len(placed) <= cut_records
            placed = []
    assert placed == []


@settings(max_examples=300)
@given(files())
def test_ticks_are_dense_and_cut_at_their_moment(lines: list[Record | DeadLetter]) -> None:
    cuts = [step for step in played(lines, now=None) if isinstance(step, CutDue)]
    ticks = [cut for cut in cuts if cut.tick is not None]
    assert [cut.at for cut in cuts] == sorted(cut.at for cut in cuts)
    for cut in ticks:
        assert cut.tick is not None
        assert cut.at == (cut.tick + 1) * HOUR + 5 * MINUTE
    _assert_dense([cut.tick for cut in ticks if cut.tick is not None])
    assert [cut.last for cut in cuts] == [False] * (len(cuts) - 1) + [True] * bool(cuts)


def _assert_dense(numbers: Sequence[int]) -> None:
    assert list(numbers) == [*range(numbers[0], numbers[0] + len(numbers))] if numbers else True


@settings(max_examples=200)
@given(files(), st.integers(0, 100))
def test_until_gives_the_beginning_of_what_the_whole_file_gives(
    lines: list[Record | DeadLetter], hour: int
) -> None:
    until = 5 * DAY + hour * HOUR
    whole, part = told(played(lines, now=None)), played(lines, now=None, until=until)
    assert all(step.at < until for step in part if isinstance(step, CutDue))
    if isinstance(part[-1] if part else None, CutDue):
        part = part[:-1]
    assert told(part) == whole[: len(part)]
