"""Steps for detectors: in-control and changed streams, ordinary and absurd ones, all seeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from detectors.columns import F64, I64, Bool
from detectors.evidence.chain import POSITIONS, STATIONARY, TRANSITIONS, level_of
from detectors.evidence.detector import Detector, Form, Step
from detectors.evidence.shiryaev_roberts import MOST_PER_STEP, Evidence, Seen, Silence

USUALLY_SILENT = 0.5  # probability of a silent step, for detectors of silence
INFORMATION = 0.4  # of one step about the largest change, so that weeks decide, not a day


def informative(detector: Detector, size: float | None = None) -> float:
    """Expected count, or precision, at which a day says this much about a change of a size.

    The largest of the grid, unless one is named.
    """
    sizes = detector.sizes if size is None else np.array([size])
    return float(INFORMATION / np.max((sizes - (detector.form is Form.COUNT)) ** 2))


def seen(rows: I64, value: F64, expected: F64 | float, **others: F64 | float) -> Seen:
    """One step of a day, unless told otherwise; single numbers are the same for all rows."""
    usual: dict[str, F64 | float] = {"elapsed": 1.0, "spread": 0.3, "fading": 0.5, "weight": 1.0}
    usual["strays"] = float(np.exp(-MOST_PER_STEP))
    filled = {
        name: np.full(len(rows), number, np.float64)
        for name, number in (usual | {"expected": expected} | others).items()
    }
    return Seen(rows=rows, value=value, **filled)


def quiet(
    detector: Detector, rows: I64, spoke: Bool, usual: F64 | float, elapsed: F64 | float = 1.0
) -> Silence:
    """One step of entities that speak at random, less often after a change."""
    silent = np.full(len(rows), usual, np.float64)
    return Silence(
        rows=rows,
        spoke=spoke,
        usual=silent,
        changed=silent[:, None] ** detector.sizes,
        elapsed=np.full(len(rows), elapsed, np.float64),
        keep=np.ones(len(rows)),
    )


def nothing(detector: Detector, rows: I64, elapsed: float) -> Step:
    """A step in which nothing was to be seen."""
    if detector.form is Form.SILENCE:
        return quiet(detector, rows, np.zeros(len(rows), np.bool_), 1.0, elapsed)
    return seen(rows, np.zeros(len(rows)), 0.0, elapsed=elapsed)


def latent_spread(detector: Detector) -> float:
    """A latent as wide as a third of the smallest change."""
    return 0.3 if detector.form is Form.COUNT else float(np.abs(detector.sizes).min() / 3)


def stream(
    detector: Detector, n: int, steps: int, seed: int, change: float | None = None, at: int = 0
) -> Iterator[Step]:
    """Steps of n entities as the model says: in control, with a change of a size from `at` on."""
    if detector.form is Form.SILENCE:
        yield from _speaking(detector, n, steps, seed, change, at)
        return
    rng = np.random.default_rng(seed)
    rows, spread = np.arange(n), latent_spread(detector)
    usual = informative(detector, change)
    steps_of = TRANSITIONS[level_of(0.5)].cumsum(axis=1)
    state = rng.choice(len(POSITIONS), n, p=STATIONARY)
    for step in range(steps):
        state = np.minimum((steps_of[state] < rng.random(n)[:, None]).sum(axis=1), 8)
        size = change if change is not None and step >= at else None
        value = _drawn(detector, rng, spread * POSITIONS[state], spread, usual, size)
        yield seen(rows, value, usual, spread=spread)


def _speaking(
    detector: Detector, n: int, steps: int, seed: int, change: float | None, at: int
) -> Iterator[Silence]:
    rng = np.random.default_rng(seed)
    for step in range(steps):
        size = 1.0 if change is None or step < at else change
        spoke = rng.random(n) >= USUALLY_SILENT**size
        yield quiet(detector, np.arange(n), spoke, USUALLY_SILENT)


def _drawn(
    detector: Detector,
    rng: np.random.Generator,
    latent: F64,
    spread: float,
    usual: float,
    size: float | None,
) -> F64:
    if detector.form is Form.COUNT:
        rate = usual * np.exp(latent - 0.5 * spread**2) * (1.0 if size is None else size)
        return rng.poisson(rate).astype(np.float64)
    noise = rng.normal(0.0, usual**-0.5, len(latent))
    return np.asarray(latent + noise + (0.0 if size is None else size))


def absurd(detector: Detector, n: int, steps: int, seed: int) -> Iterator[tuple[Step, float]]:
    """Steps from the edges of what numbers can be, and the time, days."""
    rng = np.random.default_rng(seed)
    now = 0.0
    for _ in range(steps):
        elapsed = 10 ** rng.uniform(-6, 3.6, n)  # a tenth of a second to eleven years
        now += float(elapsed.max())
        if detector.form is Form.SILENCE:
            spoke, usual = rng.random(n) < 0.5, rng.choice([0.0, 1e-300, 0.5, 1.0], n)
            yield quiet(detector, np.arange(n), spoke, usual, elapsed), now
            continue
        if detector.form is Form.COUNT:
            value, expected = np.floor(10 ** rng.uniform(-1, 6, n)), 10 ** rng.uniform(-12, 6, n)
        else:
            value, expected = rng.normal(0, 10, n), 10 ** rng.uniform(-12, 12, n)
            expected *= rng.random(n) > 0.2
        yield (
            seen(
                np.arange(n),
                value,
                expected,
                elapsed=elapsed,
                spread=rng.uniform(0, 1.05, n),
                fading=rng.choice([0.0, 1e-9, 1e-3, 0.5, 30.0, 1e4], n),
                weight=rng.choice([0.0, 0.35, 1.0], n),
            ),
            now,
        )


def part(step: Step, rows: I64) -> Step:
    """The step of some of its entities."""
    given = {name: column for name, column in step._asdict().items() if len(column) > 0}
    columns: dict[str, Any] = {name: column[rows] for name, column in given.items()}
    return step._replace(**columns | {"rows": rows})


def run(detector: Detector, evidence: Evidence, steps: Iterator[Step]) -> Evidence:
    """All steps, a day each."""
    for day, step in enumerate(steps, 1):
        detector.step(evidence, step, float(day))
    return evidence
