"""Names of time zones, and of countries whose holidays are known."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

COUNTRY: Final = r"[A-Z]{2}(-[A-Z0-9]{1,3})?"


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(name: str) -> str:
    if name not in _names():
        raise ValueError("must be an IANA time zone such as UTC, Europe/Berlin, Asia/Shanghai")
    return name


ZoneName = Annotated[str, AfterValidator(_known)]
"""An IANA time zone."""

CountryCode = Annotated[str, Field(pattern=f"^{COUNTRY}$")]
"""ISO 3166 country, or one of its regions after a line: DE, DE-BY."""
