"""Who is open: a closure of many is nobody's silence, and a dealer's own is its own."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from detectors.baselines.common_factor import SCALE
from detectors.baselines.openings import most_open, open_share, votes
from detectors.baselines.rhythm import Day
from detectors.columns import F64, Bool

MANY = 200


def day(ordered: Bool, silent: float = 0.05, votes: Bool | None = None) -> Day:
    n = len(ordered)
    every = np.ones(n, np.bool_)
    return Day(
        rows=np.arange(n),
        orders=ordered.astype(np.float64),
        length=np.ones(n),
        silent=np.full(n, silent),
        mature=every,
        votes=every if votes is None else votes,
    )


def shares(of: Day, regions: int = 2, most: float = 1.0) -> F64:
    region = (np.arange(len(of.rows)) % regions).astype(np.int32)
    own = votes(of)
    sums = np.stack([own[region == code].sum(axis=0) for code in range(regions)])
    return open_share(own, region, sums, np.full(len(own), most))


def test_on_a_plain_day_everybody_is_open() -> None:
    ordered = np.random.default_rng(1).random(MANY) >= 0.05
    assert (shares(day(ordered)) > 0.99).all()


def test_on_a_holiday_nobody_is() -> None:
    assert (shares(day(np.zeros(MANY, np.bool_))) < 0.02).all()


def test_closed_region_does_not_close_the_others() -> None:
    open_there = np.arange(MANY) % 4 != 0
    found = shares(day(open_there), regions=4)
    assert (found[~open_there] < 0.1).all()
    assert (found[open_there] > 0.7).all()


def test_dealer_does_not_speak_for_itself() -> None:
    ordered = np.ones(MANY, np.bool_)
    ordered[7] = False
    found = shares(day(ordered))
    assert found[7] == 1.0 or found[7] >= np.delete(found, 7).max()


def test_few_dealers_prove_no_closure() -> None:
    assert (shares(day(np.zeros(3, np.bool_)), regions=1) > 0.5).all()


def test_those_without_a_vote_are_not_asked() -> None:
    gone = np.arange(MANY) < 80
    assert (shares(day(~gone)) < 0.8).any()
    assert (shares(day(~gone, votes=~gone)) > 0.99).all()


def test_sums_of_votes_do_not_depend_on_grouping() -> None:
    own = votes(day(np.random.default_rng(2).random(MANY) < 0.5, silent=1 / 3))
    assert_array_equal(own, np.rint(own))
    assert_array_equal(own[:77].sum(axis=0) + own[77:].sum(axis=0), own[::-1].sum(axis=0))
    assert own[:, 1].max() <= SCALE


def test_planned_window_is_never_all_open() -> None:
    weight, variance = np.array([1.0, 0.35, 1.0]), np.array([0.0, 0.0, 0.35])
    most = most_open(weight, variance, planned=np.array([False, True, True]))
    assert most[:2].tolist() == [1.0, 0.35]
    assert 0.35 < most[2] < 0.7
    assert (shares(day(np.ones(MANY, np.bool_)), most=0.35) == 0.35).all()
