"""Field types and the base model of everything that leaves the house.

A value is rounded when the model is built, so an object in memory equals the object read back from
its own bytes. Models are frozen and closed: a misspelt field is an error here, not a surprise
downstream.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from schemas.instant import Micros, format_instant, parse_instant
from schemas.rounding import money, significant

MOST_NAMED = 128  # characters of an id, as for events

_PLAIN_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"


class Outgoing(BaseModel):
    """Base of what is sent: frozen, closed, every field always written."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


def encode(message: Outgoing) -> bytes:
    """One line of JSON without the line end; the same message gives the same bytes everywhere."""
    return message.model_dump_json().encode()


def _to_micros(value: Any) -> Any:
    return parse_instant(value) if isinstance(value, str) else value


def _to_decimal(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def plain_number(value: Decimal) -> int | float:
    """The decimal as a JSON number, whole ones without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def plain_decimal(value: Decimal) -> str:
    """Exact decimal text, without exponent, at least two places.

    >>> [plain_decimal(Decimal(text)) for text in ("1E+2", "15.300", "0.1250")]
    ['100.00', '15.30', '0.125']
    """
    whole, _, fraction = format(value, "f").partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


Instant = Annotated[
    Micros,
    BeforeValidator(_to_micros),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": "Z$"}),
]
"""Microseconds since 1970 UTC in memory, RFC 3339 with `Z` outside."""

Number = Annotated[float, AfterValidator(significant)]
"""A measured number, 6 significant digits."""

Money = Annotated[float, AfterValidator(money)]
"""Money, whole cents."""

BriefMoney = Annotated[float, AfterValidator(significant), AfterValidator(money)]
"""Money that is only quoted, not added up: 6 significant digits and no parts of a cent."""

ExactNumber = Annotated[
    Decimal,
    BeforeValidator(_to_decimal),
    PlainSerializer(plain_number, return_type=int | float),
    WithJsonSchema({"type": "number"}),
]
"""An exact count of units (fractions allowed), a JSON number that is not rounded."""

ExactMoney = Annotated[
    Decimal,
    PlainSerializer(plain_decimal, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PLAIN_DECIMAL}),
]
"""An exact amount, decimal text."""

Name = Annotated[str, Field(min_length=1, max_length=MOST_NAMED)]
"""An id as events carry it."""

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""
