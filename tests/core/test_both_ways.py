"""A fall and a rise in one pass are what two steps would give."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from detectors.baselines import order_size, order_volume
from detectors.evidence import both_ways
from detectors.evidence.detector import Detector
from detectors.evidence.shiryaev_roberts import Seen
from tests.core.streams_of_one import absurd, stream

pairs = pytest.mark.parametrize(
    ("fall", "rise"),
    [
        (order_volume.DETECTOR, order_volume.SURGE),
        (order_size.SMALLER, order_size.LARGER),
    ],
    ids=["orders", "sizes"],
)


@pairs
@pytest.mark.parametrize("wild", [False, True])
def test_one_pass_gives_the_numbers_of_two(fall: Detector, rise: Detector, *, wild: bool) -> None:
    usual = ((step, float(day)) for day, step in enumerate(stream(fall, 6, 60, seed=1), 1))
    share = np.linspace(0.1, 1.0, 6)
    together, apart = (fall.empty(6), rise.empty(6)), (fall.empty(6), rise.empty(6))
    for seen, now in absurd(fall, 6, 60, seed=1) if wild else usual:
        assert isinstance(seen, Seen)
        both_ways.step(fall, rise, *together, seen, (share, 1.0 - share / 2), seen.value, now)
        fall.step(apart[0], seen._replace(elapsed=seen.elapsed * share), now)
        rise.step(apart[1], seen._replace(elapsed=seen.elapsed * (1.0 - share / 2)), now)
    for one, other in zip(together, apart, strict=True):
        for column, alone in zip(one, other, strict=True):
            assert_array_equal(column, alone)
