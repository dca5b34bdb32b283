"""Several detectors, one verdict, one budget."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from detectors.baselines import order_volume
from detectors.evidence.joint import Joint
from detectors.evidence.shiryaev_roberts import NOTHING, Seen
from detectors.registry import DETECTORS, KINDS
from schemas.alert import Kind
from tests.core.streams_of_one import run, stream

KIND = Kind.ORDER_VOLUME_DROP
LEAD = order_volume.DETECTOR
SECOND, THIRD = replace(LEAD, part="second"), replace(LEAD, part="third")
PARTS = (LEAD, SECOND, THIRD)
ROWS = np.arange(4)


def joint(n: int = 4) -> Joint:
    made = Joint({KIND: PARTS})
    made.make_room(n)
    return made


def shares(made: Joint) -> np.ndarray:
    return np.stack([made.share(one.name, ROWS) for one in PARTS])


def test_every_detector_belongs_to_a_kind_that_one_of_them_leads() -> None:
    assert [one.name for parts in KINDS.values() for one in parts[:1]] == list(map(str, KINDS))
    assert {one.name for parts in KINDS.values() for one in parts} == set(DETECTORS)


def test_unclaimed_time_is_the_leading_detectors() -> None:
    assert_array_equal(shares(joint()), [[1.0] * 4, [0.0] * 4, [0.0] * 4])


@given(st.floats(0, 1), st.floats(0, 1))
def test_shares_of_a_kind_are_all_of_the_time(second: float, third: float) -> None:
    made = joint()
    made.claim("second", ROWS[:2], np.full(2, second))
    made.claim("third", ROWS[1:], np.full(3, third))
    split = shares(made)
    assert_allclose(split.sum(axis=0), 1.0)
    assert (split >= 0).all()
    assert (split[0] > 0).all()


def test_evidence_of_a_kind_is_the_sum() -> None:
    made = joint()
    for seed, one in enumerate(PARTS):
        run(one, made.of[one.name], stream(one, 4, 20, seed=seed))
    total = sum(np.exp(made.of[one.name].log_odds) for one in PARTS)
    assert_allclose(np.exp(made.log_odds(KIND, ROWS)), total)
    carried = made.carried(KIND, ROWS)
    assert_allclose(carried.sum(axis=1), 1.0)
    assert_allclose(carried[:, 1], np.exp(made.of["second"].log_odds) / total)


def test_nothing_of_each_is_nothing() -> None:
    made = joint()
    assert_array_equal(made.log_odds(KIND, ROWS), NOTHING)
    assert np.isfinite(made.carried(KIND, ROWS)).all()
    assert np.isfinite(made.ratio(KIND, ROWS, made.carried(KIND, ROWS))).all()


def test_single_detector_speaks_for_its_kind() -> None:
    made = Joint({KIND: (LEAD,)})
    made.make_room(4)
    run(LEAD, made.of[KIND], stream(LEAD, 4, 20, seed=1))
    assert_array_equal(made.log_odds(KIND, ROWS), made.of[KIND].log_odds)
    assert_array_equal(
        made.ratio(KIND, ROWS, made.carried(KIND, ROWS)), LEAD.ratio(made.of[KIND], ROWS)
    )


def test_in_control_the_sum_grows_with_time_however_it_is_split() -> None:
    """The promise the threshold stands on; the detectors even see the same stream."""
    many = 20_000
    rows, made = np.arange(many), joint(many)
    made.claim("second", rows, np.full(many, 0.6))
    made.claim("third", rows, np.full(many, 0.3))
    for day, step in enumerate(stream(LEAD, many, 8, seed=14), 1):
        for one in PARTS:
            mine = step._replace(elapsed=step.elapsed * made.share(one.name, rows))
            one.step(made.of[one.name], Seen(*mine), float(day))
    r = np.exp(made.log_odds(KIND, rows))
    assert abs(r.mean() - 8.0) < 4 * r.std() / many**0.5


def test_snapshot_growth_and_clearing() -> None:
    made = joint()
    made.claim("third", ROWS, np.full(4, 0.3))
    for one in PARTS:
        run(one, made.of[one.name], stream(one, 4, 20, seed=3))
    again = Joint({KIND: PARTS})
    again.restore(made.snapshot(4))
    again.make_room(9)
    assert_array_equal(again.log_odds(KIND, ROWS), made.log_odds(KIND, ROWS))
    assert_array_equal(shares(again), shares(made))
    again.clear(KIND, ROWS[:1])
    again.start_over(ROWS[3:])
    odds, third = again.log_odds(KIND, ROWS), again.share("third", ROWS)
    assert (odds == NOTHING).tolist() == [True, False, False, True]
    assert third == pytest.approx([0.3, 0.3, 0.3, 0.0])
    assert odds[1] > log(1.0)
