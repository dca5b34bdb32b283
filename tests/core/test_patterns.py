"""unusual_pattern: the forest is river's, ranks are fair, and others' news is left to them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.baselines import forest, pattern
from detectors.baselines.forest import WINDOW
from detectors.columns import F64
from detectors.deciding.forests import LEAST_RANKED, Patterns, TierForest
from detectors.setup import Setup
from detectors.watching.pattern_book import PatternBook
from detectors.watching.patterns import MOST_POINTS
from schemas.alert import Kind
from schemas.wire import PatternPoint, PatternSums
from tests.core.channel import Channel, Trade
from tests.core.playing import Player, Told, settings

BUSY = Trade(orders_per_day=4.0)


def points(count: int, seed: int = 1, measures: int = 4) -> F64:
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(0.5, 0.15, (count, measures)), 0, 1)


def grown(count: int = 2 * WINDOW + 17, measures: int = 4) -> TierForest:
    known = TierForest(measures)
    known.learn(points(count, measures=measures).tolist())
    return known


@pytest.mark.parametrize("measures", [2, 4, 5])
def test_array_form_scores_as_river_does_to_the_last_digit(measures: int) -> None:
    known = grown(measures=measures)
    corners = np.array([[0.0] * measures, [1.0] * measures])
    asked = np.concatenate([points(300, 2, measures), corners])
    found = forest.score(forest.sums(known.arrays(), asked))
    assert found.tolist() == [known.score(one) for one in asked.tolist()]
    assert len(set(found.tolist())) > 50


def test_rare_corner_is_less_usual_than_the_middle() -> None:
    middle, corner = forest.sums(grown().arrays(), np.array([[0.5] * 4, [0.9, 0.1, 0.9, 0.9]]))
    assert corner < middle / 4


def test_forest_travels_as_bytes() -> None:
    known = grown().arrays()
    for sent, arrived in zip(known, forest.unpack(forest.pack(known)), strict=True):
        assert_array_equal(sent, arrived)


def test_forest_of_a_snapshot_goes_on_as_the_one_before() -> None:
    known = grown()
    restored = TierForest.of(json.loads(json.dumps(known.state())))
    for one in (known, restored):
        one.learn(points(WINDOW, 3).tolist())
    assert restored.state() == known.state()
    for ours, theirs in zip(restored.arrays(), known.arrays(), strict=True):
        assert_array_equal(ours, theirs)


def told(seed: int, tier: str = "a", count: int = 40) -> PatternSums:
    rng = np.random.default_rng(seed)
    ranks = np.bincount(rng.integers(100, 300, count), minlength=pattern.BINS).tolist()
    keys = rng.integers(0, 2**62, count).tolist()
    values = points(count, seed).tolist()
    return PatternSums(tier, ranks, [PatternPoint(*one) for one in zip(keys, values, strict=True)])


def split(whole: PatternSums, partitions: int) -> list[PatternSums]:
    """The same points and ranks, told by several partitions."""
    ranks = np.zeros((partitions, pattern.BINS), np.int64)
    for number, place in enumerate(np.repeat(np.arange(pattern.BINS), whole.ranks)):
        ranks[number % partitions, place] += 1
    return [
        PatternSums(whole.tier, ranks[n].tolist(), whole.points[n::partitions])
        for n in range(partitions)
    ]


@hypothesis(max_examples=8, deadline=None)
@given(st.integers(1, 7), st.integers(0, 100))
def test_split_of_a_tier_does_not_matter(partitions: int, seed: int) -> None:
    together, apart = Patterns(), Patterns()
    for day in range(3):
        whole = told(seed + day, count=90)
        laws = apart.add(reversed(split(whole, partitions)), float(day))
        assert laws == together.add([whole], float(day))
    assert apart.state() == together.state()


def test_only_the_smallest_keys_teach() -> None:
    known = Patterns()
    known.add([told(1, count=400)], 0.0)
    ((_, state),) = known.state()[1]
    assert state[-1] == MOST_POINTS


def test_scores_of_a_usual_day_are_normal() -> None:
    known, scores = Patterns(), []
    for day in range(40):
        (law,) = known.add([told(day, count=100)], float(day))
        if day * 100 > LEAST_RANKED:
            bins = np.repeat(np.arange(pattern.BINS), told(day, count=100).ranks)
            scores += (np.array(law.scores)[bins] - law.common).tolist()
    assert np.mean(scores) == pytest.approx(0, abs=0.05)
    assert np.std(scores) == pytest.approx(1, abs=0.05)


def test_what_all_of_a_tier_have_in_common_is_nobodys() -> None:
    known = Patterns()
    for day in range(10):
        known.add([told(day, count=100)], float(day))
    odd = np.bincount(np.full(100, 110), minlength=pattern.BINS).tolist()
    (law,) = known.add([PatternSums("a", odd, [])], 10.0)
    assert law.scores[110] > 1.4
    assert abs(law.scores[110] - law.common) < 0.3


def test_before_enough_is_ranked_no_score_is_told() -> None:
    (law,) = Patterns().add([told(1)], 0.0)
    assert law.scores == []


def test_book_of_a_snapshot_is_the_book() -> None:
    network, book, restored = Patterns(), PatternBook(), PatternBook()
    for day in range(12):
        book.learn(network.add([told(day, count=60)], float(day)))
    book.note([told(99)])
    restored.restore(book.snapshot())
    asked = points(20, 5)
    bins = book.bins("a", asked)
    assert (bins >= 0).all()
    assert_array_equal(restored.bins("a", asked), bins)
    assert_array_equal(restored.scores("a", bins), book.scores("a", bins))
    assert restored.hand_over() == book.hand_over()
    assert restored.hand_over() == []


FIVE = (
    st.floats(0, 1e9),
    st.floats(0, 1e9),
    st.floats(0, 1e3),
    st.floats(-1e9, 1e9),
    st.floats(0, 1e12),
)


@given(*FIVE)
def test_points_are_points_whatever_the_numbers(
    observed: float, expected: float, variance: float, shift: float, precision: float
) -> None:
    one = [np.array([value]) for value in (observed, expected, variance, shift, precision)]
    for probability in (pattern.less_likely(*one[:3]), pattern.lower(one[3], one[4], one[2])):
        assert ((probability >= 0) & (probability <= 1)).all()
        place = pattern.coordinates(probability)
        assert ((place >= 0) & (place <= 1)).all()


def test_probability_of_less_is_fair() -> None:
    """On average one half, whatever the rate: half of the ties count."""
    rng = np.random.default_rng(1)
    for rate in (0.05, 0.7, 5.0):
        counts = rng.poisson(rate, 40_000).astype(np.float64)
        found = pattern.less_likely(counts, np.full(40_000, rate), np.full(40_000, 1e-6))
        assert found.mean() == pytest.approx(0.5, abs=0.01)


def play(channel: Channel) -> Told:
    return Player(Setup(settings(budget={"false_alerts_per_week": 1.0}))).play(channel)


def of(found: Told) -> list[str]:
    return [one.entity for one in found.alerts if one.kind is Kind.UNUSUAL_PATTERN]


def test_combination_no_single_kind_sees_is_told_with_its_measures() -> None:
    """More orders at higher prices."""
    channel = Channel(dealers=24, days=85, usual=BUSY)
    found = play(channel.at("day 60", dealer=3, orders_per_day=5.5, price=1.05))
    (alert,) = [one for one in found.alerts if one.kind is Kind.UNUSUAL_PATTERN][:1]
    assert alert.entity == "dealer-003"
    assert "prices at 105" in alert.message.en or "prices at 104" in alert.message.en
    assert alert.evidence.log_odds is not None
    assert alert.verdict is not None


def test_usual_trade_is_no_pattern() -> None:
    assert of(play(Channel(dealers=24, days=90, usual=BUSY, seed=4))) == []


def test_what_another_kind_says_is_not_said_twice() -> None:
    channel = Channel(dealers=24, days=80, usual=BUSY)
    found = play(channel.at("day 60", dealer=3, orders_per_day=0.0, complaints=0.6))
    assert any(one.kind is Kind.ORDER_VOLUME_DROP for one in found.alerts)
    assert of(found) == []
