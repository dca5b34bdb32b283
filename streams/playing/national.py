"""National holidays of a country, and the days off it works for them, from package `holidays`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.instant import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS: Final = range(2000, 2051)  # 51 years of about 12 windows


def national_windows(country: str) -> tuple[CalendarWindow, ...]:
    """Holidays and worked days off, by date. NotImplementedError for a country it does not know.

    country: ISO 3166 code as DE or DE-BY.
    """
    import holidays  # noqa: PLC0415  a tenth of a second, for those who set a country

    code, _, region = country.partition("-")
    known = holidays.country_holidays(code, subdiv=region or None)
    english = "en_US" in known.supported_languages
    language = "en_US" if english else known.default_language  # not that of the machine
    days = holidays.country_holidays(code, subdiv=region or None, years=YEARS, language=language)
    windows = [*_holidays(days, country), *_workdays(days, country)]
    return tuple(sorted(windows, key=lambda window: (window.start, window.end)))


def _holidays(days: Any, country: str) -> Iterator[CalendarWindow]:
    """Holidays that follow each other, free weekends in between included, are one window."""
    first = last = None
    for day in sorted(days):
        if last is None or not _free_until(days, last, day):
            if first is not None and last is not None:
                yield _window(days, country, first, last)
            first = day
        last = day
    if first is not None and last is not None:
        yield _window(days, country, first, last)


def _free_until(days: Any, last: date, day: date) -> bool:
    """Whether nobody works between two holidays."""
    between = [last + timedelta(days=n) for n in range(1, (day - last).days)]
    return len(between) < 7 and not any(days.is_working_day(one) for one in between)


def _window(days: Any, country: str, first: date, last: date) -> CalendarWindow:
    return CalendarWindow(
        start=_wall(first),
        end=_wall(last) + DAY,
        name=days[first],
        type=WindowType.HOLIDAY,
        scope=WindowScope.COUNTRY,
        entity=country,
        expected_ratio=None,
        local=True,
    )


def _workdays(days: Any, country: str) -> Iterator[CalendarWindow]:
    """Weekend days that are worked, like the weekday that is free for them."""
    for day in sorted(getattr(days, "weekend_workdays", ())):
        yield CalendarWindow(
            start=_wall(day),
            end=_wall(day) + DAY,
            name="worked day off",
            type=WindowType.WORKDAY,
            scope=WindowScope.COUNTRY,
            entity=country,
            expected_ratio=None,
            local=True,
            like_weekday=_replaced(days, day),
        )


def _replaced(days: Any, worked: date) -> int:
    """Weekday (0 = Monday) of the day off whose name tells this date, else the nearest workday."""
    label = days.tr(days.substituted_label) % worked.strftime(days.tr(days.substituted_date_format))
    for near in range(1, 60):
        for free in (worked - timedelta(days=near), worked + timedelta(days=near)):
            if label in (days.get(free) or ""):
                return free.weekday()
    return 4 if worked.weekday() == 5 else 0


def _wall(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY
