"""Moments as people write them in files: RFC 3339, or a date alone for its first moment in UTC."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from schemas.instant import Micros, format_instant, parse_instant

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def is_date(text: str) -> bool:
    """Whether text has the form of a date alone."""
    return _DATE.fullmatch(text) is not None


def parse_moment(text: str) -> Micros:
    """Microseconds since 1970 UTC; ValueError for what is neither a date nor RFC 3339.

    >>> parse_moment("1970-01-02")
    86400000000
    """
    return parse_instant(f"{text}T00:00:00Z" if is_date(text) else text)


def _read(value: Any) -> Micros:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004  pydantic passes on only ValueError
    return parse_moment(value)


Moment = Annotated[
    Micros,
    BeforeValidator(_read),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A field of this kind."""
