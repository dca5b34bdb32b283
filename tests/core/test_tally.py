"""Exact sums against a plain recount by day."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detectors.watching.tally import (
    LAST_7,
    LAST_28,
    LIMIT,
    SCALE,
    TODAY,
    TOTAL,
    Tally,
    products,
    whole,
)

ROWS, WIDTH = 3, 2
SPANS = {TODAY: 1, LAST_7: 7, LAST_28: 28}
ADDED = st.tuples(
    st.integers(0, ROWS - 1),
    st.integers(0, WIDTH - 1),
    st.integers(-35, 2),  # days from the open one: very late to a little early
    st.integers(-(10**6), 10**12),
)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Exact, whatever the lengths."""
    with localcontext(prec=2_000):
        return sum(amounts, Decimal(0))


class TallyModel(RuleBasedStateMachine):
    """What was added, as a list."""

    @initialize(day=st.integers(19_000, 20_000))
    def start(self, day: int) -> None:
        self.tally = Tally(WIDTH)
        self.tally.day = day
        self.tally.make_room(ROWS)
        self.model: list[tuple[int, int, int, Decimal]] = []
        self.before = self.all_sums()

    @rule(added=st.lists(ADDED, max_size=12))
    def add(self, added: list[tuple[int, int, int, int]]) -> None:
        for column in range(WIDTH):
            mine = [one for one in added if one[1] == column]
            rows = np.array([row for row, _, _, _ in mine], np.int64)
            amounts = np.array([amount for _, _, _, amount in mine], np.int64)
            days = np.array([self.tally.day + ago for _, _, ago, _ in mine], np.int64)
            self.tally.add(rows, column, amounts, days)
            for row, _, ago, amount in mine:
                self.model.append((row, column, self.tally.day + ago, Decimal(amount) / SCALE))

    @rule(
        row=st.integers(0, ROWS - 1),
        ago=st.integers(-35, 2),
        amount=st.decimals(min_value=0, max_value=10**20, places=9),
    )
    def add_odd(self, row: int, ago: int, amount: Decimal) -> None:
        """With the line it stands on: a line counts, so the row is named."""
        self.add([(row, 0, ago, SCALE)])
        self.tally.add_odd(row, 1, self.tally.day + ago, amount)
        self.model.append((row, 1, self.tally.day + ago, amount))

    @rule(days=st.integers(1, 30))
    def end_days(self, days: int) -> None:
        for _ in range(days):
            self.before = self.all_sums()
            self.tally.end_day()

    @rule()
    def restart(self) -> None:
        arrays = self.tally.snapshot("t", ROWS)
        self.tally = Tally(WIDTH)
        self.tally.restore("t", arrays)

    def recount(self, row: int, span: int, column: int) -> Decimal:
        first, last = self.tally.day - SPANS.get(span, 10**6) + 1, self.tally.day
        return total(
            amount
            for r, c, day, amount in self.model
            if (r, c) == (row, column) and (span == TOTAL or first <= day <= last)
        )

    def all_sums(self) -> list[list[Decimal]]:
        return [
            [
                self.tally.amount(row, span, column)
                for span in (TOTAL, LAST_7, LAST_28)
                for column in range(WIDTH)
            ]
            for row in range(ROWS)
        ]

    @invariant()
    def sums_equal_the_recount(self) -> None:
        for row in range(ROWS):
            for column in range(WIDTH):
                for span in (TOTAL, TODAY, LAST_7, LAST_28):
                    amount = self.tally.amount(row, span, column)
                    assert amount == self.recount(row, span, column), (row, span, column)

    @precondition(lambda self: self.tally.day)
    @invariant()
    def rows_whose_sums_changed_are_named(self) -> None:
        named = set(self.tally.changed().tolist())
        now = self.all_sums()
        assert {row for row in range(ROWS) if now[row] != self.before[row]} <= named


TestTally = TallyModel.TestCase
TestTally.settings = settings(max_examples=50, stateful_step_count=30)


def test_quiet_rows_are_not_named() -> None:
    tally = Tally(1)
    tally.make_room(5)
    tally.add(np.array([2]), 0, np.array([SCALE]), np.array([0]))
    assert tally.changed().tolist() == [2]
    tally.end_day()
    assert tally.changed().tolist() == []


@pytest.mark.parametrize("ago", [-60, -28, -27, -1, 0, 1, 2])
def test_row_is_named_whatever_the_day_of_what_came(ago: int) -> None:
    """Its total has changed, so its statistics have."""
    tally = Tally(1)
    tally.make_room(5)
    tally.add(np.array([2]), 0, np.array([SCALE]), np.array([ago]))
    assert tally.changed().tolist() == [2]


def test_memory_does_not_grow_with_days() -> None:
    tally = Tally(2)
    tally.make_room(4)
    sizes = []
    for day in range(100):
        tally.add(np.array([day % 4]), 0, np.array([SCALE]), np.array([day]))
        tally.add_odd(day % 4, 1, day, Decimal("0.00001"))
        tally.end_day()
        sizes.append(sum(array.size for array in tally.snapshot("t", 4).values()))
    assert sizes[40] == sizes[99]


@given(st.decimals(min_value=0, max_value=10**9, places=5))
def test_numbers_are_taken_exactly_or_not_at_all(number: Decimal) -> None:
    """A number as text becomes a float; four decimals survive, five are told apart."""
    (scaled,), (exact,) = whole(np.array([float(number)]))
    assert bool(exact) == (number * SCALE == int(number * SCALE))
    if exact:
        assert Decimal(int(scaled)) / SCALE == number


@given(
    st.integers(1, 10**9) | st.floats(0.001, 1e9),
    st.decimals(min_value=0, max_value=10**9, places=4),
)
def test_products_are_taken_exactly_or_not_at_all(quantity: float, price: Decimal) -> None:
    (scaled,), (exact,) = products(np.array([float(quantity)]), np.array([float(price)]))
    if exact:
        assert Decimal(int(scaled)) / SCALE == Decimal(repr(float(quantity))) * price
    else:
        assert quantity != int(quantity) or quantity * float(price) * SCALE >= LIMIT * 0.99


@pytest.mark.parametrize("span", [LAST_7, LAST_28])
def test_day_leaves_its_span_exactly_then(span: int) -> None:
    tally = Tally(1)
    tally.make_room(1)
    tally.add(np.array([0]), 0, np.array([SCALE]), np.array([0]))
    inside = [int(tally.amount(0, span, 0))]
    for _ in range(30):
        tally.end_day()
        inside.append(int(tally.amount(0, span, 0)))
    assert inside == [1] * SPANS[span] + [0] * (31 - SPANS[span])
