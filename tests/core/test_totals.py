"""Levels of articles against the same rule, one article at a time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import NEW_DEVIATION
from detectors.deciding.totals import JUMP_DEALERS, JUMP_SHARE, ItemLevels, SkuFactors
from schemas.named_rows import Sums
from schemas.texts import Texts

NAMES = st.sampled_from(["EUR\0a", "EUR\0b", "USD\0a", "EUR\0B"])
SCALED = st.integers(-(10**9), 10**9)
COUNTS = st.integers(0, 200)
FEW = st.integers(0, 20 * int(SCALE))
ROWS = st.tuples(
    COUNTS, st.integers(0, 10**9), SCALED, SCALED, st.integers(0, 10**9), COUNTS, SCALED,
    COUNTS, FEW, FEW, SCALED, FEW, SCALED,
)  # fmt: skip
PARTS = st.lists(st.dictionaries(NAMES, ROWS), max_size=3)


def sums(part: dict[str, tuple[int, ...]]) -> Sums:
    return Sums.of(Texts.of(part), np.array(list(part.values()), np.float64))


class OneByOne:
    """What ItemLevels does, for one article."""

    def __init__(self) -> None:
        self.level, self.deviation, self.seen = 0.0, NEW_DEVIATION, 0
        self.is_known = False

    def add(self, rows: list[tuple[int, ...]]) -> None:
        (
            lines, votes, residuals, everybody, deviations, unknown, logs,
            settled, dealers, low, fallen, high, risen,
        ) = map(sum, zip(*rows))  # fmt: skip  # noqa: B905
        jump = 0.0
        if dealers >= JUMP_DEALERS * SCALE and low >= JUMP_SHARE * dealers:
            jump += fallen / max(low, 1.0)
        if dealers >= JUMP_DEALERS * SCALE and high >= JUMP_SHARE * dealers:
            jump += risen / max(high, 1.0)
        if not self.is_known and unknown:
            self.level = logs / SCALE / unknown
        if lines and self.seen < ItemLevels.VOTES:
            self.level += everybody / SCALE / (self.seen + unknown + lines)
        elif votes and jump:
            self.level += jump
        elif votes:
            self.level += residuals / SCALE / max(votes / SCALE, ItemLevels.VOTES)
        if settled:
            mean = deviations / SCALE / settled * 1.2533
            self.deviation += min(settled / 400.0, 0.5) * (mean - self.deviation)
            self.deviation = min(max(self.deviation, 0.01), 0.5)
        self.seen += lines + unknown
        self.is_known = True


def votes_of(fallen: int, still: int) -> dict[str, tuple[int, ...]]:
    """Dealers that paid 30 % less for an article, and as usual, in one tick."""
    one, every, cut = int(SCALE), fallen + still, round(-0.1 * SCALE) * fallen
    far = round(-0.36 * SCALE) * fallen
    row = (every, every * one, cut, cut, 0, 0, 0, 0, every * one, fallen * one, far, 0, 0)
    return {"EUR\0a": row}


@pytest.mark.parametrize(
    ("fallen", "still", "jumps"), [(8, 0, True), (60, 23, True), (7, 0, False), (23, 60, False)]
)
def test_price_that_most_dealers_pay_in_a_tick_is_the_level(
    fallen: int, still: int, jumps: bool
) -> None:
    levels = ItemLevels()
    before = levels.add([sums(votes_of(0, 80))], 1.0)
    told = levels.add([sums(votes_of(fallen, still))], 1.0)
    moved = told.rows(5)[0][0] - before.rows(5)[0][0]
    assert (moved == pytest.approx(-0.36, abs=1e-5)) == jumps
    assert moved < 0


def test_what_dealers_have_paid_of_late_is_told_beside_the_level_and_fades() -> None:
    levels = ItemLevels()
    first = levels.add([sums(votes_of(2, 8))], 1.0).rows(5)[0]
    second = levels.add([sums(votes_of(0, 5))], 10.0).rows(5)[0]
    assert first[2:] == pytest.approx([10.0, 2.0, -0.36], abs=1e-4)
    assert second[2:] == pytest.approx([10.0, 1.0, -0.36], abs=1e-4)  # half of it after ten days


def test_quantities_of_every_class_tell_together_what_others_pay() -> None:
    levels = ItemLevels()
    classes = {f"EUR\0a\0{n}": votes_of(1, 3)["EUR\0a"] for n in range(4)}
    told = levels.add([sums(classes)], 1.0).rows(5)
    assert told[:, 2:4].tolist() == [[16.0, 4.0]] * 4


def test_what_was_paid_long_ago_is_forgotten_to_the_last_digit() -> None:
    levels = ItemLevels()
    levels.add([sums(votes_of(8, 8))], 1.0)
    for _ in range(140):
        levels.add([], 3.0)
    assert levels.add([sums(votes_of(0, 1))], 1.0).rows(5)[0, 2:].tolist() == [1.0, 0.0, 0.0]


@given(st.lists(PARTS, max_size=6))
def test_levels_of_articles_are_those_of_each_alone(
    ticks: list[list[dict[str, tuple[int, ...]]]],
) -> None:
    levels = ItemLevels()
    alone: dict[str, OneByOne] = {}
    for parts in ticks:
        told = levels.add((sums(part) for part in parts), 1 / 24)
        named = sorted({name for part in parts for name in part})
        for name in named:
            alone.setdefault(name, OneByOne()).add([part[name] for part in parts if name in part])
        assert told.names == named
        expected = [(alone[name].level, alone[name].deviation) for name in named]
        assert list(map(tuple, told.rows(5)[:, :2].tolist())) == expected
        again = ItemLevels()
        again.load(json.loads(json.dumps(levels.state())))
        levels = again


def test_order_of_partitions_changes_no_factor() -> None:
    parts = [
        Sums.of(Texts.of([f"s{k}", "s9"]), np.array([[9.0 * SCALE, k * SCALE], [SCALE, 3 * SCALE]]))
        for k in range(4)
    ]
    one, other = SkuFactors(0), SkuFactors(0)
    for _ in range(5):
        assert one.add(parts, 1.0) == other.add(parts[::-1], 1.0)
    assert one.add([], 1.0).names == ["s9"]  # an excess is told of until it ends


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_named_tells_nothing(which: int) -> None:
    assert SkuFactors(which).add([Sums()], 1.0).names == []
    assert ItemLevels().add([], 1.0).names == []
