"""What the fleet teaches: medians of histograms, and the same whatever the partitions."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baselines.common_factor import SCALE
from detectors.deciding.pools import FleetPools
from detectors.watching.learning import BIN, LEVEL_BINS, LEVEL_LOWEST

LEVELS = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=60)
WHOLE = int(SCALE)


def histogram(values: list[float]) -> list[int]:
    place = [int((log(value) - LEVEL_LOWEST) // BIN) for value in values]
    bins = [0] * LEVEL_BINS
    for one in place:
        bins[min(max(one, 0), LEVEL_BINS - 1)] += 1
    return bins


def tier(levels: list[float]) -> dict[str, list[int]]:
    return {"tier/a": [WHOLE] * (7 + 7 + 24) + histogram(levels)}


@given(LEVELS)
def test_median_of_a_histogram_is_that_of_the_values(levels: list[float]) -> None:
    """Within a bin: a quarter of a log."""
    ordered = sorted(levels)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    told = FleetPools().add([tier(levels)])["tier/a"][0]
    assert low * np.exp(-BIN) <= told <= high * np.exp(BIN)


@given(LEVELS, st.integers(0, 60))
def test_split_into_partitions_changes_nothing(levels: list[float], cut: int) -> None:
    def some(part: list[float]) -> dict[str, list[int]]:
        sums = {"dispersion": [len(part) * WHOLE] * 4}
        sums |= {"tier/a": [0] * 38 + histogram(part), "prices": [WHOLE * len(part)] * 11}
        return sums | {"returns/a": [WHOLE * len(part)] * 4, "week/EUR": histogram(part)}

    together, apart = FleetPools(), FleetPools()
    parts = [some(levels[cut:]), some(levels[:cut])]
    assert together.add([some(levels)]) == apart.add(parts)


def test_tier_of_nobody_has_usual_values() -> None:
    level, *profiles = FleetPools().add([{"tier/a": [0] * (38 + LEVEL_BINS)}])["tier/a"]
    assert level == 1.0
    assert profiles[:7] == [1.0] * 7
    assert sum(profiles[7:]) == pytest.approx(1.0)


def test_profiles_follow_the_orders() -> None:
    busy_monday = [14 * WHOLE * 100, *[7 * WHOLE * 100] * 6]
    expected, hours = [8 * WHOLE * 100] * 7, [0] * 12 + [WHOLE * 1000] + [0] * 11
    sums = [*busy_monday, *expected, *hours, *histogram([1.0])]
    told = FleetPools().add([{"tier/a": sums}])["tier/a"]
    assert np.mean(told[1:8]) == pytest.approx(1.0)
    assert told[1] == pytest.approx(2 * told[2], rel=0.01)
    assert sum(told[8:]) == pytest.approx(1.0)
    assert int(np.argmax(told[8:])) == 12


@pytest.mark.parametrize("name", ["dispersion", "complaints", "returns"])
@pytest.mark.parametrize("sign", [1, -1])
def test_variances_follow_their_lessons_and_stay_bounded(sign: int, name: str) -> None:
    pools, told = FleetPools(), []
    for _ in range(2000):
        lesson = [sign * 5 * WHOLE, 10 * WHOLE, 0, 10 * WHOLE]
        told.append(pools.add([{name: lesson}])[name][0])
    assert (told[5] - told[0]) * sign > 0
    assert told[-1] == told[-2]
    assert np.isfinite(told).all()


def test_persistence_is_the_ratio_of_its_sums_within_bounds() -> None:
    for product, persistence in ((50, 0.5), (1000, 0.93), (-1000, 0.2)):
        told = FleetPools().add([{"dispersion": [0, WHOLE, product * WHOLE, 100 * WHOLE]}])
        assert told["dispersion"][1] == pytest.approx(persistence)


def test_rate_of_a_tier_is_its_cases_per_line() -> None:
    rate, prior = FleetPools().add(
        [{"returns/": [300 * WHOLE, 10_000 * WHOLE, 50 * WHOLE, 10 * WHOLE]}]
    )["returns/"]
    assert rate == pytest.approx(0.03, rel=0.01)
    assert prior == pytest.approx(5.0)


def test_state_survives_as_plain_values() -> None:
    pools, restored = FleetPools(), FleetPools()
    lessons = {"dispersion": [WHOLE] * 4, "prices": [WHOLE] * 11, "returns": [WHOLE] * 2}
    pools.add([lessons])
    restored.load(json.loads(json.dumps(pools.state())))
    assert restored.add([lessons]) == pools.add([lessons])
