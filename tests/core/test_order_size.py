"""The size of orders: what is usual, what is noise, what is not a change of size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from detectors.baselines import order_size, peer_shift
from detectors.baselines.common_factor import SPEEDS, PeerSums
from detectors.baselines.order_size import Day, Pools, Size, Sizes
from detectors.columns import F64
from detectors.evidence.shiryaev_roberts import NOTHING, clear

POOLS = Pools(order_size.USUAL_DEVIATION**2, order_size.USUAL_LASTING)
CALM = np.array([NOTHING])
NO_MONTH = np.zeros((1, 2))
TRUST = np.ones(1)


def order(
    size: Size,
    opened: F64,
    log: float,
    sign: float = 1.0,
    before: float = np.nan,
    promoted: F64 | None = None,
) -> None:
    zero, planned = np.zeros(1, np.int64), promoted is not None
    one = Sizes(zero, zero, np.array([before]), np.array([log]), np.array([planned]))
    order_size.count(size, one, sign, opened, np.zeros((1, 1, 2)) if promoted is None else promoted)


def opened() -> F64:
    return np.zeros((1, 1, 3))


def live(size: Size, days: Iterator[list[float]] | list[list[float]], first: int = 0) -> None:
    """Days of orders (logs of their sizes), in control, with nothing common to all."""
    rows = np.zeros(1, np.int64)
    for day, logs in enumerate(days, first):
        sums = opened()
        for log in logs:
            order(size, sums, log)
        size.day[0] += sums[0, 0]
        order_size.learn_day(size, rows, CALM, NO_MONTH, TRUST, Day(day, day + 1), POOLS)


def drawn(seed: int, days: int, a_day: float, level: float, deviation: float) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    return [
        (level + deviation * rng.standard_t(4, rng.poisson(a_day))).tolist() for _ in range(days)
    ]


@pytest.mark.parametrize(("a_day", "days"), [(0.05, 2000), (1.0, 200), (300.0, 60)])
def test_level_and_deviation_are_learned_however_seldom_orders_come(
    a_day: float, days: int
) -> None:
    size = order_size.empty(1)
    live(size, drawn(1, days, a_day, level=2.0, deviation=0.4))
    assert size.level[0] == pytest.approx(2.0, abs=0.2)
    assert 0.4 < size.deviation[0] < 0.65  # t_4 is wider than a normal of its scale
    assert size.orders[0] > order_size.MIN_ORDERS


def test_first_order_is_no_surprise() -> None:
    size, sums = order_size.empty(1), opened()
    order(size, sums, 3.0)
    assert sums[0, 0].tolist() == [0.0, 1.0, 0.0]


def test_first_order_of_odd_size_is_forgotten() -> None:
    size = order_size.empty(1)
    live(size, [[5.0], *drawn(2, 40, 2.0, level=1.0, deviation=0.3)])
    assert size.level[0] == pytest.approx(1.0, abs=0.25)


def test_lines_that_come_later_replace_what_their_order_counted() -> None:
    size, apart, whole = order_size.empty(1), opened(), opened()
    live(size, drawn(3, 60, 2.0, level=1.0, deviation=0.4))
    order(size, apart, 0.3)
    order(size, apart, 1.1, before=0.3)
    order(size, whole, 1.1)
    assert apart == pytest.approx(whole)


def test_cancelled_order_leaves_nothing() -> None:
    size, sums = order_size.empty(1), opened()
    live(size, drawn(4, 60, 2.0, level=1.0, deviation=0.4))
    order(size, sums, 11.0)
    order(size, sums, 11.0, sign=-1.0)
    assert sums == pytest.approx(0.0)


def test_one_order_says_little_however_large() -> None:
    size, sums = order_size.empty(1), opened()
    live(size, drawn(5, 60, 2.0, level=1.0, deviation=0.4))
    order(size, sums, 25.0)
    assert sums[0, 0, 0] == pytest.approx(order_size.CUT * size.deviation[0])


def test_planned_lines_tell_by_how_much_they_make_orders_larger() -> None:
    size, sums, promoted = order_size.empty(1), opened(), np.zeros((1, 1, 2))
    live(size, drawn(8, 60, 2.0, level=1.0, deviation=0.4))
    usual = float(size.usual[0])
    order(size, sums, usual - 0.2, promoted=promoted)
    assert promoted[0, 0, 1] == 0.0
    order(size, sums, usual + 0.3, before=usual - 0.2, promoted=promoted)
    assert promoted[0, 0, 1] == pytest.approx(0.3)
    assert sums[0, 0, 0] == pytest.approx(0.3)


def test_weekday_of_its_own_is_usual() -> None:
    size = order_size.empty(1)
    week = [[1.0, 1.1, 0.9]] * 6 + [[2.0, 2.1, 1.9]]
    live(size, week * 40)
    assert _usual(size, 279) == pytest.approx(2.0, abs=0.3)
    assert _usual(size, 280) == pytest.approx(1.0, abs=0.15)


def _usual(size: Size, day: int) -> float:
    """What is usual on a day: as learned at the end of the day before."""
    order_size.learn_day(
        size, np.zeros(1, np.int64), CALM, NO_MONTH, TRUST, Day(day - 1, day), POOLS
    )
    return float(size.usual[0])


def test_suspected_dealer_teaches_nothing() -> None:
    size = order_size.empty(1)
    live(size, drawn(6, 60, 2.0, level=1.0, deviation=0.4))
    before, rows = float(size.level[0]), np.zeros(1, np.int64)
    for day in range(60, 90):
        sums = opened()
        order(size, sums, 0.2)
        size.day[0] += sums[0, 0]
        order_size.learn_day(
            size, rows, np.array([12.0]), NO_MONTH, TRUST, Day(day, day + 1), POOLS
        )
    # what waited from before the suspicion may still teach a little
    assert size.level[0] == pytest.approx(before, abs=0.02)


def test_level_is_accepted_after_sixty_days_of_suspicion() -> None:
    size = order_size.empty(1)
    live(size, drawn(7, 60, 2.0, level=1.0, deviation=0.4))
    rows, before = np.zeros(1, np.int64), float(size.level[0])
    month = np.array([[-70.0, 100.0]])
    taken = [
        bool(
            order_size.learn_day(
                size, rows, np.array([12.0]), month, TRUST, Day(day, day + 1), POOLS
            )[1][0]
        )
        for day in range(60, 125)
    ]
    assert taken.index(True) == 60
    assert size.level[0] == pytest.approx(before - 0.7, abs=0.01)


def in_control(n: int, days: int, a_day: float, seed: int, change: float = 0.0) -> F64:
    """(2, n) crossings of 2 a year downwards and upwards by n dealers, learned as they go."""
    rng = np.random.default_rng(seed)
    size, rows = order_size.empty(n), np.arange(n)
    parts = (order_size.SMALLER, order_size.LARGER)
    evidence = [one.empty(n) for one in parts]
    crossed = np.zeros((2, n))
    lasting = np.zeros(n)
    slot = np.zeros(n, np.int64)
    for day in range(days):
        lasting = 0.95 * lasting + rng.normal(0, 0.1 * (1 - 0.95**2) ** 0.5, n)
        sums = np.zeros((n, 1, 3))
        for _ in range(rng.poisson(a_day, n).max()):
            who = rows[rng.random(n) < a_day / max(a_day, 1.0)]
            logs = 1.0 + lasting[who] + 0.45 * rng.standard_t(4, len(who)) + change * (day > 100)
            nothing = np.full(len(who), np.nan)
            sizes = Sizes(who, slot[who], nothing, logs, nothing > 0)
            order_size.count(size, sizes, 1.0, sums, np.zeros((n, 1, 2)))
        total, orders, _ = sums[:, 0].T
        size.day[:] += sums[:, 0]
        known = (orders > 0) & order_size.mature(size, rows, np.zeros(n, np.int64), day)
        if known.any():
            who = rows[known]
            mean = total[who] / orders[who]
            seen = order_size.seen(
                size, who, mean, orders[who], POOLS, np.ones(len(who)), day + 1.0
            )
            for one, kept in zip(parts, evidence, strict=True):
                one.step(kept, seen, day + 1.0)
        odds = np.stack([kept.log_odds for kept in evidence])
        for way, kept in enumerate(evidence):
            over = np.flatnonzero(odds[way] >= np.log(365 / 2))
            crossed[way, over] += 1
            clear(kept, over)
        order_size.learn_day(
            size, rows, odds.max(axis=0), np.zeros((n, 2)), np.ones(n), Day(day, day + 1), POOLS
        )
    return crossed


@pytest.mark.parametrize("a_day", [0.3, 1.0, 8.0])
def test_in_control_alarms_are_as_rare_as_the_threshold_says(a_day: float) -> None:
    """Heavy tails and slow drift, with everything learned: two a year are allowed each way."""
    crossed = in_control(150, 365, a_day, seed=1)
    assert (crossed.mean(axis=1) < 2.0 * 1.3).all()


def test_halved_orders_are_found() -> None:
    crossed = in_control(60, 140, 1.0, seed=2, change=float(np.log(0.5)))
    assert (crossed[0] > 0).mean() > 0.9


def peers(shift: float, weight: float) -> PeerSums:
    sums = np.zeros((4, SPEEDS))
    sums[2], sums[3] = shift * weight, weight
    return PeerSums(sums, sums[None], sums[None])


@pytest.mark.parametrize("shift", [-0.4, 0.4])
def test_shift_of_all_peers_is_taken_off(shift: float) -> None:
    zero, out = np.zeros(1, np.int32), np.empty(1)
    own = np.zeros((1, 2, SPEEDS))
    peer_shift.shifts(np.zeros(1, np.int64), zero, zero, own, peers(shift, 1000.0), out)
    assert out[0] == pytest.approx(shift, rel=0.02)


def test_shift_of_few_peers_is_doubted() -> None:
    zero, out = np.zeros(1, np.int32), np.empty(1)
    own = np.zeros((1, 2, SPEEDS))
    peer_shift.shifts(np.zeros(1, np.int64), zero, zero, own, peers(0.4, 3.0), out)
    assert 0.0 < out[0] < 0.25


def test_dealer_leaves_itself_out() -> None:
    own, tick = np.zeros((1, 2, SPEEDS)), np.full(1, -1)
    rows, zero, out = np.zeros(1, np.int64), np.zeros(1, np.int32), np.empty(1)
    peer_shift.add_own(own, tick, rows, 10, 0.25, np.array([[0.4 * 50.0], [50.0]]))
    peer_shift.shifts(rows, zero, zero, own, peers(0.4, 50.0), out)
    assert out[0] == pytest.approx(0.0, abs=1e-9)
