"""Where dealers are: the zone of their clocks and the countries of their holidays.

Master data say it by dealer (`timezone`, `country`), the settings for all others. There are few
locales, however many dealers; everything that follows the clock is worked out once a locale and
tick, and spread over the dealers by the number of their locale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from detectors.calendar import LocalCalendar
from detectors.columns import F64, I64, Bool
from detectors.local_time import LocalTime
from detectors.timeline import Timeline
from schemas.calendar import CalendarWindow
from schemas.master import DealerRecord
from schemas.settings import Settings


class Segments(NamedTuple):
    """A tick cut at local hours, by locale; shorter rows end in shares of 0."""

    weekday: I64  # (locales, pieces) 0 = Monday, of a worked day off the weekday it is like
    hour: I64  # (locales, pieces)
    share: F64  # (locales, pieces) of that hour


class LocalTicks(NamedTuple):
    """One tick in every locale."""

    day: I64  # (locales,) local day, counted from 1970-01-01
    begins_day: Bool  # (locales,) whether that day begins with the tick …
    ends_day: Bool  # (locales,) … and whether it ends with it


class Locale(NamedTuple):
    """Clocks and holidays of some dealers."""

    time: LocalTime
    calendar: LocalCalendar


class Locales:
    """All locales; number 0 is that of the settings."""

    def __init__(
        self,
        settings: Settings,
        master: Mapping[str, DealerRecord],
        windows: Sequence[CalendarWindow],
    ) -> None:
        self._timeline = Timeline(int(settings.tick), int(settings.lateness))
        self._home = (settings.timezone, settings.calendar.countries)
        elsewhere = {self._where(record) for record in master.values()} - {self._home}
        places = [self._home, *sorted(elsewhere)]
        self._numbers = {place: number for number, place in enumerate(places)}
        self.all = [self._locale(place, windows) for place in places]
        self._tick: tuple[int, LocalTicks] | None = None

    def number(self, record: DealerRecord | None) -> int:
        """The locale of a dealer."""
        return 0 if record is None else self._numbers[self._where(record)]

    def at(self, tick: int) -> LocalTicks:
        """A tick on all clocks; the tick asked for last is remembered."""
        if self._tick is None or self._tick[0] != tick:
            times = [locale.time for locale in self.all]
            day = np.array([time.day(tick) for time in times])
            begins = np.array([time.ends_day(tick - 1) for time in times])
            ends = np.array([time.ends_day(tick) for time in times])
            self._tick = tick, LocalTicks(day, begins, ends)
        return self._tick[1]

    def segments(self, tick: int) -> Segments:
        """A tick cut at local hours, everywhere."""
        pieces = [locale.time.segments(tick) for locale in self.all]
        most = max(map(len, pieces))
        out = Segments(
            np.zeros((len(pieces), most), np.int64),
            np.zeros((len(pieces), most), np.int64),
            np.zeros((len(pieces), most)),
        )
        for number, (locale, found) in enumerate(zip(self.all, pieces, strict=True)):
            for place, piece in enumerate(found):
                out.weekday[number, place] = locale.calendar.weekday(piece.day)
                out.hour[number, place] = piece.hour
                out.share[number, place] = piece.share
        return out

    def _where(self, record: DealerRecord) -> tuple[str, tuple[str, ...]]:
        zone, countries = self._home
        return record.timezone or zone, (record.country,) if record.country else countries

    def _locale(
        self, place: tuple[str, tuple[str, ...]], windows: Sequence[CalendarWindow]
    ) -> Locale:
        time = LocalTime(self._timeline, ZoneInfo(place[0]))
        return Locale(time, LocalCalendar(windows, place[1], time))
