"""Ticks: the arithmetic of event time.

Tick T covers [T * length, (T + 1) * length) of event time and stays open for `lateness` longer. The
length divides a day, so every UTC midnight is the end of a tick. Local days and hours are in
`detectors.local_time`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lengths in microseconds."""

    tick: int
    lateness: int

    @property
    def days(self) -> float:
        """Length of a tick in days."""
        return self.tick / DAY

    @property
    def open_ticks(self) -> int:
        """How many ticks can be open at once: the current one and those still in grace."""
        return 1 + -(-self.lateness // self.tick)

    def number(self, at: int) -> int:
        """The tick that contains this moment."""
        return at // self.tick

    def start(self, tick: int) -> int:
        """First moment of a tick."""
        return tick * self.tick

    def end(self, tick: int) -> int:
        """First moment after a tick."""
        return (tick + 1) * self.tick

    def oldest_open(self, clock: int) -> int:
        """First tick that has not closed at this clock: end + lateness lies ahead."""
        return (clock - self.lateness) // self.tick

    def ends_utc_day(self, tick: int) -> bool:
        """Whether an event day (UTC) ends with this tick."""
        return self.end(tick) % DAY == 0
