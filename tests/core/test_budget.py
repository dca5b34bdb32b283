"""From false alerts a week to nats."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.deciding.budget import LEAST_PER_YEAR, MOST_PER_YEAR, per_year, threshold, thresholds
from detectors.registry import KINDS

ABLE = st.dictionaries(st.sampled_from(["orders", "prices", "returns"]), st.integers(0, 10**6))


@given(st.floats(0.001, 1e5), ABLE)
def test_the_whole_fleet_never_spends_more_than_allowed(knob: float, able: dict[str, int]) -> None:
    entities = sum(able.values())
    (nats,) = set(thresholds(knob, able).values())
    spent = entities * per_year(nats)
    assert spent <= max(52 * knob, entities * LEAST_PER_YEAR) * (1 + 1e-9)
    assert per_year(nats) <= MOST_PER_YEAR * (1 + 1e-9)


def test_budget_is_spent_where_it_can_be() -> None:
    nats = thresholds(2.0, {"orders": 600, "prices": 400})["order_volume_drop"]
    assert 1000 * per_year(nats) == pytest.approx(104)
    assert nats == pytest.approx(log(365 / 0.104))


def test_every_detector_has_a_threshold() -> None:
    for able in ({}, {"orders": 0}, {"orders": 5}):
        assert set(thresholds(2.0, able)) == set(KINDS)


@given(st.floats(1e-4, 1.0))
def test_threshold_and_rate_are_inverse(rate: float) -> None:
    assert per_year(threshold(rate)) == pytest.approx(rate)


def test_more_false_alerts_lower_the_line() -> None:
    lines = [thresholds(knob, {"orders": 5000})["return_spike"] for knob in (0.1, 1, 10)]
    assert lines == sorted(lines, reverse=True)
