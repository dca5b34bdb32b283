"""How many cases the fleet's mean is worth is what would have foretold best."""

from __future__ import annotations

import json

from detectors.baselines.bulk import USUAL_WORTH, WORTHS
from detectors.baselines.common_factor import SCALE
from detectors.deciding.credibility import LEAST_CASES, Credibility


def block(cases: float, *errors: float) -> list[int]:
    return [round(value * SCALE) for value in (cases, *errors)]


def test_nothing_is_learned_from_few_cases() -> None:
    assert Credibility().add(block(LEAST_CASES - 1, 1, 2, 3, 4)) == [USUAL_WORTH]


def test_worth_with_the_least_error_is_taken() -> None:
    assert Credibility().add(block(100, 1.5, 1.0, 2.0, 4.0)) == [WORTHS[1]]


def test_where_all_are_alike_the_fleet_is_trusted_most() -> None:
    assert Credibility().add(block(100, 1.0, 1.01, 1.005, 1.015)) == [WORTHS[-1]]


def test_blocks_add_up_and_survive_a_restart() -> None:
    first = Credibility()
    first.add(block(30, 1.0, 2.0, 3.0, 4.0))
    second = Credibility()
    second.load(json.loads(json.dumps(first.state())))
    lesson = block(30, 1.0, 2.0, 3.0, 4.0)
    assert second.add(lesson) == first.add(lesson) == [WORTHS[0]]
