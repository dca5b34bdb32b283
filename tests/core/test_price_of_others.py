"""What is low for others too is nobody's cut: the price lines of a day, one dealer against many."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import price_lines
from detectors.baselines.price_lines import Item, Lines, Pair, Standing

USUAL = 0.01  # share of lines low in common where nobody else has bought
CUT = -0.3  # of the log price
DEVIATION = 0.03


def item(others: float, low: float) -> Item:
    """An article whose level is 0; of late so many dealers have bought, so many of them low."""
    known = (np.zeros(1), np.full(1, DEVIATION))
    return Item(*known, np.full(1, others), np.full(1, low), np.full(1, CUT))


def pair(bought: float = 1.0, low: float = 1.0) -> Pair:
    """A dealer's own part of that; it knows the article well."""
    own = price_lines.empty_pairs(1)
    own.lines[:], own.bought[:], own.low[:] = 100.0, bought, low
    return own


def mean(article: Item, own: Pair, *, log_price: float = CUT, usual: float = USUAL) -> float:
    """The residual that a line at the end of its day is weighed with."""
    zeros, sums = np.zeros(1), np.zeros((1, 7))
    place = np.zeros(1, np.int64)
    line = Lines(place, place, place, place, np.full(1, log_price))
    price_lines.weigh(
        Standing(*(zeros.copy() for _ in Standing._fields)), own, article,
        price_lines.empty_votes(1), line, np.ones(1, np.bool_), place, 1e-9, usual, sums,
        np.zeros(0, np.bool_),
    )  # fmt: skip
    return float(sums[0, 2] / sums[0, 1])


def test_price_that_others_do_not_pay_is_the_dealers() -> None:
    assert mean(item(11.0, 1.0), pair()) == pytest.approx(CUT, rel=1e-3)


@pytest.mark.parametrize("others", [3.0, 10.0, 80.0])
def test_price_that_others_pay_too_is_the_articles(others: float) -> None:
    assert mean(item(others + 1.0, others + 1.0), pair()) == pytest.approx(0.0, abs=0.03)


def test_five_buyers_of_a_clearance_still_tell_a_week_later() -> None:
    left = 5.0 * price_lines.LATELY_KEEP**7
    assert mean(item(left + 1.0, left + 1.0), pair()) == pytest.approx(0.0, abs=0.03)


def test_price_of_a_zone_is_the_articles_for_those_in_it() -> None:
    assert mean(item(84.0, 21.0), pair()) == pytest.approx(0.0, abs=0.03)
    assert mean(item(84.0, 3.0), pair()) == pytest.approx(CUT, rel=0.05)  # by chance two of 83


def test_own_visits_of_the_last_days_are_not_those_of_others() -> None:
    own = pair(bought=4.0, low=4.0)
    assert mean(item(4.0, 4.0), own) == pytest.approx(CUT * (1 - USUAL))


def test_price_below_what_others_pay_low_is_the_dealers_beyond_that() -> None:
    assert mean(item(11.0, 11.0), pair(), log_price=2 * CUT) == pytest.approx(CUT, rel=0.02)


def test_where_nobody_has_bought_a_clearance_elsewhere_holds_it_back() -> None:
    alone = item(1.0, 1.0)
    assert mean(alone, pair(), usual=0.4) == pytest.approx(0.6 * CUT)
    assert mean(alone, pair()) == pytest.approx((1 - USUAL) * CUT)


def test_a_line_as_usual_is_weighed_as_it_is() -> None:
    assert mean(item(11.0, 11.0), pair(low=0.0), log_price=0.01) == pytest.approx(0.01)
