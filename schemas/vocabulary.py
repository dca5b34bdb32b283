"""The words of the alert contract: closed sets of values, used everywhere as they are written here.

Code, metrics, logs, payloads and docs say the same word for the same thing.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    ORDER_VOLUME_DROP = "order_volume_drop"
    ORDER_VOLUME_SURGE = "order_volume_surge"
    UNIT_PRICE_DROP = "unit_price_drop"
    COMPLAINT_SPIKE = "complaint_spike"
    RETURN_SPIKE = "return_spike"
    ISSUE_OVERDUE = "issue_overdue"
    UNUSUAL_PATTERN = "unusual_pattern"
    DIVERSION_SUSPECTED = "diversion_suspected"
    FEED_OUTAGE = "feed_outage"


STATISTICAL = frozenset(
    {
        Kind.ORDER_VOLUME_DROP,
        Kind.ORDER_VOLUME_SURGE,
        Kind.UNIT_PRICE_DROP,
        Kind.COMPLAINT_SPIKE,
        Kind.RETURN_SPIKE,
        Kind.UNUSUAL_PATTERN,
    }
)
"""Kinds that the budget of false alerts counts: evidence against an expectation."""


class Scope(StrEnum):
    """What an entity is."""

    DEALER = "dealer"
    SKU = "sku"
    CATEGORY = "category"
    REGION = "region"
    MARKET = "market"
    FEED = "feed"


class Status(StrEnum):
    """Whether the episode goes on."""

    OPEN = "open"
    RESOLVED = "resolved"


class Change(StrEnum):
    """Why this line was written."""

    OPENED = "opened"
    ESCALATED = "escalated"
    EASED = "eased"
    UPDATED = "updated"
    REMINDED = "reminded"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"

    @property
    def status(self) -> Status:
        """The status an alert has after this change."""
        return Status.RESOLVED if self is Change.RESOLVED else Status.OPEN


class Severity(StrEnum):
    """How much is at stake, from least to most."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return _RANKS[self.value]


_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}


class Unit(StrEnum):
    """What `effect` counts."""

    ORDERS = "orders"
    UNITS = "units"
    VALUE = "value"
    PRICE_INDEX = "price_index"
    COMPLAINTS = "complaints"
    RETURNS = "returns"
    ISSUES = "issues"
    EVENTS = "events"


class Verdict(StrEnum):
    """Own history and peers together."""

    DEALER_SPECIFIC = "dealer_specific"
    REGIONAL = "regional"
    MARKET_WIDE = "market_wide"


class SuppressedReason(StrEnum):
    """Why an alert was decided but not sent."""

    HOLIDAY = "holiday"
    PLANNED = "planned"
    SILENCED = "silenced"
    ROLLED_UP = "rolled_up"
    WARM_UP = "warm_up"
    HELD = "held"
    BELOW_FLOOR = "below_floor"
