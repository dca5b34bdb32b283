"""The exact sums of many dealers at once, as `dealer-stats` tells them.

Nearly all amounts are whole ten-thousandths, in columns. The few dealers with others (more
decimals, or too large) are worked out one by one, in decimals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64
from detectors.watching.fleet import COMPLAINTS, LINES, ORDERS, RETURN_UNITS, RETURNS, UNITS, Fleet
from detectors.watching.ids import key_of
from detectors.watching.tally import LAST_7, LAST_28, SCALE, TOTAL
from schemas.fields import plain_decimal, plain_number

SPANS: Final = (TOTAL, LAST_7, LAST_28)


class SpanSums(NamedTuple):
    """Sums of k dealers over one span: the columns of schemas.stats_line.Sums, one entry each."""

    orders: list[int]
    lines: list[int]
    units: list[int | float]
    value: list[dict[str, str]]  # exact decimal text by currency, in alphabetical order
    returns: list[int]
    return_units: list[int | float]
    complaints: list[int]


def sums(fleet: Fleet, rows: I64) -> tuple[list[SpanSums], F64]:
    """By span the sums of these dealers; and (spans, k) average unit price.

    The average is nan without units, or unless exactly one currency has value in the span.
    """
    counts = fleet.tally.spans(rows)
    money = _Money(fleet, rows)
    units = counts[:, :, UNITS].T
    with np.errstate(divide="ignore", invalid="ignore"):
        average = np.where((money.currencies == 1) & (units > 0), money.last / units, np.nan)
    found = [_of_span(counts[:, place], money.texts[place]) for place in range(len(SPANS))]
    odd = fleet.tally.odd_rows()
    for n, row in enumerate(rows.tolist()):
        if row in odd or n in money.odd:
            for place, one in enumerate(found):
                average[place, n] = _correct(fleet, one, place, n, row)
    return found, average


def _of_span(counts: I64, value: list[dict[str, str]]) -> SpanSums:
    """counts: (k, columns) ten-thousandths."""
    whole = counts // SCALE
    return SpanSums(
        orders=whole[:, ORDERS].tolist(),
        lines=whole[:, LINES].tolist(),
        units=[_number(amount) for amount in counts[:, UNITS].tolist()],
        value=value,
        returns=whole[:, RETURNS].tolist(),
        return_units=[_number(amount) for amount in counts[:, RETURN_UNITS].tolist()],
        complaints=whole[:, COMPLAINTS].tolist(),
    )


def _number(amount: int) -> int | float:
    """Ten-thousandths as a JSON number; whole ones without a point."""
    return amount / SCALE if amount % SCALE else amount // SCALE


def _text(amount: int) -> str:
    """Ten-thousandths as schemas.fields.plain_decimal writes them."""
    whole, rest = divmod(amount, SCALE)
    if rest % 100 == 0:
        return f"{whole}.{rest // 100:02d}"
    return f"{whole}.{rest // 10:03d}" if rest % 10 == 0 else f"{whole}.{rest:04d}"


class _Money:
    """What k dealers have ordered, by span and currency."""

    def __init__(self, fleet: Fleet, rows: I64) -> None:
        shape = len(SPANS), len(rows)
        self.texts: list[list[dict[str, str]]] = [[{} for _ in rows] for _ in SPANS]
        self.currencies = np.zeros(shape, np.int64)  # with value in the span
        self.last = np.zeros(shape)  # ten-thousandths, of the last of them
        self.odd: set[int] = set()  # places of dealers with amounts that do not fit
        for name, accounts in _accounts(fleet, rows):
            self._add(fleet, name, accounts)

    def _add(self, fleet: Fleet, name: str, accounts: I64) -> None:
        has = np.flatnonzero(accounts >= 0)
        if odd := fleet.money.odd_rows():
            self.odd |= {n for n in has.tolist() if int(accounts[n]) in odd}
        amounts = fleet.money.spans(accounts[has])[:, :, 0].T
        for place, span in enumerate(SPANS):
            told = amounts[place] != 0
            shown = np.ones(len(has), np.bool_) if span == TOTAL else told
            texts = self.texts[place]
            for n, amount in zip(has[shown].tolist(), amounts[place][shown].tolist(), strict=True):
                texts[n][name] = _text(amount)
            self.currencies[place, has[told]] += 1
            self.last[place, has[told]] = amounts[place][told]


def _accounts(fleet: Fleet, rows: I64) -> list[tuple[str, I64]]:
    """By currency in alphabetical order: (k,) the rows of these dealers' money, -1 for none."""
    ordered = sorted((name, code) for code, name in enumerate(fleet.currencies.all))
    return [
        (name, fleet.accounts.lookup(key_of(rows, np.full(len(rows), code))))
        for name, code in ordered
    ]


def _correct(fleet: Fleet, found: SpanSums, place: int, n: int, row: int) -> float:
    """Put in the exact sums of one dealer, in decimals; its average price."""
    span = SPANS[place]
    amounts = fleet.tally.amounts(row, span)
    units = amounts[UNITS]
    value: dict[str, Decimal] = {}
    for name, accounts in _accounts(fleet, np.array([row])):
        if accounts[0] >= 0:
            amount = fleet.money.amount(int(accounts[0]), span, 0)
            if span == TOTAL or amount:
                value[name] = amount
    found.units[n], found.return_units[n] = plain_number(units), plain_number(amounts[RETURN_UNITS])
    found.value[n] = {name: plain_decimal(amount) for name, amount in value.items()}
    return float(next(iter(value.values())) / units) if units and len(value) == 1 else np.nan
