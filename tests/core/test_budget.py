"""From false alerts a week to nats, and what came of them."""

from __future__ import annotations

import json
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.deciding.budget import (
    LEAST_PER_YEAR,
    MOST_PER_YEAR,
    REALISED_DAYS,
    Openings,
    share,
    threshold,
)
from schemas.instant import DAY

SHARING = st.dictionaries(st.sampled_from(["drop", "surge", "spike"]), st.integers(0, 10**6))


@given(st.floats(0.001, 1e5), SHARING)
def test_the_whole_fleet_never_spends_more_than_allowed(
    knob: float, sharing: dict[str, int]
) -> None:
    entities, one = sum(sharing.values()), share(knob, sharing)
    assert LEAST_PER_YEAR <= one <= MOST_PER_YEAR
    assert entities * one <= max(52 * knob, entities * LEAST_PER_YEAR) * (1 + 1e-9)


def test_budget_is_spent_where_it_can_be() -> None:
    one = share(2.0, {"order_volume_drop": 600, "unit_price_drop": 400})
    assert 1000 * one == pytest.approx(104)
    assert threshold(one) == pytest.approx(log(365 / 0.104))


def test_slight_shares_are_part_of_the_budget() -> None:
    assert share(2.0, {"return_spike": 100 + 0.05 * 1000}) == pytest.approx(104 / 150)


def test_surges_have_a_quarter_and_cost_the_others_little() -> None:
    kinds = ["order_volume_drop", "unit_price_drop", "complaint_spike", "return_spike"]
    sharing = dict.fromkeys([*kinds, "order_volume_surge"], 1000)
    shares = {kind: share(10.0, sharing, kind) for kind in sharing}
    assert sum(shares.values()) * 1000 == pytest.approx(520)
    assert shares["order_volume_surge"] == pytest.approx(shares["order_volume_drop"] / 4)
    alone = share(10.0, dict.fromkeys(kinds, 1000))
    assert threshold(shares["order_volume_drop"]) - threshold(alone) < 0.07


def test_line_of_the_smallest_fleet_is_not_reached_by_time_alone() -> None:
    assert threshold(share(2.0, {"order_volume_drop": 1})) > log(2 * 60)


def test_more_false_alerts_lower_the_line() -> None:
    lines = [threshold(share(knob, {"return_spike": 5000})) for knob in (0.1, 1, 10)]
    assert lines == sorted(lines, reverse=True)


def openings(days: int, a_day: int) -> Openings:
    told = Openings()
    for day in range(days):
        told.note((day + 1) * DAY, ["return_spike"] * a_day + ["issue_overdue", "feed_outage"])
    return told


@pytest.mark.parametrize("days", [3, REALISED_DAYS, 100])
def test_openings_are_told_by_the_week(days: int) -> None:
    assert openings(days, a_day=2).per_week("return_spike") == pytest.approx(14)


def test_old_openings_are_forgotten() -> None:
    told = openings(100, a_day=1)
    told.note(200 * DAY, [])
    assert told.per_week("return_spike") == 0


def test_facts_cost_nothing_of_the_budget() -> None:
    assert openings(7, a_day=0).per_week("issue_overdue") == 0


def test_openings_survive_as_plain_values() -> None:
    told, restored = openings(40, a_day=3), Openings()
    restored.load(json.loads(json.dumps(told.state())))
    assert restored.state() == told.state()
    assert restored.per_week("return_spike") == told.per_week("return_spike")
