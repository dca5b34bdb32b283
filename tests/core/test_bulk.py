"""How much of an order comes back with a case, and what that is worth."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baselines import bulk
from detectors.columns import Bool
from detectors.evidence.shiryaev_roberts import CAP, favour
from schemas.instant import MINUTE

ONE = np.zeros(1, np.int64)
USUAL = 100.0  # units of an order
NOTHING = np.zeros((1, 2))  # ordered


def returned(
    *lines: tuple[int, float], usual: float = USUAL, batches: int = 1
) -> tuple[bulk.Sizes, list[bool]]:
    """One dealer's lines (moment, units) of one tick: their sizes, and which are cases."""
    counted, sizes, cases = bulk.empty(1), bulk.no_sizes(1, 1), list[bool]()
    counted.usual[0] = usual
    for part in np.array_split(np.arange(len(lines)), batches):
        ts = np.array([lines[k][0] for k in part], np.int64)
        units = np.array([lines[k][1] for k in part], np.float64)
        rows, is_case = np.zeros(len(part), np.int64), np.ones(len(part), np.bool_)
        bulk.count(counted, sizes, rows, rows, ts, units, is_case)
        cases += is_case.tolist()
    return sizes, cases


def test_lines_of_one_moment_are_one_case_of_their_units_together() -> None:
    sizes, cases = returned((MINUTE, 10.0), (MINUTE, 40.0), (2 * MINUTE, 25.0))
    assert cases == [True, False, True]
    assert sizes.cases[0, 0] == 2
    assert sizes.size[0, 0] == pytest.approx(0.5 + 0.25)
    assert sizes.log[0, 0] == pytest.approx(np.log(0.5) + np.log(0.25))


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0, 1e9)), min_size=1, max_size=12))
def test_slices_do_not_matter_and_sizes_stay_bounded(lines: list[tuple[int, float]]) -> None:
    whole, parts = returned(*lines), returned(*lines, batches=len(lines))
    assert whole[1] == parts[1]
    for a, b in zip(whole[0], parts[0], strict=True):
        assert a[0, 0] == b[0, 0]
    count = whole[0].cases[0, 0]
    assert count * np.log(bulk.LEAST) - 1e-6 <= whole[0].log[0, 0]
    assert whole[0].log[0, 0] <= count * np.log(bulk.MOST) + 1e-6


def test_sizes_of_a_dealer_whose_orders_are_not_known_say_nothing() -> None:
    sizes, cases = returned((MINUTE, 10.0), usual=0.0)
    assert cases == [True]
    assert [column[0, 0] for column in sizes] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("orders", "usual"), [(2.0, 0.0), (10.0, 20.0)])
def test_usual_order_is_known_after_a_few(orders: float, usual: float) -> None:
    known = bulk.empty(1)
    bulk.end_day(known, ONE, 1, np.array([[orders, 200.0]]), np.ones(1), 0.1)
    assert known.usual[0] == usual


def test_usual_sizes_gain_nothing_on_average() -> None:
    """The mean likelihood ratio under the old law is 1, so R keeps its promise."""
    sizes = np.clip(np.random.default_rng(1).lognormal(-2.0, 1.0, 20_000), bulk.LEAST, bulk.MOST)
    rows = np.arange(len(sizes))
    columns = np.stack([np.log(sizes), sizes, np.ones(len(sizes))], axis=1)
    nats = bulk.gain(bulk.empty(len(sizes)), rows, columns, bulk.Pools(float(sizes.mean())))
    assert np.exp(nats).mean() == pytest.approx(1.0, rel=1e-6)


def test_half_an_order_from_one_who_returns_a_fiftieth_is_worth_nats() -> None:
    assert _in_turn([0.5], bulk.Pools(0.02))[0] == pytest.approx(np.log(25))


@pytest.mark.parametrize("worth", bulk.WORTHS)
def test_promise_holds_where_dealers_differ(worth: float) -> None:
    """Whole orders or trifles, the share of either a dealer's own (beta): the mean ratio is 1."""
    mean, whole = 0.3, 0.0
    for outcome in itertools.product((0.0, 1.0), repeat=5):
        likely, ratio, seen = 1.0, 1.0, [0.0, 0.0]
        for size in outcome:
            share = (seen[0] + worth * mean) / (seen[1] + worth)
            likely *= share if size else 1.0 - share
            ratio *= size / share
            seen = [seen[0] + size, seen[1] + 1.0]
        if all(outcome):  # the others are worth nothing: their ratio holds a factor of 0
            assert np.exp(sum(_in_turn(outcome, bulk.Pools(mean, worth)))) == pytest.approx(ratio)
        whole += likely * ratio
    assert whole == pytest.approx(1.0)


def test_dealer_whose_way_it_is_to_return_whole_orders_proves_little() -> None:
    nats = _in_turn([0.8] * 20, bulk.Pools(0.05, 0.5))
    assert nats[0] == pytest.approx(np.log(16))
    assert sum(nats) < np.log(16) + 2.0  # 20 cases; held against the fleet: 55


def test_dealer_who_never_returned_much_proves_more_with_every_large_case() -> None:
    known = bulk.empty(1)
    known.size[0], known.cases[0] = 1.0, 50.0
    assert min(_in_turn([0.8] * 5, bulk.Pools(0.05), known)) > 2.0


@given(st.integers(1, 40), st.floats(0.02, 50.0), st.floats(0.0, 30.0))
def test_cases_of_a_step_are_weighed_as_if_in_turn(cases: int, size: float, before: float) -> None:
    known = bulk.empty(1)
    known.size[0], known.cases[0] = 0.2 * before, before
    whole = np.array([[cases * np.log(size), cases * size, float(cases)]])
    together = float(bulk.gain(known, ONE, whole, bulk.Pools(0.1))[0])
    assert together == pytest.approx(sum(_in_turn([size] * cases, bulk.Pools(0.1), known)))


def test_worth_that_would_have_foretold_best_is_told_by_the_lesson() -> None:
    """Two dealers, one of whom returns whole orders: who trusts their own past errs least."""
    known, rows = bulk.empty(2), np.arange(2)
    known.size[:], known.cases[:] = (9.0, 0.1), 10.0
    known.waiting[:, 1] = [[4.0, 4.0], [0.04, 4.0]]
    ordered, trust = np.full((2, 2), 50.0), np.ones(2)
    assert bulk.end_day(known, rows, bulk.BLOCK_DAYS, ordered, trust, 0.4) is None
    lesson = bulk.end_day(known, rows, bulk.BLOCK_DAYS - 1, ordered, trust, 0.4)
    assert lesson is not None
    cases, *errors = lesson.sum(axis=1).tolist()
    assert cases == 8.0
    assert errors == sorted(errors)


def test_dealer_teaches_its_own_sizes_two_to_four_weeks_late() -> None:
    known, trust = bulk.empty(1), np.ones(1)
    learned = []
    for day in range(6 * bulk.BLOCK_DAYS):
        if day == bulk.BLOCK_DAYS:
            bulk.learn(known, ONE, np.array([8.0]), np.array([10.0]))
        bulk.end_day(known, ONE, day, NOTHING, trust, 0.1)
        learned.append(known.cases[0] > 0)
    first = learned.index(True) - bulk.BLOCK_DAYS
    assert 14 <= first <= 28
    assert known.size[0] / known.cases[0] == pytest.approx(0.8)


def test_a_suspected_dealer_teaches_nothing() -> None:
    known = bulk.empty(1)
    bulk.learn(known, ONE, np.array([8.0]), np.array([10.0]))
    for day in range(3 * bulk.BLOCK_DAYS):
        bulk.end_day(known, ONE, day, NOTHING, np.zeros(1), 0.1)
    assert known.cases[0] == 0


@pytest.mark.parametrize(
    ("back", "cases", "told"),
    [(0.2, 9.0, False), (0.6, 2.0, True), (0.6, 1.0, False), (8, 1, True)],
)
def test_told_is_of_half_an_order_in_two_cases_or_of_a_whole_one(
    back: float, cases: float, told: bool
) -> None:
    known = bulk.empty(1)
    known.usual[0] = USUAL
    bulk.learn(known, ONE, np.array([back]), np.array([cases]))
    assert bulk.worth_telling(known, ONE, np.array([cases])).tolist() == [told]


def test_small_things_of_two_months_ago_count_half() -> None:
    known = bulk.empty(1)
    bulk.learn(known, ONE, np.array([0.8]), np.array([8.0]))
    for day in range(60):
        bulk.end_day(known, ONE, day, np.array([[10.0, 1000.0]]), np.ones(1), 0.1)
    assert known.back[0] == pytest.approx(0.4)
    assert bulk.worth_telling(known, ONE, np.array([8.0])).tolist() == [False]


def test_where_orders_are_not_known_cases_count_as_they_are() -> None:
    cases = np.array([1.0, 2.0])
    assert bulk.worth_telling(bulk.empty(2), np.arange(2), cases).tolist() == [False, True]


@pytest.mark.parametrize("nats", [-2.0, 0.0, 3.0, 500.0])
def test_favour_multiplies_the_evidence_and_stays_bounded(nats: float) -> None:
    evidence = bulk.DETECTOR.empty(3)
    evidence.beta[:] = 0.5
    favour(evidence, np.array([1]), np.array([nats]))
    changed: Bool = evidence.log_odds > -20
    assert changed.tolist() == [False, True, False]
    assert evidence.beta.max() <= CAP
    wanted = min(nats + np.log(0.5 * 9), np.log(9 * CAP))
    assert evidence.log_odds[1] == pytest.approx(wanted)


def _in_turn(
    sizes: Sequence[float], pools: bulk.Pools, known: bulk.Bulk | None = None
) -> list[float]:
    """Nats of one case after the other."""
    past = bulk.empty(1) if known is None else bulk.Bulk._make(map(np.copy, known))
    nats = []
    for size in sizes:
        case = np.array([[np.log(size) if size else -np.inf, size, 1.0]])
        nats.append(float(bulk.gain(past, ONE, case, pools)[0]))
        bulk.learn(past, ONE, case[:, 1], case[:, 2])
    return nats
