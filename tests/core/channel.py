"""A small sales channel as a timeline: what dealers do, from when on, and the records of it.

    Channel(dealers=30).at("day 60", dealer=3, orders_per_day=0)

Dealer 3 orders nothing from day 60 on. Each dealer's day has its own seed: what one dealer does
changes no record of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from schemas.batch import Source
from schemas.instant import DAY, HOUR, MINUTE, Micros, format_instant, parse_instant
from schemas.record import Record
from schemas.rows import ComplaintRow, OrderRow, ReturnRow, Row

START = parse_instant("2024-01-01T00:00:00Z")  # a Monday
CATALOG = 12  # articles; article k costs 10 + k


def when(text: str) -> Micros:
    """`day 60` or `day 60 06:30`, from the beginning of the channel."""
    _, day, *clock = text.split()
    hours, minutes = map(int, clock[0].split(":")) if clock else (0, 0)
    return START + int(day) * DAY + hours * HOUR + minutes * MINUTE


@dataclass(frozen=True)
class Trade:
    """What one dealer does on a day."""

    orders_per_day: float = 3.0
    quantity: float = 5.0  # mean of a line
    spread: float = 0.0  # of the sizes of orders: standard deviation of their log, beside chance
    price: float = 1.0  # times the list price
    promo: bool = False
    complaints: float = 0.05  # per order
    returns: float = 0.05  # per order
    articles: tuple[int, ...] = tuple(range(CATALOG))
    currency: str | None = None
    region: str = "north"
    tier: str = "a"


@dataclass
class Channel:
    """Dealers, what they do, and from when on they do otherwise."""

    dealers: int = 24
    days: int = 80
    seed: int = 1
    usual: Trade = field(default_factory=Trade)
    _changes: list[tuple[Micros, int | None, dict[str, Any]]] = field(default_factory=list)
    _lost: list[tuple[Micros, Micros, frozenset[Source]]] = field(default_factory=list)
    _extra: list[Record] = field(default_factory=list)

    def at(self, moment: str, dealer: int | None = None, **trade: Any) -> Self:
        """From this day on a dealer, or every dealer, trades otherwise."""
        self._changes.append((when(moment), dealer, trade))
        return self

    def during(self, first: str, last: str, dealer: int | None = None, **trade: Any) -> Self:
        """Otherwise from the first day to the last (exclusive), then as usual again."""
        before = {name: getattr(self.usual, name) for name in trade}
        return self.at(first, dealer, **trade).at(last, dealer, **before)

    def lost(self, first: str, last: str, *sources: Source) -> Self:
        """Nothing of these sources (all, when none is named) arrives in between."""
        named = frozenset(sources or Source)
        self._lost.append((when(first), when(last), named))
        return self

    def also(self, moment: str, row: Callable[..., Row], dealer: int, **fields: Any) -> Self:
        """One record more."""
        ts, number = when(moment), len(self._extra)
        fields = {"event_id": f"extra-{number}"} | fields
        self._extra.append(_record(row, ts, dealer_id=name(dealer), **fields))
        return self

    def records(self) -> list[Record]:
        """Everything that arrives, in order of event time."""
        found = [*self._extra]
        for dealer in range(self.dealers):
            for day in range(self.days):
                found += self._day(dealer, day, self._trade(dealer, START + day * DAY))
        kept = [one for one in found if one.ts < START + self.days * DAY and not self._is_lost(one)]
        return sorted(kept, key=lambda one: (one.ts, one.row.event_id))

    def _is_lost(self, one: Record) -> bool:
        return any(a <= one.ts < b and one.source in sources for a, b, sources in self._lost)

    def _trade(self, dealer: int, day: Micros) -> Trade:
        trade = self.usual
        for since, who, change in self._changes:
            if since <= day and who in (None, dealer):
                trade = replace(trade, **change)
        return trade

    def _day(self, dealer: int, day: int, trade: Trade) -> list[Record]:
        rng = np.random.default_rng([self.seed, dealer, day])
        found: list[Record] = []
        for number in range(rng.poisson(trade.orders_per_day)):
            ts = START + day * DAY + int(rng.integers(6 * HOUR, 20 * HOUR))
            found += _order(rng, f"{dealer}-{day}-{number}", name(dealer), ts, trade)
        return found


def name(dealer: int) -> str:
    """The id of a dealer."""
    return f"dealer-{dealer:03}"


def _order(
    rng: np.random.Generator, number: str, dealer: str, ts: Micros, trade: Trade
) -> list[Record]:
    """One order of one to three lines, and what follows from it."""
    usual = trade.quantity
    if trade.spread > 0.0:
        usual *= float(np.exp(rng.normal(-0.5 * trade.spread**2, trade.spread)))
    who: dict[str, Any] = {"dealer_id": dealer, "region": trade.region, "tier": trade.tier}
    found = [
        _record(
            OrderRow,
            ts,
            event_id=f"o{number}-{line}",
            order_id=number,
            sku=f"sku-{(article := trade.articles[rng.integers(len(trade.articles))])}",
            quantity=float(1 + rng.poisson(max(usual - 1.0, 0.0))),
            unit_price=round(float((10 + article) * trade.price * rng.normal(1, 0.02)), 2),
            currency=trade.currency,
            promo=trade.promo,
            **who,
        )
        for line in range(1 + int(rng.integers(3)))
    ]
    article = trade.articles[rng.integers(len(trade.articles))]
    if rng.random() < trade.complaints:
        later = ts + int(rng.exponential(5 * DAY))
        found.append(
            _record(ComplaintRow, later, event_id=f"c{number}", sku=f"sku-{article}", **who)
        )
    if rng.random() < trade.returns:
        later = ts + 3 * DAY + int(rng.exponential(8 * DAY))
        back = {"event_id": f"r{number}", "sku": f"sku-{article}", "quantity": 1.0}
        found.append(_record(ReturnRow, later, **back, **who))
    return found


def _record(kind: Callable[..., Row], ts: Micros, **fields: Any) -> Record:
    row = kind(ts=format_instant(ts), **fields)
    return Record(position=0, raw=row.event_id.encode(), ts=ts, row=row)
