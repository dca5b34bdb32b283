"""What is known beforehand, from files: master data of dealers, and the calendar."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import suppress
from typing import TYPE_CHECKING

from schemas.calendar import CalendarWindow, parse_calendar
from schemas.ics import MARK as ICS_MARK
from schemas.ics import parse_ics
from schemas.master import DealerRecord, parse_dealers
from streams.errors import UsageError
from streams.logs import logger
from streams.playing.national import national_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from schemas.settings import Settings

_log = logger(__name__)


def read_master(file: Path | None) -> Mapping[str, DealerRecord]:
    """Dealers by id; empty without a file. Raises UsageError naming file, line and field."""
    if file is None:
        return {}
    try:
        master = parse_dealers(file.read_bytes(), file.name)
    except (OSError, ValueError) as error:
        raise _unusable("--dealers", file, error) from None
    if not master:
        _log.warning("no_dealers_in_file", file=str(file))
    return master


def read_calendar(
    settings: Settings, master: Mapping[str, DealerRecord], file: Path | None = None
) -> tuple[CalendarWindow, ...]:
    """Windows of `file` (else of setting calendar.file), and of the holidays of all countries.

    The countries are those of setting calendar.country and of the master data. Raises UsageError
    naming file, line and field, or the setting.
    """
    file = file or settings.calendar.file
    windows = tuple(_national(settings, master))
    if file is None:
        return windows
    try:
        content = file.read_bytes()
        start = content.removeprefix(BOM_UTF8).lstrip()[: len(ICS_MARK)].upper()
        parse = parse_ics if start == ICS_MARK else parse_calendar
        written = parse(content, file.name)
    except (OSError, ValueError) as error:
        raise _unusable("calendar", file, error) from None
    if not written:
        _log.warning("no_days_in_calendar", file=str(file))
    return windows + written


def _unusable(role: str, file: Path, error: OSError | ValueError) -> UsageError:
    why = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else error
    return UsageError(f"{role} {file}: {why}")


def _national(settings: Settings, master: Mapping[str, DealerRecord]) -> Iterator[CalendarWindow]:
    for country in settings.calendar.countries:
        try:
            yield from national_windows(country)
        except NotImplementedError as error:
            raise UsageError(
                f"setting calendar.country = {country}: its holidays are not built in ({error}); "
                "allowed are ISO 3166 codes such as DE, CN or DE-BY; --calendar takes any other day"
            ) from None
    elsewhere = {record.country for record in master.values() if record.country}
    for country in sorted(elsewhere - set(settings.calendar.countries)):
        with suppress(NotImplementedError):  # one dealer's odd country stops nobody else
            yield from national_windows(country)
