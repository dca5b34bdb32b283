"""Days that are known to differ: holidays, promotions, planned events, from CSV or ICS.

CSV has the columns start, end, name, type, scope, entity, expected_ratio. A date alone means the
whole day in UTC, also as `end`; a moment as `end` is exclusive. An empty scope is `market`.
ICS: each VEVENT is one window for the market; its type is the first of its CATEGORIES that we know,
else `holiday`; its end is exclusive, as iCalendar has it. Times without zone are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

import icalendar
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.events import Label
from schemas.instant import DAY, SECOND, Micros
from schemas.moment import Moment, is_date, parse_moment
from schemas.table import TableError, csv_rows, parse_row, utf8


class WindowType(StrEnum):
    """What kind of day it is."""

    HOLIDAY = "holiday"
    PROMOTION = "promotion"
    EVENT = "event"


class WindowScope(StrEnum):
    """Whom it concerns."""

    MARKET = "market"
    REGION = "region"
    DEALER = "dealer"
    SKU = "sku"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """One span of time that is known to differ."""

    start: Micros
    end: Micros  # exclusive
    name: str
    type: WindowType
    scope: WindowScope
    entity: str | None  # None for the market
    expected_ratio: float | None  # 0.5 = half the usual orders; None = unknown


def _end(text: str) -> Micros:
    return parse_moment(text) + (DAY if is_date(text) else 0)


class _Line(BaseModel):
    """One line of the CSV file."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True
    )

    start: Moment
    """First moment: a date (its first moment in UTC) or RFC 3339."""
    end: Annotated[Micros, BeforeValidator(_end)]
    """End: a date (that whole day included) or RFC 3339 (exclusive)."""
    name: Annotated[Label, Field(min_length=1)]
    """What it is called: 1 to 128 characters."""
    type: WindowType
    """One of holiday, promotion, event."""
    scope: WindowScope = WindowScope.MARKET
    """One of market, region, dealer, sku, category; empty is market."""
    entity: Label | None = None
    """Which one of the scope: at most 128 characters; empty for the market."""
    expected_ratio: Annotated[float, Field(ge=0, le=1_000)] | None = None
    """Orders compared with usual days: a number from 0 to 1000, 0.5 = half; empty = unknown."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end is not after start; allowed: any later moment, or the same date")
        if self.entity is None and self.scope is not WindowScope.MARKET:
            raise ValueError(f"entity is missing; needed: which {self.scope} the window concerns")
        return self


def parse_calendar(data: bytes, file: str) -> tuple[CalendarWindow, ...]:
    """The windows of a file, in its order. TableError names line, field, value, what is allowed."""
    text = utf8(data, file)
    if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return tuple(_ics_windows(text, file))
    return tuple(
        CalendarWindow(**parse_row(_Line, fields, where).model_dump())
        for where, fields in csv_rows(text, file)
    )


def _ics_windows(text: str, file: str) -> Iterator[CalendarWindow]:
    try:
        events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    except ValueError as error:
        raise TableError(f"{file}: not iCalendar: {error}") from None
    for number, event in enumerate(events, 1):
        where = f"{file} event {number}"
        try:
            yield _ics_window(event)
        except (ValueError, icalendar.InvalidCalendar) as error:
            raise TableError(f"{where}: {error}") from None


def _ics_window(event: Any) -> CalendarWindow:
    """One VEVENT; `start` and `end` of the library apply the defaults of RFC 5545."""
    if "RRULE" in event:
        raise ValueError("RRULE is not supported; allowed: one event for each time it happens")
    start, end = _micros(event.start), _micros(event.end)
    if end <= start:
        raise ValueError("DTEND is not after DTSTART; allowed: any later moment")
    return CalendarWindow(
        start=start,
        end=end,
        name=str(event.get("SUMMARY", "")) or "unnamed",
        type=_type(str(one).lower() for one in event.categories),
        scope=WindowScope.MARKET,
        entity=None,
        expected_ratio=None,
    )


def _micros(moment: date) -> Micros:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY + since.seconds * SECOND


def _type(categories: Iterable[str]) -> WindowType:
    known = (WindowType(one) for one in categories if one in set(WindowType))
    return next(known, WindowType.HOLIDAY)
