"""Alerts: what the topics `alerts` and `ledger` carry, one object per change of an alert.

Reference: design.md section 5. A model that contradicts itself (a dealer alert without dealer,
parts that do not add up to the loss) cannot be built.
"""

from __future__ import annotations

import math
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.fields import (
    BriefMoney,
    Count,
    Currency,
    Instant,
    Money,
    Name,
    Number,
    Outgoing,
    Text,
    encode,
)
from schemas.rounding import cents, money, significant, split_cents

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "STATISTICAL", "Alert", "Change", "Dealer", "Draft", "Effect", "Evidence", "Forecast",
    "Horizontal", "Kind", "Links", "Message", "Parts", "Scope", "Severity", "SkuChange", "Status",
    "Suppressed", "SuppressedReason", "Unit", "Verdict", "Vertical", "Window", "alert_id", "encode",
]  # fmt: skip

MOST_MEMBERS = 50
MOST_SKUS = 5
_ID_BYTES = 10  # 80 bits: among a billion alerts a collision has a chance below 1 in a million


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
        return list(Severity).index(self)


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


class Dealer(Outgoing):
    """Who the alert is about, as far as known."""

    id: Name
    name: str | None = None
    region: str | None = None
    tier: str | None = None
    manager: str | None = None


class Evidence(Outgoing):
    """How strong the case is. Null for kinds that are facts, not statistics."""

    log_odds: Number | None = None
    """Nats."""
    threshold: Number | None = None
    """Nats at which the alert opens."""
    false_alerts_per_year: Annotated[Number, Field(ge=0)] | None = None
    """What this threshold stands for, for this entity."""


class Window(Outgoing):
    """The stretch of event time that was compared."""

    from_: Instant = Field(alias="from")
    to: Instant

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.from_ > self.to:
            raise ValueError(f"window.from={self.from_} must not be after window.to={self.to}")
        return self


class Effect(Outgoing):
    """What was seen, against what was expected, in which window. `Effect.of` fills `ratio`."""

    observed: float | None
    expected: float | None
    """Both with 6 significant digits; in whole cents where the unit is `value`."""
    unit: Unit
    ratio: Number | None
    """Observed over expected, null when nothing is expected."""
    window: Window
    loss_per_week: Money | None = None
    """Null when currencies are mixed or money does not apply."""
    currency: Currency | None = None

    @classmethod
    def of(
        cls,
        observed: float,
        expected: float,
        unit: Unit,
        window: Window,
        loss_per_week: float | None = None,
        currency: str | None = None,
    ) -> Self:
        """The effect with its ratio, from the numbers as they will be read."""
        rounded = _rounding(unit)
        seen, usual = rounded(observed), rounded(expected)
        return cls(
            observed=seen,
            expected=usual,
            unit=unit,
            ratio=_ratio(seen, usual),
            window=window,
            loss_per_week=loss_per_week,
            currency=currency,
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        rounded = _rounding(self.unit)
        for name, number in (("observed", self.observed), ("expected", self.expected)):
            if number is not None and rounded(number) != number:
                raise ValueError(f"effect.{name}={number} is not rounded, use Effect.of")
        if self.loss_per_week is not None and self.currency is None:
            raise ValueError("effect.currency is missing, loss_per_week needs one")
        return self


class Vertical(Outgoing):
    """Against its own past."""

    ratio: Number | None
    chance: Annotated[Number, Field(ge=0, le=1)] | None
    """How likely this would be under the old level."""


class Horizontal(Outgoing):
    """Against its peers."""

    cohort: Text
    cohort_ratio: Number | None
    rank: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _rank_within(self) -> Self:
        if self.rank > self.of:
            raise ValueError(f"horizontal.rank={self.rank} must not be above of={self.of}")
        return self


class Parts(Outgoing):
    """The change in money per week, negative = loss; the first five add up to `total`."""

    order_frequency: Money
    order_size: Money
    price: Money
    mix: Money
    lost_skus: Money
    total: Money

    @classmethod
    def of(
        cls, order_frequency: float, order_size: float, price: float, mix: float, lost_skus: float
    ) -> Self:
        """Five exact amounts, rounded so that they still add up (largest remainder)."""
        whole = split_cents([order_frequency, order_size, price, mix, lost_skus])
        names = ("order_frequency", "order_size", "price", "mix", "lost_skus")
        amounts = {name: part / 100 for name, part in zip(names, whole, strict=True)}
        return cls(**amounts, total=sum(whole) / 100)

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        five = (self.order_frequency, self.order_size, self.price, self.mix, self.lost_skus)
        if sum(map(cents, five)) != cents(self.total):
            raise ValueError(f"parts add up to {sum(map(cents, five)) / 100}, total={self.total}")
        return self


class SkuChange(Outgoing):
    """One SKU's share of the change, in currency per week."""

    sku: Name
    change_per_week: BriefMoney


class Forecast(Outgoing):
    """What usually follows."""

    effect: Number | None
    within_days: Number | None
    cases: Count


class Suppressed(Outgoing):
    """Why the line is in the ledger, or was rolled up."""

    reason: SuppressedReason
    until: Instant | None = None
    into: str | None = None
    """The alert that took this one in."""

    @model_validator(mode="after")
    def _rolled_up_into(self) -> Self:
        if self.reason is SuppressedReason.ROLLED_UP and not self.into:
            raise ValueError("suppressed.into is missing, rolled_up names the alert it went into")
        return self


class Message(Outgoing):
    """One sentence in English, one in Chinese; complete without a link."""

    en: Text
    zh: Text


class Links(Outgoing):
    """Where to read more."""

    evidence: str | None = None


class Draft(Outgoing):
    """A decided alert that has no words yet: all fields but `message` and `links`."""

    schema_: Literal["dealerwatch.alert/1"] = Field("dealerwatch.alert/1", alias="schema")
    alert_id: Text
    sequence: Annotated[int, Field(ge=1)]
    status: Status
    change: Change
    kind: Kind
    scope: Scope
    entity: Text
    dealer: Dealer | None = None
    at: Instant
    onset: Instant
    severity: Severity
    evidence: Evidence
    effect: Effect
    verdict: Verdict | None = None
    vertical: Vertical | None = None
    horizontal: Horizontal | None = None
    parts: Parts | None = None
    skus: Annotated[tuple[SkuChange, ...], Field(max_length=MOST_SKUS)] | None = None
    related: tuple[Text, ...] = ()
    forecast: Forecast | None = None
    members: Annotated[tuple[Text, ...], Field(max_length=MOST_MEMBERS)] | None = None
    members_total: Count | None = None
    suppressed: Suppressed | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for broken, what in _contradictions(self):
            if broken:
                raise ValueError(what)
        return self


class Alert(Draft):
    """One line of `alerts` or `ledger`, as it is sent."""

    message: Message
    links: Links = Links()

    @classmethod
    def of(cls, draft: Draft, message: Message, evidence_url: str | None = None) -> Self:
        """The draft with its words and the address of its page."""
        fields = {name: getattr(draft, name) for name in Draft.model_fields}
        return cls(**fields, message=message, links=Links(evidence=evidence_url))


def alert_id(kind: Kind, scope: Scope, entity: str, tick: int) -> str:
    """The id of the episode that opens at this tick: the same input gives the same id.

    >>> alert_id(Kind.RETURN_SPIKE, Scope.DEALER, "12931", 365_000)
    '43857a4864ca0c3b0abe'
    """
    identity = "\0".join((kind, scope, entity, str(tick)))
    return blake2b(identity.encode(), digest_size=_ID_BYTES).hexdigest()


def _rounding(unit: Unit) -> Callable[[float], float]:
    return money if unit is Unit.VALUE else significant


def _ratio(observed: float, expected: float) -> float | None:
    """Null when nothing is expected, also when so little is that the ratio is beyond numbers."""
    ratio = observed / expected if expected else math.inf
    return ratio if math.isfinite(ratio) else None


def _contradictions(draft: Draft) -> list[tuple[bool, str]]:
    """Every rule that spans fields: (is it broken, what is allowed)."""
    of_dealer = draft.scope is Scope.DEALER
    judged = of_dealer and draft.kind in STATISTICAL
    loss = draft.effect.loss_per_week
    total = draft.parts.total if draft.parts else None
    return [
        (draft.status is not draft.change.status, f"status={draft.status} after {draft.change}"),
        (draft.onset > draft.at, "onset must not be after at"),
        (draft.effect.window.to > draft.at, "effect.window.to must not be after at"),
        (of_dealer != (draft.dealer is not None), "dealer is given for scope dealer only"),
        (
            draft.dealer is not None and draft.dealer.id != draft.entity,
            f"dealer.id must be the entity {draft.entity!r}",
        ),
        (judged and draft.verdict is None, "verdict is missing, statistical kinds need one"),
        (judged and draft.vertical is None, "vertical is missing, statistical kinds need one"),
        (not of_dealer and draft.verdict is not None, "verdict is for scope dealer only"),
        (
            draft.kind in (Kind.ISSUE_OVERDUE, Kind.FEED_OUTAGE) and draft.verdict is not None,
            "verdict is for statistical kinds only",
        ),
        (
            (draft.kind is Kind.FEED_OUTAGE) != (draft.scope is Scope.FEED),
            "feed_outage and scope feed go together",
        ),
        (
            draft.kind in STATISTICAL and None in _statistics(draft),
            "statistical kinds need evidence, observed and expected",
        ),
        ((draft.members is None) != (draft.members_total is None), "members_total with members"),
        ((loss is None) != (total is None), "parts are null exactly when loss_per_week is"),
        (
            loss is not None and total is not None and cents(loss) != -cents(total),
            f"parts.total={total} must be minus loss_per_week={loss}",
        ),
    ]


def _statistics(draft: Draft) -> tuple[float | None, ...]:
    return (
        draft.evidence.log_odds,
        draft.evidence.threshold,
        draft.evidence.false_alerts_per_year,
        draft.effect.observed,
        draft.effect.expected,
    )
