"""Bounds of a change hold its size as often as they say, though nobody knows when it began."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines.history import Windows, likeliest
from detectors.columns import F64
from detectors.timeline import DAY
from detectors.watching.extent import CREDIBLE, MOST_RISE, SILENT, bounds

DAYS = 60  # each dealer's history
PER_DAY = 1.0


def windows(counts: F64) -> Windows:
    """Every window of whole days that ends now; counts: (k, days), the latest first."""
    ends = np.arange(1, counts.shape[1] + 1)
    start = -ends * DAY
    return Windows(start, np.cumsum(counts, axis=1), np.tile(PER_DAY * ends, (len(counts), 1)))


def shown_and_bounds(counts: F64, *, falling: bool) -> tuple[F64, F64, F64]:
    """(k,) ratio of the likeliest window, and the bounds."""
    found, k = windows(counts), len(counts)
    since = np.full(k, -1000 * DAY)
    best, every = likeliest(found, falling, since), np.arange(k)
    shown = found.observed[every, best] / found.expected[every, best]
    variance = np.full((k, counts.shape[1]), 1e-6)
    return shown, *bounds(found, since, 0, variance, shown, falling=falling)


def after_a_change(ratio: F64, rng: np.random.Generator) -> F64:
    """(k, DAYS) orders of dealers whose rate has changed, each on a day of its own."""
    began = rng.integers(1, DAYS, len(ratio))
    changed = np.arange(DAYS) < began[:, None]
    return rng.poisson(PER_DAY * np.where(changed, ratio[:, None], 1.0)).astype(float)


@pytest.mark.parametrize("falling", [True, False])
def test_bounds_hold_a_change_of_unknown_beginning_as_often_as_they_say(falling: bool) -> None:
    rng, k = np.random.default_rng(3), 4000
    if falling:
        ratio = np.where(rng.random(k) < SILENT, 0.0, rng.random(k))
    else:
        ratio = np.exp(rng.random(k) * np.log(MOST_RISE))
    _, low, high = shown_and_bounds(after_a_change(ratio, rng), falling=falling)
    inside = np.mean((low <= ratio) & (ratio <= high))
    assert CREDIBLE - 0.01 < inside < CREDIBLE + 0.12  # what is shown may lie outside of 80 %


def test_bounds_hold_what_is_shown() -> None:
    rng = np.random.default_rng(4)
    shown, low, high = shown_and_bounds(after_a_change(rng.random(500), rng), falling=True)
    assert ((low <= shown) & (shown <= high)).all()


def test_long_silence_is_silence_and_a_short_one_may_be_less() -> None:
    long, short = np.ones((2, DAYS))
    long[:40], short[:3] = 0.0, 0.0
    _, low, high = shown_and_bounds(np.stack([long, short]), falling=True)
    assert low.tolist() == [0.0, 0.0]
    assert high[0] < 0.1
    assert high[1] > 0.3


def test_doubt_about_what_is_expected_widens_the_bounds() -> None:
    counts = np.ones((1, DAYS))
    counts[0, :30:2] = 0.0
    found, since = windows(counts), np.array([-1000 * DAY])
    sure, unsure = (
        bounds(found, since, 0, np.full((1, DAYS), v), np.array([0.5]), falling=True)
        for v in (1e-6, 0.1)
    )
    assert unsure[0] < sure[0]
    assert unsure[1] > sure[1]


@pytest.mark.parametrize("falling", [True, False])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e9])
def test_any_counts_have_finite_bounds(falling: bool, scale: float) -> None:
    counts = scale * np.random.default_rng(1).poisson(1.0, (20, DAYS)).astype(np.float64)
    found = windows(counts)
    since = np.where(np.arange(20) % 2, -1000 * DAY, 0)  # half of them were never watched
    shown = np.full(20, 0.5 if falling else 2.0)
    low, high = bounds(found, since, 0, np.full((20, DAYS), 1e-6), shown, falling=falling)
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    assert (low <= high).all()
