"""Every peer of the detection benchmark sees what it is made for, on a few dealers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection.daily import Daily, daily, window
from benchmarks.detection.peers import PEERS, scores
from benchmarks.detection.peers.farrington import fit
from benchmarks.detection.scenarios import KINDS, Bool, channels, truth
from benchmarks.detection.scenarios import Size as Scenario
from schemas.alert import Kind
from streams.simulator import DENSE, simulate
from streams.simulator.benign import Name
from streams.simulator.plan import USUAL

DAYS, ONSET = 250, 200
SMALL = Scenario(seeds=(3, 4), dealers=40, days=200)


def trade(*, orders: float = 1.0, price: float = 1.0, cases: float = 1.0) -> Daily:
    """Two dealers with some 20 orders a day; the first changes by these factors at `ONSET`."""
    rng = np.random.default_rng(5)
    factor = np.ones((2, DAYS))
    factor[0, ONSET:] = 1.0
    change = np.zeros((2, DAYS), np.bool_)
    change[0, ONSET:] = True

    def drawn(mean: float, ratio: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return rng.poisson(np.where(change, mean * ratio, mean)).astype(np.float64)

    sold = drawn(20.0, orders)
    value = sold * 10.0 * np.where(change, price, 1.0) * rng.normal(1.0, 0.01, (2, DAYS))
    return Daily(sold, sold, value, drawn(2.0, cases), drawn(2.0, cases))


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(
    ("kind", "days"),
    [
        pytest.param(Kind.ORDER_VOLUME_DROP, trade(orders=0.1), id="orders"),
        pytest.param(Kind.UNIT_PRICE_DROP, trade(price=0.5), id="price"),
        pytest.param(Kind.COMPLAINT_SPIKE, trade(cases=8.0), id="complaints"),
    ],
)
def test_peer_sees_a_great_change(name: str, kind: Kind, days: Daily) -> None:
    found = PEERS[name](days, kind)
    if found is None:
        assert (name, kind) == ("Farrington", Kind.UNIT_PRICE_DROP)
        return
    assert found.shape == (2, DAYS)
    assert found[0, ONSET : ONSET + 21].max() > found[0, 100:ONSET].max()
    assert found[0, ONSET : ONSET + 21].max() > found[1, ONSET : ONSET + 21].max()


@pytest.mark.parametrize("name", PEERS)
def test_peer_judges_a_day_without_knowing_the_next(name: str) -> None:
    days = trade(orders=0.1)
    until = Daily(*(column[:, :220] for column in days))
    now, then = (PEERS[name](one, Kind.ORDER_VOLUME_DROP) for one in (until, days))
    assert now is not None
    assert then is not None
    assert np.array_equal(now, then[:, :220])


def test_scores_are_numbers_whatever_the_trade() -> None:
    nothing = np.zeros((2, DAYS))
    for peer in PEERS.values():
        for one in scores(peer, Daily(*[nothing] * 5)).values():
            assert not np.isnan(one.values).any()


def test_window_sums_the_days_that_ended() -> None:
    days = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert window(days, 2).tolist() == [[0, 3, 5, 7]]
    assert window(days, 2, lag=1).tolist() == [[0, 0, 3, 5]]


def test_farrington_expects_the_mean_of_steady_weeks() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(40.0, (200, 26)).astype(np.float64)
    found = fit(counts, -np.arange(3.0, 29.0))
    assert np.median(found.mean) == pytest.approx(40, rel=0.03)
    assert np.median(found.dispersion) == pytest.approx(1.0, abs=0.1)


def test_farrington_forgives_an_outbreak_in_its_base_line() -> None:
    counts = np.full((1, 26), 40.0) + np.tile([-3.0, 3.0], 13)
    counts[0, 5] = 400.0
    assert fit(counts, -np.arange(3.0, 29.0)).mean[0] == pytest.approx(40, rel=0.2)


def test_daily_figures_are_those_of_the_channel() -> None:
    many = channels(SMALL)
    days = daily(many)
    assert days.orders.shape == (80, 200)
    assert days.lines.sum() == sum(len(one.lines.at) for one in many)
    assert days.orders.sum() == sum(len(np.unique(one.lines.order)) for one in many)
    assert (days.orders <= days.lines).all()


def test_truth_stacks_the_dealers_of_all_channels() -> None:
    many = channels(SMALL)
    true = truth(many)
    drops = true.planted[Kind.ORDER_VOLUME_DROP]
    assert true.dealers == 80
    assert drops.dealer.max() >= 40
    for kind in KINDS:
        assert not _hits(true.free[kind], true.planted[kind].dealer, true.planted[kind].onset).any()


def test_dense_channel_has_what_the_usual_has_not() -> None:
    dense, usual = simulate(3, 100, 300, DENSE), simulate(3, 100, 300, USUAL)
    assert not usual.benign
    assert {one.name for one in dense.benign} == set(Name)
    slow = [one for one in dense.incidents if one.ramp]
    assert slow
    assert slow[0].grown(np.array([slow[0].onset + 30.0]))[0] == pytest.approx(0.5)
    assert len(dense.incidents) > 2 * len(usual.incidents)


def _hits(
    days: Bool,
    dealer: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    at: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Bool:
    return np.asarray(days[dealer, at.astype(np.int64)])
