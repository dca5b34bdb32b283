"""What every detector of the registry must do. A new one is tested as soon as it stands there."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Hashable
from dataclasses import replace
from itertools import product
from math import factorial, log

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from detectors.columns import F64, I64, capacity_of, from_arrays, grown, to_arrays
from detectors.evidence.chain import POSITIONS, STATIONARY, TRANSITIONS, level_of
from detectors.evidence.detector import Detector, Form
from detectors.evidence.river_form import FEATURES, CountChange, MeanChange
from detectors.evidence.shiryaev_roberts import (
    NOTHING,
    Evidence,
    Seen,
    clear,
    intensity,
    onset,
    posterior,
)
from detectors.registry import DETECTORS
from schemas.alert import Kind
from tests.core.streams_of_one import (
    absurd,
    informative,
    latent_spread,
    nothing,
    part,
    run,
    seen,
    stream,
)

RIVER = {Form.COUNT: CountChange, Form.RESIDUAL: MeanChange}
LATENT = {name: one for name, one in DETECTORS.items() if one.form is not Form.SILENCE}
every_detector = pytest.mark.parametrize("detector", DETECTORS.values(), ids=list(DETECTORS))
every_latent = pytest.mark.parametrize("detector", LATENT.values(), ids=list(LATENT))


def same(left: Evidence, right: Evidence) -> None:
    for a, b in zip(left, right, strict=True):
        assert_array_equal(a, b)


@every_detector
def test_state_stays_as_large_as_it_is(detector: Detector) -> None:
    evidence = detector.empty(3)
    before = [column.nbytes for column in evidence]
    run(detector, evidence, stream(detector, 3, 10_000, seed=1))
    assert [column.nbytes for column in evidence] == before


@every_detector
def test_inputs_are_neither_changed_nor_kept(detector: Detector) -> None:
    evidence, (step,) = detector.empty(5), stream(detector, 5, 1, seed=2)
    before = [np.array(column) for column in step]
    detector.step(evidence, step, 1.0)
    assert all(not np.shares_memory(column, kept) for column, kept in product(step, evidence))
    for column, copy in zip(step, before, strict=True):
        assert_array_equal(column, copy)


@every_detector
def test_state_of_a_snapshot_is_the_same_and_its_own(detector: Detector) -> None:
    evidence = run(detector, detector.empty(7), stream(detector, 7, 20, seed=3))
    restored = from_arrays("e", detector.empty, to_arrays("e", evidence, 7))
    same(restored, evidence)
    run(detector, restored, stream(detector, 7, 1, seed=4))
    same(from_arrays("e", detector.empty, to_arrays("e", evidence, 7)), evidence)


@every_detector
def test_restart_at_every_step_changes_nothing(detector: Detector) -> None:
    through, restarted = detector.empty(4), detector.empty(4)
    for day, step in enumerate(stream(detector, 4, 60, seed=5), 1):
        restarted = from_arrays("e", detector.empty, to_arrays("e", restarted, 4))
        detector.step(through, step, float(day))
        detector.step(restarted, step, float(day))
    same(through, restarted)


@every_detector
@pytest.mark.parametrize("groups", [2, 5, 12])
def test_split_into_groups_changes_nothing(detector: Detector, groups: int) -> None:
    together, apart = detector.empty(12), detector.empty(12)
    shuffled = np.random.default_rng(6).permutation(12)
    for day, step in enumerate(stream(detector, 12, 40, seed=6), 1):
        detector.step(together, step, float(day))
        for rows in np.array_split(shuffled, groups):
            detector.step(apart, part(step, rows), float(day))
    same(together, apart)


@every_detector
def test_growth_keeps_what_is_known(detector: Detector) -> None:
    evidence = run(detector, detector.empty(3), stream(detector, 3, 20, seed=7))
    larger = grown(evidence, detector.empty, 8)
    assert capacity_of(larger) >= 8
    same(Evidence(*(column[:3] for column in larger)), evidence)
    assert_array_equal(larger.log_odds[3:], NOTHING)


@every_detector
def test_shift_of_time_moves_the_onset_and_nothing_else(detector: Detector) -> None:
    early, late = detector.empty(5), detector.empty(5)
    for day, step in enumerate(stream(detector, 5, 50, seed=8), 1):
        detector.step(early, step, float(day))
        detector.step(late, step, float(day) + 20_000)
    rows = np.arange(5)
    assert_array_equal(early.log_odds, late.log_odds)
    assert_allclose(onset(late, rows) - 20_000, onset(early, rows), atol=1e-6)


@every_detector
def test_unit_of_time_is_the_unit_of_the_evidence(detector: Detector) -> None:
    days, hours = detector.empty(5), detector.empty(5)
    for day, step in enumerate(stream(detector, 5, 30, seed=9), 1):
        detector.step(days, step, float(day))
        detector.step(hours, step._replace(elapsed=24 * step.elapsed), 24.0 * day)
    assert_allclose(hours.log_odds, days.log_odds + log(24), rtol=1e-12)


@pytest.mark.parametrize("kind", [k for k, d in DETECTORS.items() if d.form is Form.RESIDUAL])
def test_residuals_have_no_unit(kind: Kind) -> None:
    detector = DETECTORS[kind]
    larger = replace(detector, sizes=8 * detector.sizes)
    plain, scaled = detector.empty(5), detector.empty(5)
    for day, step in enumerate(stream(detector, 5, 50, seed=10), 1):
        assert isinstance(step, Seen)
        times_8 = step._replace(
            value=8 * step.value, spread=8 * step.spread, expected=step.expected / 64
        )
        detector.step(plain, step, float(day))
        larger.step(scaled, times_8, float(day))
    assert_allclose(scaled.log_odds, plain.log_odds, rtol=1e-12)


@every_detector
def test_before_any_step_there_is_no_evidence(detector: Detector) -> None:
    evidence, rows = detector.empty(2), np.arange(2)
    assert (detector.log_odds(evidence, rows) <= NOTHING).all()
    assert np.isfinite(posterior(evidence, rows)).all()
    assert np.isfinite(onset(evidence, rows)).all()


@every_detector
def test_absurd_steps_leave_finite_numbers(detector: Detector) -> None:
    evidence, rows = detector.empty(500), np.arange(500)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        # sockets that earlier tests in this process left to the garbage collector
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        for step, now in absurd(detector, 500, 60, seed=11):
            detector.step(evidence, step, now)
            assert all(np.isfinite(column).all() for column in evidence)
            assert_allclose(evidence.alpha.sum(axis=1), 1.0, rtol=1e-9)
            assert (evidence.beta >= 0).all()
            assert (evidence.log_odds <= 30.0 + 1e-9).all()
            assert np.isfinite(onset(evidence, rows)).all()


@every_detector
@pytest.mark.parametrize("steps", [1, 2, 1000])
def test_empty_steps_add_their_time_and_nothing_else(detector: Detector, steps: int) -> None:
    evidence = run(detector, detector.empty(4), stream(detector, 4, 30, seed=12))
    before, rows = np.exp(evidence.log_odds), np.arange(4)
    for step in range(1, steps + 1):
        detector.step(evidence, nothing(detector, rows, 50.0 / steps), 30.0 + 50.0 * step / steps)
    assert_allclose(np.exp(evidence.log_odds), before + 50.0, rtol=1e-10)


@every_latent
def test_step_that_weighs_nothing_is_an_empty_step(detector: Detector) -> None:
    evidence, rows = detector.empty(3), np.arange(3)
    detector.step(evidence, seen(rows, np.full(3, 7.0), 5.0, elapsed=4.0, weight=0.0), 4.0)
    assert_allclose(np.exp(evidence.log_odds), 4.0, rtol=1e-12)


@every_detector
def test_cleared_evidence_starts_over_and_keeps_the_latent_state(detector: Detector) -> None:
    evidence = run(detector, detector.empty(4), stream(detector, 4, 30, seed=13))
    alpha, others = np.array(evidence.alpha), np.array(evidence.log_odds[1:])
    clear(evidence, np.array([0]))
    assert evidence.log_odds[0] == NOTHING
    assert evidence.beta[0].sum() == 0.0
    assert_array_equal(evidence.alpha, alpha)
    assert_array_equal(evidence.log_odds[1:], others)


def outcomes(detector: Detector, usual: float, spread: float) -> tuple[F64, F64]:
    """What a step can show, and its probability in control by latent state, (m,) and (m, 9)."""
    tilt = spread * POSITIONS
    if detector.form is Form.COUNT:
        counts = np.arange(40.0)
        mean = usual * np.exp(tilt - 0.5 * spread**2)
        ways = np.array([float(factorial(int(c))) for c in counts])
        return counts, np.exp(-mean) * mean ** counts[:, None] / ways[:, None]
    deviation = usual**-0.5
    grid = np.linspace(-9 * deviation, 9 * deviation, 361)
    density = np.exp(-0.5 * usual * (grid[:, None] - tilt) ** 2) * (usual / (2 * np.pi)) ** 0.5
    return grid, density * (grid[1] - grid[0])


@every_latent
def test_in_control_the_evidence_grows_with_time_exactly(detector: Detector) -> None:
    """E[R] after two steps, over all that can happen: no simulation, an independent chain."""
    usual, spread = informative(detector), latent_spread(detector)
    value, chance = outcomes(detector, usual, spread)
    matrix = TRANSITIONS[level_of(0.5)]
    joint = ((STATIONARY @ matrix * chance) @ matrix) @ chance.T  # first outcome by second
    first, second = (axis.ravel() for axis in np.meshgrid(value, value, indexing="ij"))
    evidence, rows = detector.empty(len(first)), np.arange(len(first))
    detector.step(evidence, seen(rows, first, usual, elapsed=1.0, spread=spread), 1.0)
    detector.step(evidence, seen(rows, second, usual, elapsed=2.5, spread=spread), 3.5)
    assert joint.sum() == pytest.approx(1.0, abs=1e-9)
    assert joint.ravel() @ np.exp(evidence.log_odds) == pytest.approx(3.5, rel=1e-6)


@pytest.mark.parametrize("kind", [k for k, d in DETECTORS.items() if d.form is Form.RESIDUAL])
def test_one_value_says_no_more_than_strays_are_rare(kind: str) -> None:
    """A value in the middle of a change, and as precise as can be, of which 1 in 100 is a stray."""
    detector, rows = DETECTORS[kind], np.arange(2)
    shift, evidence = float(detector.sizes[0]), detector.empty(2)
    detector.step(evidence, seen(rows, np.full(2, shift), 0.0, spread=0.0), 1.0)
    certain = seen(rows, np.full(2, shift), 1e9, spread=0.0, strays=np.array([0.01, 1e-4]))
    detector.step(evidence, certain, 2.0)
    assert evidence.log_odds[0] <= log(2.0) + log(100.0) + 1e-9
    assert log(2.0) < evidence.log_odds[1] <= log(2.0) + log(1e4) + 1e-9


@every_detector
def test_in_control_the_evidence_grows_with_time_on_average(detector: Detector) -> None:
    many = 20_000
    evidence = run(detector, detector.empty(many), stream(detector, many, 8, seed=14))
    r = np.exp(evidence.log_odds)
    assert abs(r.mean() - 8.0) < 4 * r.std() / many**0.5


@every_detector
def test_in_control_alarms_are_as_rare_as_the_threshold_says(detector: Detector) -> None:
    """A year of 400 streams at a threshold of two false alarms a year."""
    evidence, crossed, threshold = detector.empty(400), 0, log(365 / 2)
    for day, step in enumerate(stream(detector, 400, 365, seed=15), 1):
        detector.step(evidence, step, float(day))
        over = np.flatnonzero(evidence.log_odds >= threshold)
        crossed += len(over)
        clear(evidence, over)
    assert 0 < crossed / 400 <= 2.1


@every_detector
def test_planted_change_is_found_and_dated(detector: Detector) -> None:
    size = float(detector.sizes[len(detector.sizes) // 2])
    evidence, rows = detector.empty(50), np.arange(50)
    run(detector, evidence, stream(detector, 50, 180, seed=16, change=size, at=100))
    found = detector.log_odds(evidence, rows) > log(365 / 0.1)
    assert found.mean() > 0.8
    assert abs(np.median(onset(evidence, rows)[found]) - 100) < 10
    likely = posterior(evidence, rows).mean(axis=0)
    assert abs(int(likely.argmax()) - len(detector.sizes) // 2) <= 1


@every_detector
def test_change_in_the_other_direction_is_no_evidence(detector: Detector) -> None:
    other = 2.0 if detector.falling else 0.3
    if detector.form is Form.RESIDUAL:
        other = -float(detector.sizes.min())
    quiet = run(detector, detector.empty(50), stream(detector, 50, 60, seed=17))
    wrong = run(detector, detector.empty(50), stream(detector, 50, 60, 17, change=other))
    assert wrong.log_odds.mean() < quiet.log_odds.mean()


@every_latent
def test_river_form_gives_the_numbers_of_the_array_form(detector: Detector) -> None:
    one, evidence = RIVER[detector.form](kind=detector.name), detector.empty(1)
    for day, daily in enumerate(stream(detector, 1, 80, seed=18), 1):
        step = daily._replace(elapsed=2 * daily.elapsed)
        assert isinstance(step, Seen)
        detector.step(evidence, step, 2.0 * day)
        x: dict[Hashable, float] = {
            name: column[0] for name, column in step._asdict().items() if name in FEATURES
        }
        expected = one.score_one(x, step.value[0])
        one.learn_one(x, step.value[0])
        assert one.log_odds == expected == evidence.log_odds[0]
    assert one.onset == onset(evidence, np.arange(1))[0]


@every_latent
def test_river_form_scores_without_a_trace(detector: Detector) -> None:
    one = RIVER[detector.form](kind=detector.name)
    for day in range(10):
        one.learn_one({"elapsed": 2.0}, day % 3)
    before = pickle.dumps(one)
    assert one.score_one(None, 1) == one.score_one({}, 1)
    assert pickle.dumps(one) == before


@every_latent
def test_river_form_survives_pickling_and_cloning(detector: Detector) -> None:
    one = RIVER[detector.form](kind=detector.name, spread=0.2)
    one.learn_one(None, 1)
    restored, fresh = pickle.loads(pickle.dumps(one)), one.clone()  # noqa: S301  our own
    assert restored.score_one(None, 2) == one.score_one(None, 2)
    assert fresh.log_odds == NOTHING
    assert (fresh.kind, fresh.spread) == (detector.name, 0.2)


def test_river_form_names_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"kind is 'unit_price_drop'.*order_volume_drop"):
        CountChange(kind="unit_price_drop")
    with pytest.raises(ValueError, match=r"kind is 'nothing'"):
        MeanChange(kind="nothing")
    with pytest.raises(ValueError, match=r"features elapsd; allowed: elapsed"):
        CountChange().learn_one({"elapsd": 1.0}, 1)


@every_latent
def test_latent_state_before_the_first_step_is_as_in_the_long_run(detector: Detector) -> None:
    """Zeros stand for it, so that who has no evidence takes no memory."""
    young, told, rows = detector.empty(4), detector.empty(4), np.arange(4)
    told.alpha[:] = STATIONARY
    assert not young.alpha.any()
    assert_array_equal(_ahead(young, rows), _ahead(told, rows))
    for one in (young, told):
        run(detector, one, stream(detector, 4, 5, seed=14))
    same(young, told)


def _ahead(evidence: Evidence, rows: I64) -> F64:
    out = np.empty((len(rows), 2))
    intensity(evidence, rows, np.full(len(rows), 0.4), np.full(len(rows), 0.1), out)
    return out
