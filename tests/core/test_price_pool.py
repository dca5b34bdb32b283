"""What the fleet teaches about prices: how far visits are off, how long, how common deals are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from detectors.baselines import unit_price
from detectors.baselines.common_factor import SCALE
from detectors.baselines.unit_price import FIRST_PRICES, PricePools
from detectors.columns import F64
from detectors.deciding.price_pool import FASTEST, LEAST, MOST, PricePool

DEALERS, DAYS = 300, 400
NEVER = np.full(DEALERS, -20.0)


def visits(low: int, of: int) -> list[int]:
    """A day that has taught nothing but how many visits were low."""
    return [0] * 4 + [low * int(SCALE), of * int(SCALE)] + [0] * 5


def learned(
    mood: float,
    visit: float,
    deals: float = 0.0,
    lasting: float = 0.97,
    cut: float = 0.0,
    suspicion: float = 0.0,
) -> PricePools:
    """What is believed of the mean dealer after a year of a visit a day.

    lasting: autocorrelation of moods from day to day; cut: of a tenth of the dealers, from the
    beginning; suspicion: of those.
    """
    rng, price, pool = np.random.default_rng(7), unit_price.empty(DEALERS), PricePool()
    price.lines[:] = 1e6  # what is usual is known
    rows, mature, month = np.arange(DEALERS), np.ones(DEALERS, np.bool_), np.zeros((DEALERS, 2))
    state, told = rng.normal(0, mood, DEALERS), FIRST_PRICES
    for day in range(DAYS):
        state = lasting * state + np.sqrt(1 - lasting**2) * rng.normal(0, mood, DEALERS)
        off = state + rng.normal(0, np.hypot(visit, 0.01), DEALERS)
        off -= 0.2 * (rng.random(DEALERS) < deals)
        off[::10] -= cut
        price.suspicion[::10] = suspicion
        price.day_precision[:] = 1e4
        price.day_weighted[:] = 1e4 * off
        lesson, _ = unit_price.learn_day(price, rows, NEVER, mature, month, day, told)
        told = PricePools(*pool.add([int(x) for x in np.rint(lesson.sum(axis=1) * SCALE)]))
    own = float(np.exp(price.dispersion).mean())
    return told._replace(visit=told.visit * own, mood=told.mood * own)


@pytest.mark.parametrize(("mood", "visit"), [(0.03, 0.01), (0.01, 0.03), (0.02, 0.02)])
def test_moods_and_visits_come_near_the_true_ones(mood: float, visit: float) -> None:
    told = learned(mood, visit)
    assert np.sqrt(told.mood) == pytest.approx(mood, rel=0.35)
    assert np.sqrt(told.mood + told.visit) == pytest.approx(np.hypot(mood, visit), rel=0.35)


def test_deals_are_counted_beyond_chance() -> None:
    assert learned(0.01, 0.01).deals < 0.02
    assert learned(0.01, 0.01, deals=0.08).deals == pytest.approx(0.08, abs=0.03)


def test_fleet_without_deals_is_not_made_to_pay_for_them() -> None:
    """A visit may say 9 nats, of a fleet of which so many have been seen; 5 before."""
    assert -np.log(learned(0.01, 0.01).deals) > 9.0
    assert -np.log(FIRST_PRICES.deals) < 5.0


def test_years_without_a_visit_leave_what_was_believed_at_first() -> None:
    pool = PricePool()
    for _ in range(20_000):
        pool.add([0] * 11)
    told = PricePools(*pool.add([0] * 11))
    assert told.deals == pytest.approx(FIRST_PRICES.deals, rel=0.05)


def test_chance_of_one_day_is_no_week_of_clearance() -> None:
    """A hundred visits of which 5 are low: 2 or 3 are to be expected."""
    pool = PricePool()
    for _ in range(100):
        pool.add(visits(2, 100))
    assert pool.add(visits(5, 100))[2] < 1e-3


@pytest.mark.parametrize("lasting", [0.99, 0.97, 0.9])
def test_how_long_moods_last_comes_near_the_true_time(lasting: float) -> None:
    told = learned(0.03, 0.01, lasting=lasting)
    assert np.exp(-7.0 * told.fading) == pytest.approx(lasting**7, abs=0.12)


def test_cuts_under_suspicion_are_no_moods_of_the_fleet() -> None:
    """A tenth of the dealers stay 5 % below; all are known to be suspicious, or none is."""
    innocent, suspected = (learned(0.01, 0.01, cut=0.05, suspicion=s) for s in (0.0, 0.89))
    assert suspected.mood < 0.85 * innocent.mood


def test_week_of_clearance_is_known_after_a_day_of_it() -> None:
    pool = PricePool()
    for _ in range(100):
        pool.add(visits(2, 100))
    calm = pool.add(visits(0, 0))[2]
    day = pool.add(visits(30, 100))[2]
    assert calm < 0.01
    assert day > 0.08


def test_share_of_lines_low_in_common_is_known_after_a_day_and_soon_forgotten() -> None:
    pool, usual = PricePool(), [0] * 6 + [int(SCALE), 500 * int(SCALE), 0, 0, 0]
    calm = [pool.add(usual)[3] for _ in range(20)]
    clearance = pool.add([0] * 6 + [800 * int(SCALE), 2000 * int(SCALE), 0, 0, 0])[3]
    after = [pool.add(usual)[3] for _ in range(20)]
    assert max(calm) < 0.011
    assert clearance > 0.2
    assert after[-1] < 0.01


def test_any_lessons_stay_within_bounds_and_survive_a_snapshot() -> None:
    one = int(SCALE)
    for sign in (1, -1):
        pool = PricePool()
        for _ in range(300):
            most = sign * 10**6 * one
            visit, mood, deals, common, fading = pool.add(
                [most, one, most, one, one, one, one, one, -most, one, 8 * one]
            )
            assert LEAST <= visit <= MOST
            assert LEAST <= mood <= MOST
            assert 0.0 < deals <= 1.0
            assert 0.0 < fading <= FASTEST
            assert 0.0 < common < 1.0
        again = PricePool()
        again.load(json.loads(json.dumps(pool.state())))
        assert again.add([one] * 11) == pool.add([one] * 11)


def weighed(off: float, visits: int, deals: float) -> float:
    """Nats after so many visits, one a week."""
    price, evidence = unit_price.empty(1), unit_price.DETECTOR.empty(1)
    price.lines[:] = 50.0
    for week in range(visits):
        price.day_precision[:], price.day_weighted[:] = 1e4, 1e4 * off
        pools = FIRST_PRICES._replace(visit=0.01**2, mood=0.01**2, deals=deals)
        seen = unit_price.seen(price, np.arange(1), 7.0 * week, pools, one)
        unit_price.DETECTOR.step(evidence, seen, 7.0 * week)
    return float(unit_price.DETECTOR.log_odds(evidence, np.arange(1))[0])


one: F64 = np.ones(1)


def test_single_visit_proves_nothing_and_several_do() -> None:
    assert weighed(-0.3, 2, deals=0.02) < 8.0
    assert weighed(-0.3, 5, deals=0.02) > 12.0


def test_more_deals_ask_for_more_visits() -> None:
    assert weighed(-0.3, 3, deals=0.2) < weighed(-0.3, 3, deals=0.01) - 2.0
