"""Ticks, local days and hours: the arithmetic of event time.

Tick T covers [T * length, (T + 1) * length) of event time and stays open for `lateness` longer. The
length divides a day, so every UTC midnight is the end of a tick. Weekday and hour profiles follow
the setting `timezone`; a local day ends with the first tick that ends at or after local midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Segment(NamedTuple):
    """A piece of a tick within one local hour."""

    weekday: int  # 0 = Monday
    hour: int  # 0 to 23
    share: float  # of that hour


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lengths in microseconds."""

    tick: int
    lateness: int
    zone: tzinfo = UTC

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

    def local(self, at: int) -> datetime:
        """The moment on the wall clocks of the setting `timezone`."""
        return (_EPOCH + timedelta(microseconds=at)).astimezone(self.zone)

    def day(self, tick: int) -> int:
        """The local day on which a tick starts, counted from 1970-01-01."""
        return self.local(self.start(tick)).toordinal() - _EPOCH.toordinal()

    def ends_day(self, tick: int) -> bool:
        """Whether a local day ends with this tick."""
        return self.day(tick) != self.day(tick + 1)

    def ends_utc_day(self, tick: int) -> bool:
        """Whether an event day (UTC) ends with this tick."""
        return self.end(tick) % DAY == 0

    def segments(self, tick: int) -> list[Segment]:
        """The tick cut at local hours, in order."""
        at, end = self.start(tick), self.end(tick)
        pieces = []
        while at < end:
            here = self.local(at)
            into = (here.minute * 60 + here.second) * SECOND + here.microsecond
            length = min(HOUR - into, end - at)
            pieces.append(Segment(here.weekday(), here.hour, length / HOUR))
            at += length
        return pieces
