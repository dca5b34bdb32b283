"""A feed that stops for everybody is seen as a feed outage, not as a thousand silent dealers.

Orders: while none arrive at all, those that should have come are added up (the largest dealer left
out, so that no single dealer is the feed). From `SUSPECT` on the silence is nobody's evidence, from
`SURE` on it is an alert; with Poisson arrivals the second happens by chance once in a million gaps.
A feed that comes in bundles (once a week, from a file) is silent in between by habit: where of late
most of what was expected fell into silences, one is an alert only when it is longer than they were.

Complaints and returns come in bursts, at hours of their own, from some networks never. Their
silence is measured in orders that arrived meanwhile, against the longest such gap so far: four
times the longest of at least twenty gaps is an outage. So a feed that has never spoken is not
missed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp
from typing import Any, Final, Self

SUSPECT: Final = 6.0  # expected orders
SURE: Final = 14.0
HABIT_ORDERS: Final = 280.0  # expected orders after which a habit counts for a third
LONGER: Final = 1.5  # than the longest silence of late
LEAST_GAPS: Final = 20
LONGEST_TIMES: Final = 4.0


@dataclass(slots=True)
class OrderFeed:
    """The feed everything else is measured by."""

    since: int | None = None  # first silent tick
    missed: float = 0.0  # orders that should have come since
    silent: float = 0.0  # expected of late in silences that were suspect …
    heard: float = 0.0  # … and otherwise
    longest: float = 0.0  # of those silences, expected orders

    def tick(self, tick: int, records: int, expected: float) -> None:
        """One tick of all partitions."""
        if records:
            self._end_silence(expected)
            self.since, self.missed = None, 0.0
            return
        self.since = tick if self.since is None else self.since
        self.missed += expected

    def _end_silence(self, expected: float) -> None:
        keep = exp(-(self.missed + expected) / HABIT_ORDERS)
        long = self.missed if self.suspect else 0.0
        self.silent = keep * self.silent + long
        self.heard = keep * self.heard + expected + self.missed - long
        self.longest = max(keep * self.longest, long)

    @property
    def suspect(self) -> bool:
        """The silence says nothing about dealers."""
        return self.missed >= SUSPECT

    @property
    def out(self) -> bool:
        """The feed has stopped."""
        bundled = self.silent > self.heard
        return self.missed >= (max(SURE, LONGER * self.longest) if bundled else SURE)

    def state(self) -> dict[str, Any]:
        """Plain values for a snapshot."""
        return asdict(self)

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """What `state` gave."""
        return cls(**state)


@dataclass(slots=True)
class FollowingFeed:
    """A feed whose records follow orders."""

    since: int | None = None  # first silent tick
    gap: int = 0  # orders since the last record
    longest: int = 0  # such gap that ended
    gaps: int = 0  # that ended

    def tick(self, tick: int, records: int, orders: int) -> None:
        """One tick of all partitions."""
        if records:
            self.longest = max(self.longest, self.gap)
            self.gaps += 1
            self.since, self.gap = None, 0
            return
        self.since = tick if self.since is None else self.since
        self.gap += orders

    @property
    def out(self) -> bool:
        """The feed has stopped."""
        return self.gaps >= LEAST_GAPS and self.gap > LONGEST_TIMES * max(self.longest, 1)

    @property
    def missed(self) -> float:
        """Records that should have come: one for every longest gap."""
        return self.gap / max(self.longest, 1)

    def state(self) -> dict[str, Any]:
        """Plain values for a snapshot."""
        return asdict(self)

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """What `state` gave."""
        return cls(**state)
