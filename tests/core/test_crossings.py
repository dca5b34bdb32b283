"""Who is told of, and which excursions of the evidence are counted."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.watching.crossings import (
    MOVED,
    NEWS,
    SILENT,
    STANDING,
    STRICTER,
    Crossings,
    cross,
    empty,
)

LINE = 9.0
ROWS = np.zeros(1, np.int64)
ONE_LINE = np.array([LINE])


def watch(*levels: float, able: bool = True, sharing: bool = True) -> tuple[list[bool], int]:
    """One dealer through days of evidence: when it is told of, and excursions found in the band."""
    seen = fresh(able=able, sharing=sharing)
    days = [step(seen, level, new_day=True) for level in levels]
    return [say == NEWS for say, _ in days], sum(found for _, found in days)


def step(seen: Crossings, level: float, *, new_day: bool = False) -> tuple[int, int]:
    """What there is to say of the dealer after a tick, and excursions found in it."""
    say, counted = np.empty((1, 1), np.int8), np.empty((1, 3), np.int64)
    days = np.array([new_day])
    cross(seen, ROWS, np.array([[level]]), ONE_LINE, ONE_LINE, days, True, say, counted)
    return int(say[0, 0]), int(counted[0, 0])


def fresh(*, able: bool, sharing: bool) -> Crossings:
    seen = empty(1, 1)
    seen.able[:], seen.sharing[:] = able, sharing
    return seen


def test_dealer_is_told_of_from_the_line_until_well_below_it() -> None:
    assert watch(7, 9.1, 6, 5.6, 5.4, 8.9)[0] == [False, True, True, True, False, False]


def test_reading_stands_until_the_evidence_has_moved() -> None:
    seen = fresh(able=True, sharing=True)
    seen.shown[:] = True
    moves = (LINE + 1, LINE + 1 + 0.9 * MOVED, LINE + 1 - 0.9 * MOVED, LINE + 1 + MOVED, LINE - 4)
    said = [step(seen, level)[0] for level in moves]
    assert said == [NEWS, STANDING, STANDING, NEWS, SILENT]


def test_reading_that_no_window_showed_is_taken_anew_at_any_move() -> None:
    seen = fresh(able=True, sharing=True)
    said = [step(seen, level)[0] for level in (LINE + 1, LINE + 1, LINE + 1.01)]
    assert said == [NEWS, STANDING, NEWS]


def test_evidence_that_crosses_the_line_is_news_however_little_it_moves() -> None:
    seen = fresh(able=True, sharing=True)
    seen.shown[:] = True
    said = [step(seen, level)[0] for level in (LINE + 0.1, LINE - 0.1, LINE - 0.2, LINE)]
    assert said == [NEWS, NEWS, STANDING, NEWS]


def test_everything_is_news_once_a_day() -> None:
    seen = fresh(able=True, sharing=True)
    seen.shown[:] = True
    days = [step(seen, LINE + 1, new_day=new)[0] for new in (False, False, True, False)]
    assert days == [NEWS, STANDING, NEWS, STANDING]


def test_dealer_that_usually_proves_nothing_is_told_of_when_evidence_overwhelms() -> None:
    line = LINE + STRICTER
    levels = (line - 0.1, line + 0.1, line - 3, line - 4)
    assert watch(*levels, able=False) == ([False, True, True, False], 0)


def test_dealer_without_a_share_is_told_of_but_not_counted() -> None:
    assert watch(0, 8.5, 9.5, sharing=False) == ([False, False, True], 0)


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ((0, 8.4, 3), 0),  # never near the line
        ((0, 8.6, 9.5, 6.4), 1),  # up to the line and back
        ((0, 9.0, 10.6, 30, 5), 0),  # a true change rises on
        ((0, 12, 5), 0),  # also when it does so at once
        ((0, 8.9, 6.5, 8.8, 6.0, 8.6), 1),  # wandering is one excursion
        ((0, 9.5, 6.4, 9.5, 3), 2),  # 3 nats down, 3 nats up: another one
    ],
)
def test_excursions_with_their_peak_in_the_band_are_counted(
    levels: tuple[float, ...], found: int
) -> None:
    assert watch(*levels)[1] == found


def test_dealers_with_a_share_are_counted_by_its_size() -> None:
    seen = empty(5, 2)
    seen.sharing[1:4, 1] = True
    seen.able[2:, 1] = True
    lines, counted = np.full(2, LINE), np.empty((2, 3), np.int64)
    say, days = np.empty((2, 5), np.int8), np.zeros(5, np.bool_)
    cross(seen, np.arange(5), np.zeros((2, 5)), lines, lines, days, False, say, counted)
    assert counted.tolist() == [[0, 0, 0], [0, 2, 1]]
