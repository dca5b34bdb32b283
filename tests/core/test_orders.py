"""Orders as orders: lines that belong together, and what a return takes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.watching.orders import Cancelled, OrderBook, OrderLines, Placing
from schemas.instant import DAY, HOUR

LATE_LIMIT, CANCEL_WINDOW = 7 * DAY, 48 * HOUR


def book() -> OrderBook:
    return OrderBook(LATE_LIMIT, CANCEL_WINDOW)


def place(orders: OrderBook, *lines: tuple[int, int, float]) -> list[bool]:
    """Lines as (order, moment, quantity) of dealer 0, at price 10."""
    ids, ts, quantity = (list(column) for column in zip(*lines, strict=True))
    amount = np.array(quantity)
    columns = OrderLines(
        ts=np.array(ts, np.int64),
        tick=np.array(ts, np.int64) // HOUR,
        dealer=np.zeros(len(ts), np.int64),
        quantity=amount,
        value=10 * amount,
        usual=amount / 2,
    )
    return list(map(bool, orders.place(np.array(ids, np.uint64), columns).is_order))


def give_back(orders: OrderBook, *returns: tuple[int, int, float]) -> tuple[list[bool], Cancelled]:
    ids, ts, quantity = (list(column) for column in zip(*returns, strict=True))
    moments = np.array(ts, np.int64)
    is_case, cancelled = orders.take_back(
        np.array(ids, np.uint64), moments, moments // HOUR, np.array(quantity)
    )
    return is_case.tolist(), cancelled


def count(cancelled: Cancelled) -> int:
    return len(cancelled.dealer)


def test_lines_of_one_order_count_once() -> None:
    assert place(book(), (1, 0, 2.0), (1, 0, 3.0), (2, 0, 1.0), (1, HOUR, 1.0)) == [
        *(True, False, True, False),
    ]


def test_line_without_an_order_is_an_order() -> None:
    assert place(book(), (0, 0, 2.0), (0, 0, 2.0)) == [True, True]


def test_distance_is_measured_from_the_line_that_counted() -> None:
    """Not from the latest line: three lines, each within the limit of the one before."""
    orders = book()
    assert place(orders, (1, 0, 1.0), (1, 6 * DAY, 1.0), (1, 12 * DAY, 1.0)) == [True, False, True]
    assert place(orders, (1, 13 * DAY, 1.0)) == [False]


def test_earlier_line_that_comes_late_belongs_to_its_order() -> None:
    assert place(book(), (1, 5 * DAY, 1.0), (1, 0, 1.0)) == [True, False]


def test_limit_itself_is_inside() -> None:
    assert place(book(), (1, 0, 1.0), (1, LATE_LIMIT, 1.0)) == [True, False]
    assert place(book(), (1, 0, 1.0), (1, LATE_LIMIT + 1, 1.0)) == [True, True]


def test_return_of_the_whole_order_cancels_it() -> None:
    orders = book()
    place(orders, (1, 2 * HOUR, 74_215.0))
    is_case, cancelled = give_back(orders, (1, 2 * HOUR + 16, 74_215.0))
    assert is_case == [False]
    assert (cancelled.tick.tolist(), cancelled.value.tolist()) == ([2], [742_150.0])
    assert cancelled.case_tick.tolist() == [-1]


def test_return_of_nearly_the_whole_order_cancels_it() -> None:
    orders = book()
    place(orders, (1, 0, 60.0), (1, 0, 40.0))
    assert count(give_back(orders, (1, HOUR, 89.0))[1]) == 0
    assert count(give_back(orders, (1, HOUR, 1.0))[1]) == 1


def test_order_taken_back_line_by_line_is_cancelled_at_the_last() -> None:
    """The earlier lines counted as cases; the tick of the last such case is told."""
    orders = book()
    place(orders, (1, 0, 10.0), (1, 0, 10.0))
    is_case, cancelled = give_back(orders, (1, HOUR, 10.0), (1, 3 * HOUR, 10.0))
    assert is_case == [True, False]
    assert cancelled.case_tick.tolist() == [1]


def test_partial_return_is_a_case() -> None:
    orders = book()
    place(orders, (1, 0, 10.0))
    is_case, cancelled = give_back(orders, (1, HOUR, 3.0))
    assert (is_case, count(cancelled)) == ([True], 0)


def test_return_after_the_window_is_a_case() -> None:
    orders = book()
    place(orders, (1, 0, 10.0), (2, 0, 10.0))
    is_case, cancelled = give_back(orders, (1, CANCEL_WINDOW + 1, 10.0), (2, CANCEL_WINDOW, 10.0))
    assert (is_case, count(cancelled)) == ([True, False], 1)


def test_order_is_cancelled_once() -> None:
    orders = book()
    place(orders, (1, 0, 10.0))
    is_case, cancelled = give_back(orders, (1, HOUR, 10.0), (1, HOUR, 10.0))
    assert (is_case, count(cancelled)) == ([False, False], 1)


def test_return_of_an_unknown_order_is_a_case() -> None:
    orders = book()
    place(orders, (1, 0, 10.0))
    assert give_back(orders, (9, HOUR, 10.0), (0, HOUR, 10.0))[0] == [True, True]


def test_order_id_used_again_after_the_limit_is_another_order() -> None:
    orders = book()
    place(orders, (1, 0, 10.0), (1, 8 * DAY, 4.0))
    is_case, cancelled = give_back(orders, (1, 8 * DAY + HOUR, 4.0))
    assert (is_case, cancelled.value.tolist()) == ([False], [40.0])


def test_old_orders_are_forgotten_and_young_ones_kept() -> None:
    orders = book()
    for order in range(1, 101):
        place(orders, (order, order * HOUR, 1.0))
    orders.forget(90 * HOUR)
    assert len(orders.snapshot()["orders.ts"]) == 11
    assert place(orders, (95, 95 * HOUR, 1.0)) == [False]


LINES = st.tuples(st.integers(0, 6), st.integers(0, 20 * DAY), st.sampled_from([1.0, 2.0, 10.0]))
STEPS = st.lists(
    st.tuples(st.booleans(), st.lists(LINES, min_size=1, max_size=5)), min_size=1, max_size=8
)


@given(STEPS)
def test_restart_at_any_moment_changes_nothing(
    steps: list[tuple[bool, list[tuple[int, int, float]]]],
) -> None:
    def told(restart: bool) -> list[Any]:
        orders = book()
        found: list[Any] = []
        for is_return, lines in steps:
            if restart:
                arrays, orders = orders.snapshot(), book()
                orders.restore(arrays)
            if is_return:
                is_case, cancelled = give_back(orders, *lines)
                found.append((is_case, [column.tolist() for column in cancelled]))
            else:
                found.append(place(orders, *lines))
        return found

    assert told(restart=True) == told(restart=False)


@given(st.lists(LINES, min_size=1, max_size=12), st.integers(1, 11))
def test_slices_change_nothing(lines: list[tuple[int, int, float]], cut: int) -> None:
    whole, parts = book(), book()
    pieces = [piece for piece in (lines[:cut], lines[cut:]) if piece]
    assert place(whole, *lines) == [fresh for piece in pieces for fresh in place(parts, *piece)]


def sizes(*lines: tuple[int, float, float]) -> Placing:
    """Lines as (order, moment in hours, usual lines of their article)."""
    ids, ts, usual = (list(column) for column in zip(*lines, strict=True))
    n = len(lines)
    columns = OrderLines(
        ts=np.array(ts, np.int64) * HOUR,
        tick=np.array(ts, np.int64),
        dealer=np.zeros(n, np.int64),
        quantity=np.ones(n),
        value=np.ones(n),
        usual=np.array(usual),
    )
    return book().place(np.array(ids, np.uint64), columns)


def test_size_of_an_order_grows_with_its_lines() -> None:
    placing = sizes((1, 0, 2.0), (2, 0, 5.0), (1, 0, 4.0))
    assert np.exp(placing.after).tolist() == pytest.approx([2.0, 5.0, 6.0])
    assert np.exp(placing.before[2]) == pytest.approx(2.0)
    assert np.isnan(placing.before[:2]).all()


def test_line_that_comes_later_belongs_to_the_tick_of_its_order() -> None:
    assert sizes((1, 0, 2.0), (1, 3, 4.0)).tick.tolist() == [0, 0]


def test_line_of_an_unknown_article_is_like_the_others_of_its_order() -> None:
    placing = sizes((1, 0, 3.0), (1, 0, np.nan))
    assert np.exp(placing.after[1]) == pytest.approx(6.0)


def test_order_of_unknown_articles_has_no_size() -> None:
    assert np.isnan(sizes((1, 0, np.nan), (0, 0, np.nan)).after).all()


def test_free_line_has_no_size() -> None:
    placing = sizes((1, 0, 3.0), (1, 0, 0.0), (0, 0, 0.0))
    assert np.exp(placing.after[1]) == pytest.approx(3.0)
    assert np.isnan(placing.after[2])


def test_cancelled_order_tells_its_size() -> None:
    orders = book()
    place(orders, (1, 0, 4.0), (1, 0, 2.0))
    _, cancelled = give_back(orders, (1, HOUR, 6.0))
    assert np.exp(cancelled.size) == pytest.approx(3.0)
