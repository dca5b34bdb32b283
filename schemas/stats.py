"""Dealer statistics: what the topic `dealer-stats` carries, one object per dealer and day.

Reference: design.md section 5. Totals are exact, so that anyone can recount them from the events.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.alert import Kind
from schemas.fields import (
    Count,
    Currency,
    ExactMoney,
    ExactNumber,
    Instant,
    Name,
    Number,
    Outgoing,
    encode,
)

__all__ = [
    "DealerInfo", "DealerStats", "DealerStatus", "Detectable", "Issues", "Recent", "Totals",
    "encode",
]  # fmt: skip


class DealerStatus(StrEnum):
    """Where a dealer stands in its life."""

    NEW = "new"
    ACTIVE = "active"
    DORMANT = "dormant"


class DealerInfo(Outgoing):
    """Who it is, as far as known."""

    id: Name
    name: str | None = None
    region: str | None = None
    tier: str | None = None
    manager: str | None = None


class Totals(Outgoing):
    """Plain sums of accepted events, cancelled orders and their returns included."""

    orders: Count
    """Distinct orders; a line without order_id is an order."""
    lines: Count
    units: ExactNumber
    value: dict[Currency, ExactMoney]
    """Quantity times unit price by currency, exact decimals."""
    returns: Count
    return_units: ExactNumber
    complaints: Count


class Recent(Totals):
    """The same over the last days, with what was expected."""

    expected_orders: Number | None
    average_unit_price: Number | None
    """Null without units, or when currencies are mixed."""
    price_index: Number | None
    """1 = the dealer's own usual like-for-like level."""
    complaint_rate: Number | None
    """Complaints per order."""
    return_rate: Number | None
    """Returns per order."""


class Issues(Outgoing):
    """Complaints that are tracked to their end."""

    open: Count
    overdue: Count
    oldest: Instant | None
    """When the oldest open issue was opened."""


class Detectable(Outgoing):
    """A change that could be proven here, and how fast."""

    kind: Kind
    ratio: Annotated[Number, Field(ge=0)]
    """Size of the change: 0.5 is half of the usual."""
    within_days: Annotated[Number, Field(gt=0)] | None
    """Null: not to be proven in any useful time."""


class DealerStats(Outgoing):
    """One line of `dealer-stats`."""

    schema_: Literal["dealerwatch.stats/1"] = Field("dealerwatch.stats/1", alias="schema")
    dealer: DealerInfo
    at: Instant
    status: DealerStatus
    totals: Totals
    d7: Recent
    d28: Recent
    issues: Issues
    detectable: tuple[Detectable, ...] = ()
