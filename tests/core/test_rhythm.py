"""Dealers who keep a rhythm: learned, judged by it, and not suspected without need."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from detectors.baselines import rhythm, rhythm_break
from detectors.baselines.rhythm import DETECTOR, Rhythm
from detectors.columns import I64, from_arrays, to_arrays
from detectors.evidence.renewal import SHAPES
from detectors.evidence.shiryaev_roberts import clear
from tests.core.rhythms import POOLS, Watched, appointed, renewal

YEAR = 365
ROW = np.zeros(1, np.int64)


def gap(watched: Watched, dealer: int = 0) -> float:
    return float(rhythm.usual_gap(watched.known, np.array([dealer]))[0])


def watched(orders: I64, by_count: float = np.nan) -> Watched:
    """Dealers after these days."""
    one = Watched(len(orders), by_count)
    for _ in one.play(orders):
        pass
    return one


IN_CONTROL = {
    "by chance, in 14 days": (renewal(1, 14, 1_000, YEAR, 1), np.nan),
    "by chance, in 7 days": (renewal(1, 7, 1_000, YEAR, 2), np.nan),
    "by chance, one a day": (renewal(1, 1, 500, YEAR, 3), np.exp(-1.0)),
    "in bursts": (renewal(0.5, 7, 500, YEAR, 4), np.nan),
    "nearly even": (renewal(16, 1.5, 500, YEAR, 5), np.exp(-1 / 1.5)),
    "every second week, seldom not": (appointed(14, 0, 0.02, 500, YEAR, 6), np.nan),
    "weekly, early or late, seldom not": (appointed(7, 1, 0.03, 1_000, YEAR, 7), np.nan),
    "daily, seldom not": (appointed(1, 0, 0.05, 500, YEAR, 8), np.exp(-1.0)),
}


@pytest.mark.parametrize("habit", IN_CONTROL)
def test_who_keeps_the_habit_is_suspected_no_oftener_than_asked(habit: str) -> None:
    """Alarms at R = 365 / b come at most b times a year."""
    orders, by_count = IN_CONTROL[habit]
    for most in (1.0, 0.1):
        one, alarms = Watched(len(orders), by_count), 0
        for r in one.play(orders):
            over = np.flatnonzero(r >= 365 / most)
            alarms += len(over)
            clear(one.evidence, over)
        assert alarms / len(orders) <= most


@pytest.mark.parametrize(
    ("every", "jitter", "within"), [(1, 0, 4), (14, 0, 32), (7, 1, 21)], ids=str
)
def test_who_stops_is_found_within_its_own_gaps(every: int, jitter: int, within: int) -> None:
    orders = appointed(every, jitter, 0.0, 50, 182 + within, 1)
    orders[:, 182:] = 0
    one = Watched(50, np.exp(-1 / every))
    *_, r = one.play(orders)
    assert (np.log(r) > np.log(365 / 0.05)).mean() >= 0.9


def test_irregular_dealer_is_not_found_sooner_than_its_rhythm_allows() -> None:
    orders = renewal(1, 14, 200, 182 + 32, 1)
    orders[:, 182:] = 0
    *_, r = Watched(200).play(orders)
    assert (np.log(r) > np.log(365 / 0.05)).mean() <= 0.02


def test_regular_gaps_are_learned() -> None:
    one = watched(appointed(14, 0, 0.0, 1, 200, 1))
    assert gap(one) == pytest.approx(13.5)  # from the end of one day to the middle of another
    assert one.known.shape[0] @ SHAPES > 64
    assert rhythm.plain(one.known, ROW).all()


def test_gaps_by_chance_are_no_rhythm() -> None:
    one = watched(renewal(1, 7, 100, 365, 1))
    assert rhythm.plain(one.known, np.arange(100)).mean() < 0.05
    assert np.median(one.known.shape @ SHAPES) < 3


def test_skipped_cycle_teaches_that_cycles_are_skipped_not_that_gaps_are_long() -> None:
    orders = appointed(7, 0, 0.0, 1, 210, 1)
    orders[0, 105] = 0
    one = watched(orders)
    assert gap(one) == pytest.approx(6.5, abs=0.1)
    assert one.known.skips[0] == pytest.approx(1.0, abs=0.3)


def test_double_order_may_pay_for_the_next_one() -> None:
    orders = appointed(7, 0, 0.0, 2, 113, 1)
    orders[0, 112] = 2
    one = watched(orders)
    week = [one.day(np.zeros(2, np.int64)) for _ in range(10)][-1]
    assert np.log(week[0]) < np.log(week[1]) - 3


def test_dealer_who_orders_double_and_comes_all_the_same_is_known_for_it() -> None:
    orders = appointed(7, 0, 0.0, 1, 210, 1)
    orders[0, ::14] *= 2
    one = watched(orders)
    assert one.known.heed[0] < -3


def test_closed_days_are_no_evidence_and_stop_the_clock() -> None:
    one = watched(appointed(1, 0, 0.0, 3, 60, 1), by_count=0.3)
    before, r = np.array(one.known.age), one.evidence.log_odds.copy()
    one.day(np.zeros(3, np.int64), opened=0.0)
    assert_array_equal(one.known.age, before)
    assert (one.evidence.log_odds <= np.logaddexp(r, 0.0)).all()


def test_who_is_overdue_has_no_vote_and_gets_it_back_with_an_order() -> None:
    one = watched(appointed(7, 0, 0.0, 1, 113, 1))
    length, nobody = np.ones(1), np.zeros(1, np.int64)

    def votes() -> bool:
        day = rhythm.day(one.known, ROW, length, np.array([100]), POOLS)
        return bool(day.votes[0])

    assert votes()
    for _ in range(12):
        one.day(nobody)
    assert not votes()
    one.day(nobody + 1)
    assert votes()


def test_rhythm_of_an_accepted_new_level_begins_anew() -> None:
    one = watched(appointed(7, 0, 0.0, 1, 210, 1))
    one.known.stale[:] = True
    assert not rhythm.mature(one.known, ROW, np.array([100])).any()
    for _ in range(90):
        one.day(np.zeros(1, np.int64))
    one.day(np.ones(1, np.int64))
    assert gap(one) == pytest.approx(6.5)
    assert one.known.gaps[0] == pytest.approx(2.0)
    assert not one.known.stale[0]


def test_claim_is_small_for_chance_and_large_for_rhythm() -> None:
    for orders, by_count, least, most in (
        (renewal(1, 1, 50, 365, 1), np.exp(-1.0), 0.02, 0.2),
        (appointed(1, 0, 0.0, 50, 365, 1), np.exp(-1.0), 0.85, 0.9),
        (appointed(14, 0, 0.0, 50, 365, 1), np.nan, 0.85, 0.9),
    ):
        one = watched(orders, by_count)
        every, age = np.ones(50), np.full(50, 400)
        one.known.length[:] = 1.0
        of = rhythm.day(one.known, np.arange(50), every, age, POOLS)
        claim = rhythm_break.judge(one.known, of, every, by_count * every, POOLS).claim
        assert least <= np.median(claim) <= most


def restored(known: Rhythm) -> Rhythm:
    return from_arrays("r", rhythm.empty, to_arrays("r", known, len(known.gaps)))


def test_restart_and_grouping_change_nothing() -> None:
    orders = np.concatenate([renewal(2, 3, 5, 90, 1), appointed(7, 1, 0.1, 4, 90, 2)])
    through, restarted = Watched(9, 0.6), Watched(9, 0.6)
    alone = [Watched(1, 0.6) for _ in range(9)]
    for day in range(90):
        restarted.known = restored(restarted.known)
        r = through.day(orders[:, day])
        assert_array_equal(restarted.day(orders[:, day]), r)
        apart = [one.day(orders[n : n + 1, day])[0] for n, one in enumerate(alone)]
        assert_array_equal(apart, r)


def test_absurd_days_leave_finite_numbers() -> None:
    chance, n = np.random.default_rng(1), 300
    one, rows = Watched(n), np.arange(n)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        # sockets that earlier tests in this process left to the garbage collector
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        for day in range(120):
            orders = np.floor(10 ** chance.uniform(-1, 6, n)) * (chance.random(n) < 0.5)
            one.known.length[:] = chance.choice([0.0, 1e-9, 1.0, 7.0, 1e4], n)
            of = rhythm.day(one.known, rows, orders, np.full(n, day), POOLS)
            opened = chance.choice([0.0, 1e-12, 0.5, 1.0], n)
            by_count = chance.choice([np.nan, 0.0, 1e-300, 0.5, 1.0], n)
            judged = rhythm_break.judge(one.known, of, opened, by_count, POOLS)
            suspicion = chance.choice([0.0, 0.5, 1.0], n)
            rhythm.learn(one.known, of, opened, judged.silent, suspicion, POOLS)
            DETECTOR.step(one.evidence, rhythm_break.step(of, judged, judged.claim), float(day))
            assert all(np.isfinite(column).all() for column in (*one.known, *one.evidence))
            assert np.isfinite(rhythm.chance(one.known, rows, POOLS)).all()
            assert_allclose(one.known.shape.sum(axis=1), 1.0)
