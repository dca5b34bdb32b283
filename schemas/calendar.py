"""Days that are known to differ: holidays, promotions, planned events, from CSV or ICS.

CSV has the columns start, end, name, type, scope, entity, expected_ratio. A date alone means the
whole local day of whoever it concerns, also as `end`; beside a moment it is a day in UTC. A moment
as `end` is exclusive. An empty scope is `market`. ICS files: `schemas.ics`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.events import Label
from schemas.instant import DAY, Micros
from schemas.moment import Moment, is_date, parse_moment
from schemas.table import csv_rows, parse_row, utf8
from schemas.zone import COUNTRY

_COUNTRY: Final = re.compile(COUNTRY)


class WindowType(StrEnum):
    """What kind of day it is."""

    HOLIDAY = "holiday"
    PROMOTION = "promotion"
    EVENT = "event"
    WORKDAY = "workday"  # a day off that is worked, like another weekday; built in only


class WindowScope(StrEnum):
    """Whom it concerns."""

    MARKET = "market"
    COUNTRY = "country"
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
    local: bool = False  # start and end are what clocks show, wherever it is looked at
    like_weekday: int | None = None  # 0 = Monday: the weekday a worked day off is like


def _end(text: str) -> Micros:
    return parse_moment(text) + (DAY if is_date(text) else 0)


class _Line(BaseModel):
    """One line of the CSV file."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True
    )

    start: Moment
    """First moment: a date or RFC 3339."""
    end: Annotated[Micros, BeforeValidator(_end)]
    """End: a date (that whole day included) or RFC 3339 (exclusive)."""
    name: Annotated[Label, Field(min_length=1)]
    """What it is called: 1 to 128 characters."""
    type: Literal[WindowType.HOLIDAY, WindowType.PROMOTION, WindowType.EVENT]
    """One of holiday, promotion, event."""
    scope: WindowScope = WindowScope.MARKET
    """One of market, country, region, dealer, sku, category; empty is market."""
    entity: Label | None = None
    """Which one of the scope: at most 128 characters; empty for the market."""
    expected_ratio: Annotated[float, Field(ge=0, le=1_000)] | None = None
    """Orders compared with usual days: a number from 0 to 1000, 0.5 = half; empty = unknown."""
    local: bool = False

    @model_validator(mode="before")
    @classmethod
    def _local(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """Two dates are days wherever they are looked at."""
        dates = all(is_date(str(fields.get(name, ""))) for name in ("start", "end"))
        return fields | {"local": dates}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end is not after start; allowed: any later moment, or the same date")
        if self.entity is None and self.scope is not WindowScope.MARKET:
            raise ValueError(f"entity is missing; needed: which {self.scope} the window concerns")
        if self.scope is WindowScope.COUNTRY and not _COUNTRY.fullmatch(self.entity or ""):
            raise ValueError(f"entity is {self.entity}; allowed: a country code as DE or DE-BY")
        return self


def parse_calendar(data: bytes, file: str) -> tuple[CalendarWindow, ...]:
    """The windows of a CSV, in its order. TableError names line, field, value, what is allowed."""
    return tuple(
        CalendarWindow(**parse_row(_Line, fields, where).model_dump())
        for where, fields in csv_rows(utf8(data, file), file)
    )
