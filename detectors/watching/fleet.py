"""The state of one partition's dealers: every column in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.baselines import (
    bulk,
    case_rate,
    history,
    order_size,
    order_volume,
    pattern,
    price_lines,
    rhythm,
    unit_price,
    worth,
)
from detectors.baselines.history import History
from detectors.baselines.price_lines import Lines
from detectors.columns import F64, I64, Array, capacity_of, from_arrays, grown, to_arrays
from detectors.evidence.joint import Joint
from detectors.registry import DETECTORS, KINDS
from detectors.setup import Setup
from detectors.watching import crossings
from detectors.watching.articles import Articles
from detectors.watching.backlog import Backlog
from detectors.watching.crossings import Crossings
from detectors.watching.dealers import Dealers, Names
from detectors.watching.ids import RowIndex, SeenEvents
from detectors.watching.issues import Issues
from detectors.watching.knowledge import Knowledge
from detectors.watching.orders import OrderBook
from detectors.watching.pattern_book import PatternBook
from detectors.watching.tally import Tally
from schemas.alert import Kind

SIZE: Final = order_size.SMALLER.name
# columns of a dealer's tally
ORDERS, LINES, UNITS, RETURNS, RETURN_UNITS, COMPLAINTS = range(6)
# detectors with a past of their own; the others look at the past of one of these
PASTS: Final = (
    Kind.ORDER_VOLUME_DROP, SIZE, Kind.UNIT_PRICE_DROP, Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE,
)  # fmt: skip
TRADE: Final = (Kind.ORDER_VOLUME_DROP, Kind.ORDER_VOLUME_SURGE)
CASES: Final = (Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE)  # order of the axes of cases
_SOURCES: Final = ("orders", "complaints", "returns")  # order of their counts in a snapshot


class OpenTicks(NamedTuple):
    """What has been counted for ticks that are still open; second axis: tick modulo slots."""

    orders: F64  # (n, slots) distinct orders
    size: F64  # (n, slots, 3) see order_size.count
    promoted: F64  # (n, slots, 2) orders at planned prices, and what they are larger than usual
    exposure: F64  # (n, slots, 2) order lines weighted by article, for complaints and returns
    cases: F64  # (n, slots, 2) complaints and returns


def _empty_open(slots: int) -> Callable[[int], OpenTicks]:
    def empty(n: int) -> OpenTicks:
        return OpenTicks(
            orders=np.zeros((n, slots)),
            size=np.zeros((n, slots, 3)),
            promoted=np.zeros((n, slots, 2)),
            exposure=np.zeros((n, slots, 2)),
            cases=np.zeros((n, slots, 2)),
        )

    return empty


def _empty_past(name: str) -> Callable[[int], History]:
    return partial(history.empty, ticks=history.TICKS if DETECTORS[name].hourly else 0)


def _families(slots: int) -> dict[str, Callable[[int], Any]]:
    """Columns with a row per dealer, by the attribute that holds them; slots: open ticks."""
    return {
        "open": _empty_open(slots),
        "volume": order_volume.empty,
        "rhythm": rhythm.empty,
        "size": order_size.empty,
        "price": unit_price.empty,
        "complaints": case_rate.empty,
        "returns": case_rate.empty,
        "pattern": pattern.empty,
        "worth": worth.empty,
        "bulk": bulk.empty,
        "returned": partial(bulk.no_sizes, slots=slots),
        "crossings": partial(crossings.empty, kinds=len(KINDS)),
    }


class Fleet:
    """Everything known about the dealers of one partition."""

    open: OpenTicks
    volume: order_volume.Volume
    rhythm: rhythm.Rhythm
    size: order_size.Size
    price: unit_price.Price
    complaints: case_rate.Cases
    returns: case_rate.Cases
    pattern: pattern.Pattern
    worth: worth.Worth
    returned: bulk.Sizes
    bulk: bulk.Bulk
    crossings: Crossings

    def __init__(self, setup: Setup) -> None:
        settings = setup.settings
        self.known = Knowledge()
        self._families = _families(setup.timeline.open_ticks)
        self.dealers = Dealers(setup.master, setup.locales)
        self.seen = SeenEvents()
        self.book = OrderBook(int(settings.late_limit), int(settings.cancel_window))
        self.issues = Issues(int(settings.issue_deadline))
        self.backlog = Backlog()
        self.patterns = PatternBook()
        self.tally = Tally(width=6)
        self.currencies = Names()
        self.articles = Articles()
        self.accounts = RowIndex()  # a dealer in a currency …
        self.money = Tally(width=1)  # … and what it has ordered
        self.pairs = RowIndex()  # a dealer and an article …
        self.pair = price_lines.empty_pairs(0)  # … and what it usually pays
        self.lines: list[Lines] = []  # priced ones whose tick is open …
        self.low: list[Lines] = []  # … and low ones whose day is
        self.votes = price_lines.empty_votes(0)  # by article, since the last census
        self.case_votes: F64 = np.zeros((2, 0, 2))  # (kinds, skus, exposure and cases), likewise
        self.quantity_votes: F64 = np.zeros((0, 2))  # (skus, votes and logs), likewise
        self.records: dict[str, int] = {}  # source -> records, likewise
        self.blurred_until = -1  # last tick whose records may have counted in another one
        for name, empty in self._families.items():
            setattr(self, name, empty(0))
        self.evidence = Joint(KINDS)
        self.history: dict[str, History] = {k: _empty_past(k)(0) for k in PASTS}

    def cases(self, which: int) -> case_rate.Cases:
        """Complaints (0) or returns (1)."""
        return self.returns if which else self.complaints

    def share(self, kind: Kind, rows: I64) -> F64:
        """(k,) of the budget of one dealer, 1 or SLIGHT."""
        able = self.crossings.able[rows, list(KINDS).index(kind)]
        return np.where(able, 1.0, crossings.SLIGHT)

    def make_room(self) -> None:
        """Room for every dealer, article, pair and account named so far."""
        n = self.dealers.count
        if n > capacity_of(self.volume):
            for name, empty in self._families.items():
                setattr(self, name, grown(getattr(self, name), empty, n))
            self.evidence.make_room(n)
            for name in PASTS:
                self.history[name] = history.with_room(self.history[name], n)
        self.tally.make_room(n)
        self.money.make_room(self.accounts.count)
        self.pair = grown(self.pair, price_lines.empty_pairs, self.pairs.count)
        self._make_room_for_articles()

    def _make_room_for_articles(self) -> None:
        self.known.make_room()
        self.votes = grown(self.votes, price_lines.empty_votes, len(self.known.items))
        missing = len(self.known.skus) - self.case_votes.shape[1]
        if missing > 0:
            more = np.zeros((2, max(missing, self.case_votes.shape[1]), 2))
            self.case_votes = np.concatenate([self.case_votes, more], axis=1)
            self.quantity_votes = np.concatenate([self.quantity_votes, more[0]])

    def start_over(self, rows: I64) -> None:
        """Forget the past of these dealers: a dormant one that orders again is a new one."""
        for name in (
            "volume", "rhythm", "size", "price", "complaints", "returns", "bulk", "pattern",
        ):  # fmt: skip
            blank = self._families[name](len(rows))
            for column, fresh in zip(getattr(self, name), blank, strict=True):
                column[rows] = fresh
        self.evidence.start_over(rows)

    def forget_pairs(self, day: int) -> None:
        """Drop the forgotten pairs once they are half; day: local days to come are not before it.

        What a pair has forgotten is no longer known of it either way, so when it is dropped does
        not matter.
        """
        count = self.pairs.count
        waiting, low = price_lines.joined(self.lines), price_lines.joined(self.low)
        keep = self.pair.day[:count] >= day - price_lines.FORGOTTEN_DAYS
        keep[waiting.pair] = keep[low.pair] = True
        if 2 * int(keep.sum()) >= count:
            return
        self.pair = price_lines.Pair._make(column[:count][keep] for column in self.pair)
        self.pairs.rebuild(self.pairs.keys[:count][keep])
        place = np.cumsum(keep) - 1
        self.lines = [waiting._replace(pair=place[waiting.pair])]
        self.low = [low._replace(pair=place[low.pair])]

    def snapshot(self) -> dict[str, Array]:
        """Everything, as named arrays; the large ones are the state itself."""
        n, waiting = self.dealers.count, price_lines.joined(self.lines)
        low = price_lines.joined(self.low)
        arrays = self.dealers.snapshot() | self.known.snapshot() | self.book.snapshot()
        arrays |= self.seen.snapshot("seen") | self.issues.snapshot()
        arrays |= self.backlog.snapshot() | self.patterns.snapshot()
        arrays |= self.tally.snapshot("tally", n)
        arrays |= self.money.snapshot("money", self.accounts.count)
        arrays |= {
            "currencies": self.currencies.array(),
            "accounts": self.accounts.keys[: self.accounts.count],
            "pairs": self.pairs.keys[: self.pairs.count],
            "case_votes": self.case_votes,
            "quantity_votes": self.quantity_votes,
            "records": np.array([self.records.get(s, 0) for s in _SOURCES]),
            "blurred": np.array([self.blurred_until]),
            **to_arrays("pair", self.pair, self.pairs.count),
            **to_arrays("lines", waiting, len(waiting.tick)),
            **to_arrays("low", low, len(low.tick)),
            **to_arrays("votes", self.votes, len(self.known.items)),
        }
        for name in self._families:
            arrays |= to_arrays(name, getattr(self, name), n)
        arrays |= self.evidence.snapshot(n)
        for name in PASTS:
            arrays |= history.to_arrays(f"history.{name}", self.history[name], n)
        return arrays

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave; KeyError when another version wrote it."""
        for part in (self.dealers, self.known, self.book, self.issues, self.backlog, self.patterns):
            part.restore(arrays)
        self.seen.restore("seen", arrays)
        self.tally.restore("tally", arrays)
        self.money.restore("money", arrays)
        self.currencies = Names.of_array(arrays["currencies"])
        self.accounts.rebuild(arrays["accounts"])
        self.pairs.rebuild(arrays["pairs"])
        self.case_votes = np.array(arrays["case_votes"])
        self.quantity_votes = np.array(arrays["quantity_votes"])
        self.blurred_until = int(arrays["blurred"][0])
        self.records = dict(zip(_SOURCES, map(int, arrays["records"]), strict=True))
        self.pair = from_arrays("pair", price_lines.empty_pairs, arrays)
        self.lines = [from_arrays("lines", price_lines.no_lines, arrays)]
        self.low = [from_arrays("low", price_lines.no_lines, arrays)]
        self.votes = from_arrays("votes", price_lines.empty_votes, arrays)
        for name, empty in self._families.items():
            setattr(self, name, from_arrays(name, empty, arrays))
        self.evidence.restore(arrays)
        for name in PASTS:
            self.history[name] = from_arrays(f"history.{name}", _empty_past(name), arrays)
