"""A feed that stops for everybody is seen as a feed outage, not as a thousand silent dealers.

While nothing at all arrives from a source, the records that should have come are added up (the
largest dealer left out, so that no single dealer is the feed). From `SUSPECT` on, the silence is
nobody's evidence; from `SURE` on it is an alert. With Poisson arrivals the second happens by chance
once in a million gaps.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

SUSPECT: Final = 6.0  # expected records
SURE: Final = 14.0


@dataclass(slots=True)
class Silence:
    """How long a source has been silent."""

    since: int = 0  # first silent tick
    expected: float = 0.0  # records that should have come since


@dataclass(slots=True)
class Feed:
    """One source of the whole network."""

    silence: Silence | None = None

    def tick(self, tick: int, records: int, expected: float) -> None:
        """One tick of all partitions."""
        if records:
            self.silence = None
            return
        if self.silence is None:
            self.silence = Silence(since=tick)
        self.silence.expected += expected

    @property
    def suspect(self) -> bool:
        """The silence says nothing about dealers."""
        return self.silence is not None and self.silence.expected >= SUSPECT

    @property
    def out(self) -> bool:
        """The feed has stopped."""
        return self.silence is not None and self.silence.expected >= SURE

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return asdict(self.silence) if self.silence else None

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self.silence = Silence(**state) if state else None
