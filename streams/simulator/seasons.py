"""What the year does to trade: season, holidays, promotions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday: day number modulo 7 is the weekday
FIRST_INCIDENT = 120  # days of history that every detector may learn from


@dataclass(frozen=True, slots=True)
class Window:
    """Days a user knows beforehand, not how deep they go."""

    name: str
    type: str  # holiday or promotion
    day: int  # since START
    days: int
    office: float  # trade of dealers that follow office hours, as a ratio
    shop: float  # the same for shops


_YEARLY = (  # month, day, length, then as in Window
    (1, 1, 1, "New Year", "holiday", 0.05, 0.30),
    (3, 10, 7, "spring sale", "promotion", 1.20, 1.60),
    (5, 1, 1, "May Day", "holiday", 0.10, 0.50),
    (8, 15, 1, "Assumption", "holiday", 0.30, 0.60),
    (10, 3, 1, "Unity Day", "holiday", 0.10, 0.60),
    (11, 22, 8, "autumn sale", "promotion", 1.30, 1.90),
    (12, 24, 8, "Christmas", "holiday", 0.05, 0.40),
)


def windows(days: int) -> list[Window]:
    """Holidays and promotions that begin within the first `days` days."""
    last_year = (START + timedelta(days=days)).year
    found = []
    for year in range(START.year, last_year + 1):
        for month, day, length, name, kind, office, shop in _YEARLY:
            first = (datetime(year, month, day, tzinfo=UTC) - START).days
            if first < days:
                found.append(Window(name, kind, first, length, office, shop))
    return found


def season(days: int) -> NDArray[np.float64]:
    """Yearly course of the whole channel: (days,) factors around 1, high before Christmas."""
    angle = 2 * np.pi * np.arange(days) / 365.25
    return np.asarray(1 + 0.12 * np.sin(angle - 2.2) + 0.05 * np.sin(2 * angle), np.float64)


def effect(office: NDArray[np.bool_], days: int) -> NDArray[np.float64]:
    """Factor of every holiday and promotion: (dealers, days)."""
    factor = np.ones((office.size, days))
    for window in windows(days):
        ratio = np.where(office, window.office, window.shop)
        factor[:, window.day : window.day + window.days] *= ratio[:, None]
    return factor
