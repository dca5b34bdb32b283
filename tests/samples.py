"""Alerts to try things on: one complete draft, changed where a test cares."""

from __future__ import annotations

from typing import Any

from schemas.alert import (
    STATISTICAL,
    Alert,
    Change,
    Dealer,
    Draft,
    Effect,
    Evidence,
    Kind,
    Message,
    Parts,
    Scope,
    Severity,
    Unit,
    Verdict,
    Vertical,
    Window,
    alert_id,
)
from schemas.instant import DAY, parse_instant

AT = parse_instant("2011-10-03T00:00:00Z")

UNITS = {
    Kind.UNIT_PRICE_DROP: Unit.PRICE_INDEX,
    Kind.COMPLAINT_SPIKE: Unit.COMPLAINTS,
    Kind.RETURN_SPIKE: Unit.RETURNS,
    Kind.ISSUE_OVERDUE: Unit.ISSUES,
    Kind.FEED_OUTAGE: Unit.EVENTS,
}


def effect(
    observed: float, expected: float, unit: Unit, loss: float | None = None, days: float = 28
) -> Effect:
    window = Window(from_=AT - round(days * DAY), to=AT)
    return Effect.of(observed, expected, unit, window, loss, None if loss is None else "EUR")


def draft(
    kind: Kind = Kind.ORDER_VOLUME_DROP,
    scope: Scope = Scope.DEALER,
    entity: str = "16029",
    change: Change = Change.OPENED,
    **others: Any,
) -> Draft:
    """A dealer's order volume drop, unless told otherwise."""
    seen = others.get("effect") or effect(2, 14.6123, UNITS.get(kind, Unit.ORDERS), 1240.555)
    of_dealer, statistical = scope is Scope.DEALER, kind in STATISTICAL
    loss = seen.loss_per_week
    fields: dict[str, Any] = {
        "alert_id": alert_id(kind, scope, entity, 365_000),
        "sequence": 1,
        "status": change.status,
        "dealer": Dealer(id=entity, name="Smith & Sons Ltd") if of_dealer else None,
        "at": AT,
        "onset": AT - 24 * DAY,
        "severity": Severity.WARNING,
        "evidence": Evidence(log_odds=10.1, threshold=9.2, false_alerts_per_year=0.037)
        if statistical
        else Evidence(),
        "effect": seen,
        "verdict": Verdict.DEALER_SPECIFIC if of_dealer and statistical else None,
        "vertical": Vertical(ratio=seen.ratio, chance=2.5e-5) if statistical else None,
        "parts": None if loss is None else Parts.of(-loss, 0, 0, 0, 0),
    }
    return Draft(kind=kind, scope=scope, entity=entity, change=change, **(fields | others))


def alert(message: Message | None = None, **others: Any) -> Alert:
    return Alert.of(draft(**others), message or Message(en="Something happened.", zh="出事了。"))
