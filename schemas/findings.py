"""What an alert has found: the objects inside it. One that contradicts itself cannot be built."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Self

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
)
from schemas.rounding import cents, money, significant, split_cents
from schemas.vocabulary import SuppressedReason, Unit

if TYPE_CHECKING:
    from collections.abc import Callable


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
    """How likely this little (or much) would be under the old level, in any of the windows
    that were looked at."""
    ratio_low: Number | None = None
    """80 % credible bounds of the ratio …"""
    ratio_high: Number | None = None
    """… its upper one."""


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


def _rounding(unit: Unit) -> Callable[[float], float]:
    return money if unit is Unit.VALUE else significant


def _ratio(observed: float, expected: float) -> float | None:
    """Null when nothing is expected, also when so little is that the ratio is beyond numbers."""
    ratio = observed / expected if expected else math.inf
    return ratio if math.isfinite(ratio) else None
