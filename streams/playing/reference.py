"""What is known beforehand, from files: master data of dealers, and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from schemas.calendar import CalendarWindow, WindowScope, WindowType, parse_calendar
from schemas.instant import SECOND
from schemas.master import DealerRecord, parse_dealers
from streams.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from schemas.instant import Micros
    from schemas.settings import Settings

_YEARS = range(2000, 2051)  # of national holidays: 51 years of about 12 windows


def read_master(file: Path | None) -> Mapping[str, DealerRecord]:
    """Dealers by id; empty without a file. Raises UsageError naming file, line and field."""
    if file is None:
        return {}
    try:
        return parse_dealers(_content(file), file.name)
    except ValueError as error:
        raise UsageError(f"--dealers {file}: {error}") from None


def read_calendar(settings: Settings, file: Path | None = None) -> tuple[CalendarWindow, ...]:
    """Windows of `file` (else of setting calendar.file) and of the country's holidays.

    Raises UsageError naming file, line and field, or the setting.
    """
    file = file or settings.calendar.file
    windows = tuple(_national(settings.calendar.country, ZoneInfo(settings.timezone)))
    if file is None:
        return windows
    try:
        return windows + parse_calendar(_content(file), file.name)
    except ValueError as error:
        raise UsageError(f"calendar {file}: {error}") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None


def _national(country: str, zone: ZoneInfo) -> Iterator[CalendarWindow]:
    if not country:
        return
    import holidays  # noqa: PLC0415  a tenth of a second, for those who set a country

    code, _, region = country.partition("-")
    try:
        days = holidays.country_holidays(code, subdiv=region or None, years=_YEARS)
    except NotImplementedError as error:
        raise UsageError(f"setting calendar.country = {country}: {error}") from None
    for day, name in sorted(days.items()):
        span = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        yield CalendarWindow(*span, name, WindowType.HOLIDAY, WindowScope.MARKET, None, None)


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return round((moment - datetime.fromtimestamp(0, UTC)).total_seconds()) * SECOND
