"""The detector of rhythm in river's manner, beside its fleet form."""

from __future__ import annotations

import doctest
import pickle
from types import ModuleType

import numpy as np
import pytest

from detectors.baselines import river_rhythm
from detectors.baselines.river_rhythm import RhythmBreak
from detectors.evidence import river_form
from detectors.evidence.shiryaev_roberts import NOTHING
from tests.core.rhythms import Watched, appointed, renewal

HABITS = {
    "every second Tuesday": appointed(14, 0, 0.02, 3, 200, 1),
    "weekly, early or late": appointed(7, 1, 0.0, 3, 120, 2),
    "by chance": renewal(1, 3, 3, 120, 3),
}


@pytest.mark.parametrize("habit", HABITS)
def test_numbers_are_those_of_the_fleet_form(habit: str) -> None:
    orders = HABITS[habit].copy()
    orders[:, -40:] = 0  # they stop
    scores: list[float] = []
    fleet, ones = Watched(len(orders)), [RhythmBreak() for _ in orders]
    for day, daily in enumerate(orders.T):
        opened = 0.3 if day % 31 == 30 else 1.0
        fleet.day(daily, opened)
        scores = [
            one.score_one({"opened": opened}, count)
            for one, count in zip(ones, daily.tolist(), strict=True)
        ]
        for one, count in zip(ones, daily.tolist(), strict=True):
            one.learn_one({"opened": opened}, count)
        assert [one.log_odds for one in ones] == scores == fleet.evidence.log_odds.tolist()
    assert max(scores) > 0


def test_scores_leave_no_trace() -> None:
    one = RhythmBreak()
    for day in range(30):
        one.learn_one({"length": 0.9}, int(day % 3 == 0))
    before = pickle.dumps(one)
    assert one.score_one(None, 0) == one.score_one({}, 0)
    assert pickle.dumps(one) == before


def test_survives_pickling_and_cloning() -> None:
    one = RhythmBreak(skipping=0.1)
    for day in range(40):
        one.learn_one(None, int(day % 2 == 0))
    restored, fresh = pickle.loads(pickle.dumps(one)), one.clone()  # noqa: S301  our own
    assert restored.score_one(None, 0) == one.score_one(None, 0)
    assert (fresh.log_odds, fresh.skipping) == (NOTHING, 0.1)


def test_day_of_rest_is_no_silence() -> None:
    working, resting = RhythmBreak(), RhythmBreak()
    for _ in range(60):
        working.learn_one(None, 1)
        resting.learn_one(None, 1)
    for _ in range(5):
        working.learn_one(None, 0)
        resting.learn_one({"length": 0.0}, 0)
    assert working.log_odds > 6
    assert resting.log_odds < np.log(65)  # the days, as without any evidence


def test_names_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"features open; allowed: length, opened"):
        RhythmBreak().learn_one({"open": 1.0}, 1)


@pytest.mark.parametrize("module", [river_form, river_rhythm])
def test_examples_of_the_manual_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
