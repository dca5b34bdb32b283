"""A feed that stops for everybody is seen as a feed outage, not as a thousand silent dealers.

Orders: while none arrive at all, those that should have come are added up (the largest dealer left
out, so that no single dealer is the feed). From `SUSPECT` on the silence is nobody's evidence, from
`SURE` on it is an alert; with Poisson arrivals the second happens by chance once in a million gaps.

Complaints and returns come in bursts, at hours of their own, from some networks never. Their
silence is measured in orders that arrived meanwhile, against the longest such gap so far: four
times the longest of at least twenty gaps is an outage. So a feed that has never spoken is not
missed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Self

SUSPECT: Final = 6.0  # expected orders
SURE: Final = 14.0
LEAST_GAPS: Final = 20
LONGEST_TIMES: Final = 4.0


@dataclass(slots=True)
class OrderFeed:
    """The feed everything else is measured by."""

    since: int | None = None  # first silent tick
    missed: float = 0.0  # orders that should have come since

    def tick(self, tick: int, records: int, expected: float) -> None:
        """One tick of all partitions."""
        if records:
            self.since, self.missed = None, 0.0
            return
        self.since = tick if self.since is None else self.since
        self.missed += expected

    @property
    def suspect(self) -> bool:
        """The silence says nothing about dealers."""
        return self.missed >= SUSPECT

    @property
    def out(self) -> bool:
        """The feed has stopped."""
        return self.missed >= SURE

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
