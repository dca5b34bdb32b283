"""Orders, complaints and returns as producers write them: the public models of the contract.

These models are the reference. `schemas.judge` decides by them, the JSON Schemas are made from
them, and the fast decoder may accept only what they accept. Unknown fields are ignored, null means
absent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from schemas.batch import Source
from schemas.instant import parse_instant

LONGEST_NAME = 128  # characters (code points) of ids and names
LONGEST_REASON = 1_024  # characters of a return's free text
MOST = 1e9  # of a quantity, and of a unit price

# Control characters break logs, terminals and topic tools; in ids they are never meant.
_NO_CONTROLS = r"^[^\u0000-\u001f\u007f-\u009f]*$"


def _is_instant(text: str) -> str:
    parse_instant(text)
    return text


Identity = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=_NO_CONTROLS)]
"""Compared byte by byte: neither trimmed nor normalised."""

OptionalIdentity = Annotated[str, Field(max_length=LONGEST_NAME, pattern=_NO_CONTROLS)]
"""The same, but an empty text is allowed and names nothing."""

Label = Annotated[str, Field(max_length=LONGEST_NAME)]

InstantText = Annotated[
    str,
    AfterValidator(_is_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 as received; `schemas.instant.parse_instant` reads it."""

Quantity = Annotated[float, Field(gt=0, le=MOST)]
Price = Annotated[float, Field(ge=0, le=MOST)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Event(BaseModel):
    """What orders, complaints and returns share."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    event_id: Identity
    """Identity of the event, unique over all types: 1 to 128 characters, none of them a control
    character."""
    ts: InstantText
    """When it happened: RFC 3339 with `T` and offset, years 0001 to 9999, no leap seconds."""
    dealer_id: Identity
    """The dealer, also the record's key: 1 to 128 characters, none of them a control character."""
    currency: CurrencyCode | None = None
    """ISO 4217 code of the price: three upper-case letters A to Z."""
    order_id: OptionalIdentity | None = None
    """The order this belongs to, shared by its lines: at most 128 characters, none of them a
    control character."""
    region: Label | None = None
    """Region of the dealer: at most 128 characters; the latest value wins."""
    tier: Label | None = None
    """Tier of the dealer: at most 128 characters; the latest value wins."""


class Order(Event):
    """One line of an order."""

    source: ClassVar[Source] = Source.ORDERS

    type: Literal["order"] | None = None
    """Kind of event: `order`. Required in files, optional on the topic."""
    sku: Identity
    """The product: 1 to 128 characters, none of them a control character."""
    quantity: Quantity
    """How many units: a number above 0, at most 1e9; fractions are allowed."""
    unit_price: Price
    """Price of one unit in `currency` after discounts: a number from 0 to 1e9."""
    promo: bool | None = None
    """Whether the price was planned: true or false."""


class Complaint(Event):
    """One complaint, or the end of its issue."""

    source: ClassVar[Source] = Source.COMPLAINTS

    type: Literal["complaint"] | None = None
    """Kind of event: `complaint`. Required in files, optional on the topic."""
    sku: Identity | None = None
    """The product: 1 to 128 characters, none of them a control character."""
    category: Label | None = None
    """What it is about, as quality, packaging, logistics, design, service: at most 128
    characters."""
    issue_id: OptionalIdentity | None = None
    """The issue it opens or closes: at most 128 characters, none of them a control character."""
    status: Literal["opened", "resolved"] | None = None
    """State of the issue: `opened` (the default) or `resolved`."""
    due: InstantText | None = None
    """When the issue has to be resolved: RFC 3339 with `T` and offset, years 0001 to 9999, no
    leap seconds."""


class Return(Event):
    """Goods that came back."""

    source: ClassVar[Source] = Source.RETURNS

    type: Literal["return"] | None = None
    """Kind of event: `return`. Required in files, optional on the topic."""
    sku: Identity | None = None
    """The product: 1 to 128 characters, none of them a control character."""
    quantity: Quantity
    """How many units: a number above 0, at most 1e9; fractions are allowed."""
    unit_price: Price | None = None
    """Price of one unit in `currency`: a number from 0 to 1e9."""
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None
    """Why, in free text: at most 1,024 characters."""


MODELS: dict[Source, type[Order | Complaint | Return]] = {
    model.source: model for model in (Order, Complaint, Return)
}
"""The model of each source topic."""

SOURCES: dict[str, Source] = {
    "order": Source.ORDERS,
    "complaint": Source.COMPLAINTS,
    "return": Source.RETURNS,
}
"""The source of each `type`."""
