"""Calendars of other programs: iCalendar (RFC 5545).

Each VEVENT is one window for the market, or several when it repeats (RRULE, EXDATE; until 2050).
Its type is the first of its CATEGORIES that we know, else `holiday`; its end is exclusive, as
iCalendar has it. Dates alone, and times without zone, are those of whoever the window concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

import icalendar
from dateutil.rrule import rrulestr

from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.instant import DAY, SECOND, Micros
from schemas.table import TableError, utf8

MARK: Final = b"BEGIN:VCALENDAR"
LAST: Final = datetime(2050, 12, 31)  # noqa: DTZ001  what clocks show, wherever
MOST_TIMES: Final = 20_000  # of one event: daily for half a century
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FILE_TYPES: Final = {one.value: one for one in WindowType if one is not WindowType.WORKDAY}


def parse_ics(data: bytes, file: str) -> tuple[CalendarWindow, ...]:
    """The windows of a file, event by event. TableError names the event and the property."""
    try:
        events = icalendar.Calendar.from_ical(utf8(data, file)).walk("VEVENT")
    except ValueError as error:
        raise TableError(f"{file}: not iCalendar: {error}") from None
    windows: list[CalendarWindow] = []
    for number, event in enumerate(events, 1):
        try:
            windows += _windows(event)
        except (ValueError, icalendar.InvalidCalendar) as error:
            raise TableError(f"{file} event {number}: {error}") from None
    return tuple(windows)


def _windows(event: Any) -> Iterator[CalendarWindow]:
    """One VEVENT; `start` and `end` of the library apply the defaults of RFC 5545."""
    first, end = _as_datetime(event.start), _as_datetime(event.end)
    if (first.tzinfo is None) != (end.tzinfo is None):
        raise ValueError("DTSTART and DTEND must both have a zone, or neither")
    if end <= first:
        raise ValueError("DTEND is not after DTSTART; allowed: any later moment")
    for start in _starts(event, first):
        yield CalendarWindow(
            start=_micros(start),
            end=_micros(start + (end - first)),
            name=str(event.get("SUMMARY", "")) or "unnamed",
            type=_type(str(one).lower() for one in event.categories),
            scope=WindowScope.MARKET,
            entity=None,
            expected_ratio=None,
            local=start.tzinfo is None,
        )


def _starts(event: Any, first: datetime) -> list[datetime]:
    """When it happens: once, or as often as its rule says, at the same time on the wall."""
    if "RDATE" in event:
        raise ValueError("RDATE is not supported; allowed: RRULE, or one event for each time")
    rule = event.get("RRULE")
    if rule is None:
        return [first]
    if not isinstance(rule, icalendar.vRecur) or str(*rule.get("FREQ", ())) not in _FREQUENCIES:
        raise ValueError("RRULE is not supported; allowed: one, daily, weekly, monthly or yearly")
    text, most = _bounded(dict(rule), first)
    times = islice(iter(rrulestr(text, dtstart=first.replace(tzinfo=None))), most)
    never = {_wall(one.dt, first) for part in _listed(event.get("EXDATE")) for one in part.dts}
    return [at.replace(tzinfo=first.tzinfo) for at in times if at not in never]


def _bounded(rule: dict[str, Any], first: datetime) -> tuple[str, int]:
    """The rule on the wall clock of its event until the last year, and most times."""
    most = min([*rule.pop("COUNT", []), MOST_TIMES])
    until = min([*(_wall(one, first) for one in rule.pop("UNTIL", [])), LAST])
    text = str(icalendar.vRecur(rule).to_ical().decode())  # type: ignore[no-untyped-call]
    return f"{text};UNTIL={until:%Y%m%dT%H%M%S}", most


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _wall(moment: date, like: datetime) -> datetime:
    """What clocks of the event show at a moment."""
    at = _as_datetime(moment)
    if at.tzinfo is not None and like.tzinfo is not None:
        at = at.astimezone(like.tzinfo)
    return at.replace(tzinfo=None)


def _as_datetime(moment: date) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  a day, wherever


def _micros(moment: datetime) -> Micros:
    since = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY + since.seconds * SECOND


def _type(categories: Iterable[str]) -> WindowType:
    known = (_FILE_TYPES[one] for one in categories if one in _FILE_TYPES)
    return next(known, WindowType.HOLIDAY)
