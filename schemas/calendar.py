"""Holidays, promotions and planned events: CSV or ICS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.instant import Micros


class WindowType(StrEnum):
    HOLIDAY = "holiday"
    PROMOTION = "promotion"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    start: Micros
    end: Micros  # exclusive
    name: str
    type: WindowType
    scope: str  # dealer, sku, category, region, market
    entity: str | None  # None: all of the scope
    expected_ratio: float | None  # None: unknown


def parse_calendar(data: bytes, file: str) -> tuple[CalendarWindow, ...]:
    """ICS or CSV, by content. ValueError names file, line, field, value and what is allowed."""
