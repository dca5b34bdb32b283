"""What a dealer pays for an article is known for half a year, then dropped without a trace."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import price_lines
from detectors.baselines.price_lines import FORGOTTEN_DAYS, Lines, Pair, Standing
from detectors.setup import Setup
from detectors.watching.fleet import Fleet
from schemas.settings import Settings

BOUGHT = 20_000  # local day of the last line
PAIRS = 6


def known(day: int = BOUGHT) -> Pair:
    one = np.ones(1, np.float32)
    days = np.full(1, day, np.int32)
    kept = (0.3 * one, 5.0 * one, 0.1 * one, one.copy())
    return Pair(*kept, days, days - 3, bought=2.0 * one, low=one.copy())


def after(pair: Pair, days: int) -> Pair:
    """The pair when a line votes so many days after the last one."""
    zeros = np.zeros(1)
    line = price_lines.no_lines(1)
    price_lines.vote(
        Standing(*(zeros.copy() for _ in Standing._fields)), pair, price_lines.empty_items(1),
        price_lines.empty_votes(1), line, np.zeros(1, np.int64), np.array([BOUGHT + days]), 1e-9,
        np.zeros(1, np.bool_),
    )  # fmt: skip
    return pair


@pytest.mark.parametrize("days", [FORGOTTEN_DAYS + 1, FORGOTTEN_DAYS + 400])
def test_pair_is_a_new_one_half_a_year_after_its_last_line(days: int) -> None:
    for column, blank in zip(
        after(known(), days), after(price_lines.empty_pairs(1), days), strict=True
    ):
        assert column.tolist() == blank.tolist()


def test_pair_is_known_for_half_a_year() -> None:
    assert after(known(), FORGOTTEN_DAYS).lines[0] > 0.5


def fleet_of(last: list[int]) -> Fleet:
    """A fleet with a pair for each day of a last line, 0: none yet, but one that waits."""
    fleet = Fleet(Setup(Settings()))
    fleet.pairs.rows(np.arange(1, len(last) + 1, dtype=np.uint64))
    fleet.make_room()
    fleet.pair.day[: len(last)] = last
    fleet.pair.lines[: len(last)] = np.arange(len(last))
    new = np.flatnonzero(np.array(last) == 0)
    fleet.lines = [Lines(new, new, new, new, np.zeros(len(new)))]
    return fleet


def test_forgotten_pairs_are_dropped_and_the_others_found_as_before() -> None:
    old = BOUGHT - FORGOTTEN_DAYS - 1
    fleet = fleet_of([old, BOUGHT, old, 0, old, old])
    fleet.forget_pairs(BOUGHT)
    rows = fleet.pairs.lookup(np.arange(1, PAIRS + 1, dtype=np.uint64))
    assert rows.tolist() == [-1, 0, -1, 1, -1, -1]
    assert fleet.pair.lines.tolist() == [1.0, 3.0]
    assert [part.pair.tolist() for part in fleet.lines] == [[1]]


def test_pairs_stay_while_most_of_them_are_known() -> None:
    fleet = fleet_of([BOUGHT - FORGOTTEN_DAYS - 1, BOUGHT - FORGOTTEN_DAYS, BOUGHT, 0])
    fleet.forget_pairs(BOUGHT)
    assert fleet.pairs.count == 4
