"""Local days and hours of ticks: where dealers look at the clock.

A day begins at the first moment its midnight shows on the wall, so a day of 25 hours is one day and
a day that a country skips (Samoa left out 2011-12-30) has no length: days never go back. A tick
belongs to the local day that holds its middle, so a day ends with the tick boundary nearest to its
midnight, whatever the offset of the zone and the length of the tick.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from detectors.timeline import DAY, HOUR, SECOND, Timeline

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = _EPOCH.toordinal()
# zones are known in between; before and after, days are those of UTC
_KNOWN: Final = range((date(1900, 1, 1).toordinal() - _FIRST_DAY) * DAY,
                      (date(2200, 1, 1).toordinal() - _FIRST_DAY) * DAY)  # fmt: skip
_REMEMBERED: Final = 4096  # midnights: every window asks for the same half year, 100 bytes each


class Segment(NamedTuple):
    """A piece of a tick within one local hour."""

    day: int  # counted from 1970-01-01
    hour: int  # 0 to 23
    share: float  # of that hour


def weekday(day: int) -> int:
    """Of a day counted from 1970-01-01, a Thursday; 0 = Monday."""
    return (day + 3) % 7


class LocalTime:
    """The ticks of a timeline on the clocks of one zone."""

    def __init__(self, timeline: Timeline, zone: tzinfo) -> None:
        self._timeline = timeline
        self._zone = zone
        self._today = (0, 0, 0)  # start, end and number of the day asked for last
        self._midnight = lru_cache(_REMEMBERED)(lambda day: self.moment(day * DAY))

    def moment(self, wall: int) -> int:
        """When clocks show this for the first time; both in microseconds since 1970."""
        if wall not in _KNOWN:
            return wall
        shown = (_EPOCH + timedelta(microseconds=wall)).replace(tzinfo=self._zone)
        return (shown.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)

    def day_of(self, at: int) -> int:
        """The local day of a moment, counted from 1970-01-01."""
        start, end, day = self._today
        if start <= at < end:
            return day
        day = self._wall(at).toordinal() - _FIRST_DAY
        while at < self._midnight(day):
            day -= 1
        while at >= self._midnight(day + 1):
            day += 1
        self._today = self._midnight(day), self._midnight(day + 1), day
        return day

    def day(self, tick: int) -> int:
        """The local day of a tick: the one that holds its middle."""
        return self.day_of(self._timeline.start(tick) + self._timeline.tick // 2)

    def ends_day(self, tick: int) -> bool:
        """Whether a local day ends with this tick."""
        return self.day(tick) != self.day(tick + 1)

    def start(self, day: int) -> int:
        """First moment of the first tick that belongs to a local day or a later one."""
        tick = self._timeline.tick
        return -((tick // 2 - self._midnight(day)) // tick) * tick

    def segments(self, tick: int) -> list[Segment]:
        """The tick cut at local hours, in order."""
        at, end = self._timeline.start(tick), self._timeline.end(tick)
        pieces = []
        while at < end:
            here = self._wall(at)
            into = (here.minute * 60 + here.second) * SECOND + here.microsecond
            length = min(HOUR - into, end - at)
            pieces.append(Segment(here.toordinal() - _FIRST_DAY, here.hour, length / HOUR))
            at += length
        return pieces

    def _wall(self, at: int) -> datetime:
        moment = _EPOCH + timedelta(microseconds=at)
        return moment.astimezone(self._zone) if at in _KNOWN else moment
