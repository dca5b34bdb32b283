"""Who is told of, and which excursions of the evidence are counted."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.watching.crossings import STRICTER, Crossings, cross, empty

LINE = 9.0
ROWS = np.zeros(1, np.int64)
ONE_LINE = np.array([LINE])


def watch(*levels: float, able: bool = True, sharing: bool = True) -> tuple[list[bool], int]:
    """One dealer through days of evidence: when it is told of, and excursions found in the band."""
    seen, told, found = fresh(able=able, sharing=sharing), [], 0
    for level in levels:
        near, counted = np.empty((1, 1), np.bool_), np.empty((1, 3), np.int64)
        cross(seen, ROWS, np.array([[level]]), ONE_LINE, ONE_LINE, True, near, counted)
        found += int(counted[0, 0])
        told.append(bool(near[0, 0]))
    return told, found


def fresh(*, able: bool, sharing: bool) -> Crossings:
    seen = empty(1, 1)
    seen.able[:], seen.sharing[:] = able, sharing
    return seen


def test_dealer_is_told_of_from_the_line_until_well_below_it() -> None:
    assert watch(7, 9.1, 6, 5.6, 5.4, 8.9)[0] == [False, True, True, True, False, False]


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
    near = np.empty((2, 5), np.bool_)
    cross(seen, np.arange(5), np.zeros((2, 5)), lines, lines, False, near, counted)
    assert counted.tolist() == [[0, 0, 0], [0, 2, 1]]
