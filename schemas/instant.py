"""Event time: whole microseconds since 1970 UTC inside, RFC 3339 outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

Micros = int
"""Microseconds since 1970-01-01T00:00:00 UTC; negative before."""

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

FIRST: Micros = -62_135_596_800 * SECOND  # 0001-01-01T00:00:00Z
LAST: Micros = 253_402_300_800 * SECOND - 1  # the last microsecond of 9999
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  the offset is added by hand: twice as fast
_TO_SECONDS = 19  # characters of 2024-05-31T23:59:59
# The hour is checked here: later Pythons read 24:00 as the next midnight.
_WHOLE = re.compile(r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):\d\d:\d\d", re.ASCII)
_REST = re.compile(r"(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII)
_EXAMPLE = "allowed is RFC 3339 with `T` and offset, as 2024-05-31T23:59:59.5+02:00"


def parse_instant(text: str) -> Micros:
    """The moment an RFC 3339 text names; digits beyond the microsecond are cut off.

    Raises ValueError, with a sentence, for anything else: no `T`, no offset, a date or time that
    does not exist, a leap second, a moment (in UTC) outside the years 0001 to 9999.

    >>> parse_instant("1970-01-01T01:00:00.0000019+01:00")
    1
    """
    whole, rest = text[:_TO_SECONDS], parse_rest(text[_TO_SECONDS:])
    if rest is None or not _WHOLE.fullmatch(whole):
        raise ValueError(f"not a time with date and offset; {_EXAMPLE}")
    try:
        since = datetime.fromisoformat(whole) - _EPOCH
    except ValueError as error:
        raise ValueError(f"no such time ({error}); {_EXAMPLE}") from None
    at = since.days * DAY + since.seconds * SECOND + rest
    if not FIRST <= at <= LAST:
        raise ValueError(f"outside the years 0001 to 9999 in UTC; {_EXAMPLE}")
    return at


def parse_rest(text: str) -> Micros | None:
    """What follows the seconds, fraction and offset, as microseconds to add; None if unreadable.

    >>> parse_rest("Z"), parse_rest(".5Z"), parse_rest("-00:01"), parse_rest("")
    (0, 500000, 60000000, None)
    """
    written = _REST.fullmatch(text)
    if written is None:
        return None
    fraction, sign, hours, minutes = written.groups()
    beyond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    if sign is None:
        return beyond
    ahead = int(hours) * HOUR + int(minutes) * MINUTE
    return beyond + ahead if sign == "-" else beyond - ahead


def format_instant(at: Micros) -> str:
    """RFC 3339 in UTC with `Z`; a fraction only where there is one, without trailing zeros.

    Raises OverflowError outside the years 0001 to 9999.

    >>> format_instant(0), format_instant(1_500_000)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.5Z')
    """
    whole, fraction = divmod(at, SECOND)
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=whole)
    text = moment.strftime("%H:%M:%S")
    date = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"  # strftime pads no years
    return f"{date}T{text}{f'.{fraction:06d}'.rstrip('0') if fraction else ''}Z"
