"""The common factor: peers without oneself, fast when it is sure, shrunk when it is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from detectors.baselines.common_factor import (
    HALF_LIVES,
    SCALE,
    SPEEDS,
    UNEVEN,
    PeerSums,
    keep,
    log_factors,
    scaled,
    unevenness,
)
from detectors.columns import F64

ZERO = np.zeros(1, np.int32)


def sums(network: F64, region: F64 | None = None, tier: F64 | None = None) -> PeerSums:
    """Regions and tiers do as the network does, unless told otherwise."""
    return PeerSums(
        network,
        np.array([network if region is None else region]),
        np.array([network if tier is None else tier]),
    )


def pair(observed: float | list[float], expected: float | list[float]) -> F64:
    return np.stack([np.broadcast_to(np.array(x, float), SPEEDS) for x in (observed, expected)])


def factors(of: PeerSums, own: F64 | None = None) -> F64:
    mine = np.zeros((1, 2, SPEEDS)) if own is None else own[None]
    parts = np.empty((1, 3))
    log_factors(np.array([0]), ZERO, ZERO, mine, of, parts)
    return np.asarray(parts[0])


def test_network_as_expected_has_no_factor() -> None:
    assert_allclose(factors(sums(pair(500, 500))), 0.0, atol=1e-12)


def test_network_without_anybody_has_no_factor() -> None:
    assert_allclose(factors(sums(pair(0, 0))), 0.0, atol=1e-12)


@pytest.mark.parametrize("ratio", [0.02, 0.5, 1.5, 4.0])
def test_whole_network_is_followed(ratio: float) -> None:
    network, region, tier = factors(sums(pair(ratio * 2000, 2000)))
    assert np.exp(network) == pytest.approx(ratio, rel=0.03)
    assert_allclose([region, tier], 0.0, atol=0.03)


def test_region_is_followed_against_the_network() -> None:
    parts = factors(sums(pair(9_500, 10_000), region=pair(300, 600)))
    assert np.exp(parts.sum()) == pytest.approx(0.5, rel=0.05)


def test_own_share_is_left_out() -> None:
    """What a dealer does itself is never its peers' doing."""
    own = pair(7, 40)
    others = pair(1000, 1000)
    with_me = PeerSums(others + own, np.array([others + own]), np.array([others + own]))
    assert_array_equal(factors(with_me, own), factors(sums(others)))


def test_few_orders_are_shrunk_and_many_believed() -> None:
    few, many = (abs(factors(sums(pair(0.7 * n, n)))[0]) for n in (10, 5000))
    assert few < 0.6 * abs(np.log(0.7))
    assert many == pytest.approx(abs(np.log(0.7)), rel=0.02)


def test_slow_ratio_rules_unless_a_faster_one_is_sure() -> None:
    slow = 400.0
    unsure = factors(sums(pair([15, slow, slow], [25, slow, slow])))
    sure = factors(sums(pair([5, slow, slow], [100, slow, slow])))
    assert abs(unsure[0]) < 1e-12
    assert np.exp(sure[0]) < 0.1


def test_every_dealer_has_its_own_factors_whatever_the_rows_asked() -> None:
    rng = np.random.default_rng(3)
    n, regions, tiers = 30, 3, 2
    region = rng.integers(0, regions, n).astype(np.int32)
    tier = rng.integers(0, tiers, n).astype(np.int32)
    own = rng.uniform(0, 20, (n, 2, SPEEDS))
    of = PeerSums(
        own.sum(axis=0),
        np.stack([own[region == r].sum(axis=0) for r in range(regions)]),
        np.stack([own[tier == t].sum(axis=0) for t in range(tiers)]),
    )
    together, apart = np.empty((n, 3)), np.empty((n, 3))
    log_factors(np.arange(n), region, tier, own, of, together)
    for rows in np.array_split(rng.permutation(n), 7):
        part = np.empty((len(rows), 3))
        log_factors(rows, region, tier, own, of, part)
        apart[rows] = part
    assert_array_equal(together, apart)
    assert np.isfinite(together).all()


def test_sums_do_not_depend_on_grouping() -> None:
    values = scaled(np.random.default_rng(4).uniform(0, 1000, 5000))
    whole = values.sum()
    for groups in (2, 7, 100):
        assert sum(part.sum() for part in np.array_split(values, groups)) == whole
    assert_allclose(whole / SCALE, values.sum() / SCALE)


def test_keep_is_a_half_after_the_half_life() -> None:
    assert_allclose([keep(h)[k] for k, h in enumerate(HALF_LIVES)], [0.0, 0.5, 0.5])
    assert_allclose(keep(0.25) ** 4, keep(1.0))


def test_dealers_may_differ_where_all_are_off_what_is_usual() -> None:
    none, half, double = unevenness(np.log(np.array([1.0, 0.5, 2.0])))
    assert none == 0.0
    assert half == pytest.approx(double) == pytest.approx((UNEVEN * np.log(2)) ** 2)
