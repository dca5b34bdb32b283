"""The network stage: censuses become an outlook, signals become decisions.

    combine(censuses)    tick T of every partition: common factors, levels, pools, thresholds
    decide(signals)      tick T weighed by every partition: the life of alerts, the ledger

A function of the messages alone: the same log gives the same outlooks and alerts, to the last
digit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

import numpy as np

from detectors.baselines.common_factor import SCALE
from detectors.columns import Array
from detectors.deciding import budget, draft
from detectors.deciding.budget import Openings, Spending
from detectors.deciding.calibration import Calibration
from detectors.deciding.desk import Context, Decisions, Desk, Key
from detectors.deciding.feed import FollowingFeed, OrderFeed
from detectors.deciding.forests import Patterns
from detectors.deciding.overdue import of_overdue
from detectors.deciding.plugged import of_alarms
from detectors.deciding.pools import FleetPools
from detectors.deciding.quantities import UsualQuantities
from detectors.deciding.totals import ItemLevels, PeerTotals, SkuFactors, opened
from detectors.registry import KINDS
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching.crossings import SLIGHT
from schemas.alert import Change, Kind, Scope
from schemas.wire import Census, Outlook, Reading, Signals

__all__ = ["Decisions", "Network"]

LAYOUT: Final = 10  # of snapshots
FOLLOWING: Final = ("complaints", "returns")
_SOURCES: Final = {Kind.COMPLAINT_SPIKE: "complaints", Kind.RETURN_SPIKE: "returns"}


class Network:
    """What is decided for all dealers together."""

    def __init__(self, setup: Setup, partitions: int) -> None:
        self.tick: int | None = None  # last combined
        self._setup = setup
        self._partitions = partitions
        self._peers = PeerTotals()
        self._items = ItemLevels()
        self._factors = (SkuFactors(0), SkuFactors(1))
        self._quantities = UsualQuantities()
        self._pools = FleetPools()
        self._patterns = Patterns()
        self._orders = OrderFeed()
        self._following = {source: FollowingFeed() for source in FOLLOWING}
        self._desk = Desk(setup.settings.links.base_url)
        self._calibration = Calibration()
        self._openings = Openings()
        self._sharing: dict[str, float] = {}  # shares of the budget, by kind
        self._spend()
        self._usual_week: dict[str, float] = {}
        self._trade = 1.0  # the network's orders against expected, when they last came

    @classmethod
    def restore(cls, setup: Setup, partitions: int, arrays: Mapping[str, Array]) -> Self:
        """The network of a snapshot. ValueError when another layout wrote it."""
        layout, state = json.loads(arrays["network"].tobytes())
        if layout != LAYOUT:
            raise ValueError(f"state has layout {layout}, this version reads {LAYOUT}")
        network = cls(setup, partitions)
        network._load(state)
        return network

    def combine(self, censuses: Sequence[Census]) -> Outlook:
        """The outlook of one tick, from the censuses of (nearly) all partitions, in any order.

        Partitions that are not among them are named in it. ValueError when ticks differ.
        """
        tick = _one_tick([census.tick for census in censuses])
        days = self._setup.timeline.days
        self.tick = tick
        self._peers.add((cell for one in censuses for cell in one.cells), days)
        items = self._items.add((one.items for one in censuses), days)
        complaints = self._factors[0].add((one.complaints for one in censuses), days)
        returns = self._factors[1].add((one.returns for one in censuses), days)
        quantities = self._quantities.add(one.quantities for one in censuses)
        pools = self._pools.add(one.pools for one in censuses)
        self._usual_week |= {
            name.removeprefix("week/"): pool[0]
            for name, pool in pools.items()
            if name.startswith("week/")
        }
        if pools:
            self._spend()
        return Outlook(
            tick=tick,
            network=self._peers.network(),
            regions=self._peers.regions(),
            tiers=self._peers.tiers(),
            items=items,
            complaints=complaints,
            returns=returns,
            pools=pools,
            thresholds=self._thresholds if pools else {},
            nominals=self._nominals if pools else {},
            silent=self._hear(tick, censuses),
            missing=sorted(set(range(self._partitions)) - {one.partition for one in censuses}),
            opened=opened(cell for one in censuses for cell in one.opened),
            patterns=self._patterns.add(
                (told for one in censuses for told in one.patterns),
                self._setup.timeline.end(tick) / DAY,
            ),
            quantities=quantities,
        )

    def decide(self, signals: Sequence[Signals]) -> Decisions:
        """What one tick leads to, from the signals of (nearly) all partitions, in any order.

        Of dealers in the others nothing changes. ValueError when ticks differ.
        """
        tick = _one_tick([one.tick for one in signals])
        everybody = frozenset(range(self._partitions))
        now = Context(
            tick=tick,
            at=self._setup.timeline.end(tick),
            thresholds=self._thresholds,
            per_year=self._shares,
            usual_week=self._usual_week,
            partitions=self._partitions,
            unheard=everybody - {one.partition for one in signals},
            standing=_standing(signals),
        )
        self._count(signals)
        readings = [reading for one in signals for reading in one.readings]
        facts = [of_overdue(told, now.at) for one in signals for told in one.overdue]
        alarms = (alarm for one in signals for alarm in one.plugged)
        facts += of_alarms(alarms, _unusual(readings, now.standing), now.at)
        decisions = self._desk.decide(readings, [*facts, *self._outages(now.at)], now)
        opened = [one.kind for one in decisions.alerts if one.change is Change.OPENED]
        self._openings.note(now.at, list(map(str, opened)))
        return decisions

    def spending(self) -> dict[str, Spending]:
        """The budget by kind: what was asked, what the thresholds stand for, what came of it."""
        knob = self._setup.settings.budget.false_alerts_per_week
        weighed = budget.weighed(self._sharing)
        whole = max(sum(weighed.values()), 1.0)
        return {
            kind: Spending(
                asked=knob * weighed.get(kind, 0.0) / whole,
                expected=self._shares[kind] * self._sharing.get(kind, 0) / budget.WEEKS,
                realised=self._openings.per_week(kind),
            )
            for kind in KINDS
        }

    @property
    def _shares(self) -> dict[str, float]:
        """False alerts a year of one dealer that shares the budget, by kind."""
        knob = self._setup.settings.budget.false_alerts_per_week
        return {str(kind): budget.share(knob, self._sharing, kind) for kind in KINDS}

    def _spend(self) -> None:
        self._nominals = {k: budget.threshold(share) for k, share in self._shares.items()}
        self._thresholds = {
            k: nats + self._calibration.offset(k) for k, nats in self._nominals.items()
        }

    def _count(self, signals: Sequence[Signals]) -> None:
        """Who shares the budget, and what the evidence's excursions teach of its promise."""
        full = _sums(one.sharing for one in signals)
        slight = _sums(one.slight for one in signals)
        self._sharing = {
            kind: full[kind] + SLIGHT * slight.get(kind, 0) for kind in full if self._heard(kind)
        }
        found = _sums(one.excursions for one in signals)
        days = self._setup.timeline.days
        per_day = {kind: share / 365.0 for kind, share in self._shares.items()}
        self._calibration.learn(found, full, per_day, days)

    def _heard(self, kind: str) -> bool:
        """Whether the source of a kind has ever spoken: nobody needs a share of the others."""
        feed = self._following.get(_SOURCES.get(Kind(kind), ""))
        return feed is None or feed.gaps > 0

    def _hear(self, tick: int, censuses: Sequence[Census]) -> list[str]:
        """Sources whose silence is nobody's evidence; where ticks are blurred, every source."""
        if any(one.blurred for one in censuses):
            return ["orders", *FOLLOWING]
        self._listen(tick, censuses)
        orders = ["orders"] if self._orders.suspect else []
        return orders + [source for source, feed in self._following.items() if feed.out]

    def _listen(self, tick: int, censuses: Sequence[Census]) -> None:
        """Hear every source, or its silence."""
        due = sum(one.expected_orders for one in censuses)
        largest = max((one.largest_expected for one in censuses), default=0)
        orders = sum(one.records.get("orders", 0) for one in censuses)
        self._orders.tick(tick, orders, (due - largest) / SCALE * min(self._trade, 1.0))
        if orders:
            slow = self._peers.network()
            self._trade = (slow.observed[-1] + 2.0) / (slow.expected[-1] + 2.0)
        for source, feed in self._following.items():
            feed.tick(tick, sum(one.records.get(source, 0) for one in censuses), orders)

    def _outages(self, at: int) -> list[draft.Statement]:
        """Feeds that have stopped; while orders are out, the others can only be silent too."""
        heard: dict[str, OrderFeed | FollowingFeed] = {"orders": self._orders}
        if not self._orders.suspect:
            heard |= self._following
        start = self._setup.timeline.start
        return [
            draft.of_outage(source, start(feed.since), at, feed.missed)
            for source, feed in heard.items()
            if feed.out and feed.since is not None
        ]

    def snapshot(self) -> dict[str, Array]:
        """The state, as named arrays."""
        state = {
            "tick": self.tick,
            "peers": self._peers.state(),
            "items": self._items.state(),
            "factors": [one.state() for one in self._factors],
            "quantities": self._quantities.state(),
            "pools": self._pools.state(),
            "patterns": self._patterns.state(),
            "orders": self._orders.state(),
            "following": {source: feed.state() for source, feed in self._following.items()},
            "desk": self._desk.state(),
            "calibration": self._calibration.state(),
            "openings": self._openings.state(),
            "sharing": self._sharing,
            "thresholds": self._thresholds,
            "nominals": self._nominals,
            "usual_week": self._usual_week,
            "trade": self._trade,
        }
        told = json.dumps([LAYOUT, state], sort_keys=True)
        return {"network": np.frombuffer(told.encode(), np.uint8).copy()}

    def _load(self, state: dict[str, Any]) -> None:
        self.tick = state["tick"]
        self._peers.load(state["peers"])
        self._items.load(state["items"])
        for one, told in zip(self._factors, state["factors"], strict=True):
            one.load(told)
        self._quantities.load(state["quantities"])
        self._pools.load(state["pools"])
        self._patterns.load(state["patterns"])
        self._orders = OrderFeed.of(state["orders"])
        self._following = {s: FollowingFeed.of(told) for s, told in state["following"].items()}
        self._desk.load(state["desk"])
        self._calibration.load(state["calibration"])
        self._openings.load(state["openings"])
        self._sharing = state["sharing"]
        self._nominals = state["nominals"]
        self._thresholds, self._usual_week = state["thresholds"], state["usual_week"]
        self._trade = state["trade"]


def _standing(signals: Sequence[Signals]) -> frozenset[Key]:
    """Of whom the last reading stands."""
    return frozenset(
        (kind, str(Scope.DEALER), dealer)
        for one in signals
        for kind, dealers in one.standing.items()
        for dealer in dealers
    )


def _unusual(readings: Iterable[Reading], standing: Iterable[Key]) -> set[str]:
    """Dealers whose pattern is unusual."""
    anew = {one.dealer.id for one in readings if one.kind is Kind.UNUSUAL_PATTERN}
    return anew | {entity for kind, _, entity in standing if kind == Kind.UNUSUAL_PATTERN}


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for one in counts:
        for kind, count in one.items():
            whole[kind] = whole.get(kind, 0) + count
    return whole


def _one_tick(ticks: Sequence[int]) -> int:
    if len(set(ticks)) != 1:
        raise ValueError(f"messages of one tick are wanted, found ticks {sorted(set(ticks))}")
    return ticks[0]
