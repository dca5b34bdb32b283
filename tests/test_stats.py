"""Dealer statistics as they are sent: exact totals, rounded rates."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import stats_line
from schemas.alert import Kind
from schemas.fields import encode, plain_decimal
from schemas.instant import format_instant
from schemas.rounding import significant
from schemas.stats import (
    DealerInfo,
    DealerStats,
    DealerStatus,
    Detectable,
    Issues,
    Recent,
    Totals,
)
from tests.samples import AT


def totals(**others: Any) -> dict[str, Any]:
    return {
        "orders": 2,
        "lines": 3,
        "units": Decimal("2.5"),
        "value": {"EUR": Decimal("15.30"), "USD": Decimal("1E+2")},
        "returns": 1,
        "return_units": Decimal(1),
        "complaints": 0,
    } | others


def stats() -> DealerStats:
    recent = Recent(
        **totals(),
        expected_orders=2.3456789,
        average_unit_price=None,
        price_index=0.98765432,
        complaint_rate=0,
        return_rate=0.5,
    )
    return DealerStats(
        dealer=DealerInfo(id="16029"),
        at=AT,
        status=DealerStatus.ACTIVE,
        totals=Totals(**totals()),
        d7=recent,
        d28=recent,
        issues=Issues(open=1, overdue=0, oldest=AT),
        detectable=(Detectable(kind=Kind.ORDER_VOLUME_DROP, ratio=0.5, within_days=40),),
    )


def test_stats_read_back_equal_and_to_the_same_bytes() -> None:
    received = DealerStats.model_validate_json(encode(stats()))
    assert received == stats()
    assert encode(received) == encode(stats())


def test_stats_have_every_field_of_the_contract() -> None:
    written = json.loads(encode(stats()))
    assert " ".join(written) == "schema dealer at status totals d7 d28 issues detectable"
    assert " ".join(written["totals"]) == (
        "orders lines units value returns return_units complaints"
    )
    assert " ".join(written["d7"]) == (
        "orders lines units value returns return_units complaints "
        "expected_orders average_unit_price price_index complaint_rate return_rate"
    )


def test_value_is_exact_decimal_text_by_currency() -> None:
    written = json.loads(encode(stats()))
    assert written["totals"]["value"] == {"EUR": "15.30", "USD": "100.00"}
    assert written["totals"]["units"] == 2.5
    assert written["totals"]["return_units"] == 1


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18))
def test_decimal_text_is_exact_and_plain(amount: Decimal) -> None:
    text = plain_decimal(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert plain_decimal(Decimal(text)) == text


def test_unknown_currency_code_is_refused() -> None:
    with pytest.raises(ValidationError, match="pattern"):
        Totals(**totals(value={"euro": Decimal(1)}))


NUMBERS = st.floats(0, 1e15) | st.integers(0, 10**12).map(float)
FIGURES = NUMBERS.map(significant) | st.none()
COUNTS = st.integers(0, 10**15)
UNITS = COUNTS | st.floats(1e-4, 1e15).filter(lambda number: not number.is_integer())
TEXTS = st.text(min_size=1, max_size=128) | st.none()
VALUES = st.dictionaries(
    st.from_regex(r"\A[A-Z]{3}\Z"), st.decimals(0, 10**12, places=4).map(plain_decimal), max_size=3
)


@st.composite
def fast_lines(draw: st.DrawFn) -> stats_line.Stats:
    def sums() -> tuple[Any, ...]:
        return tuple(map(draw, (COUNTS, COUNTS, UNITS, VALUES, COUNTS, UNITS, COUNTS)))

    recent = [stats_line.RecentSums(*sums(), *(draw(FIGURES) for _ in range(5))) for _ in range(2)]
    name = draw(st.text(min_size=1, max_size=128))
    proof = stats_line.Proof(Kind.ORDER_VOLUME_DROP, 0.5, draw(FIGURES.filter(lambda x: x != 0)))
    return stats_line.Stats(
        schema=stats_line.Stats.SCHEMA,
        dealer=stats_line.Who(name, *(draw(TEXTS) for _ in range(4))),
        at=format_instant(AT),
        status=draw(st.sampled_from(DealerStatus)),
        totals=stats_line.Sums(*sums()),
        d7=recent[0],
        d28=recent[1],
        issues=stats_line.IssueCounts(draw(COUNTS), draw(COUNTS), None),
        detectable=(proof,),
    )


@given(fast_lines())
def test_fast_lines_are_the_bytes_of_the_model(stats: stats_line.Stats) -> None:
    told = stats_line.line_of(stats)
    assert told.dealer == stats.dealer.id
    assert encode(DealerStats.model_validate_json(told.line)) == told.line
