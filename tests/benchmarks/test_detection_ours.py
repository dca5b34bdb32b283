"""The recorded evidence of the real pipeline is what its alerts are cut from."""

from __future__ import annotations

import numpy as np

from benchmarks.detection.ours import PER_DAY, play, together
from benchmarks.detection.scenarios import KINDS, Size
from schemas.alert import Kind

SMALL = Size(seeds=(5,), dealers=30, days=180)


def test_alerts_open_where_the_recorded_evidence_is_high() -> None:
    run = play(SMALL, 0, asked=1.0)
    assert set(run.scores) == set(KINDS)
    values = run.scores[Kind.ORDER_VOLUME_DROP].values
    assert values.shape == (30, 180 * PER_DAY)
    assert together([run, run], Kind.ORDER_VOLUME_DROP).values.shape[0] == 60
    opened = run.opened[Kind.ORDER_VOLUME_DROP]
    assert len(opened.at)
    step = np.ceil(opened.at * PER_DAY - 1e-6).astype(int) - 1
    assert values[opened.dealer, step].min() > 4.0  # near ln 365, whatever the fleet has taught
