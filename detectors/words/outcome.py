"""What has really become of a dealer: recovered, or silent."""

from __future__ import annotations

from enum import StrEnum

from schemas.alert import Draft, Kind, Scope, Unit

# Half of the smallest change the detectors look for: prices 3 %, drops 30 %, rises 70 %.
_PRICE_SLACK = 0.015
_DROP_SLACK = 0.15
_RISE_SLACK = 0.35
_LITTLE = 0.2  # of the change by the size of orders: what comes from their number is no news


def back_to_normal(draft: Draft) -> bool:
    """Whether what is observed has come back to what is expected; False when that is not known."""
    ratio = draft.effect.ratio
    if ratio is None:
        return False
    if draft.kind is Kind.UNIT_PRICE_DROP:
        return ratio >= 1 - _PRICE_SLACK
    if draft.kind is Kind.ORDER_VOLUME_DROP:
        return ratio >= 1 - _DROP_SLACK
    return ratio <= 1 + _RISE_SLACK


class Beside(StrEnum):
    """What the number of orders does while their size changes."""

    NOTHING = "nothing"
    SAME = "same"
    OPPOSITE = "opposite"


def resized(draft: Draft) -> Beside | None:
    """Whether the size of orders makes a change of volume, and what their number does beside it."""
    trade = draft.kind in (Kind.ORDER_VOLUME_DROP, Kind.ORDER_VOLUME_SURGE)
    if not trade or draft.scope is not Scope.DEALER or draft.parts is None:
        return None
    size, frequency = draft.parts.order_size, draft.parts.order_frequency
    if draft.effect.unit is not Unit.VALUE or size * draft.parts.total <= 0.0:
        return None
    if abs(frequency) <= _LITTLE * abs(size):
        return Beside.NOTHING
    return Beside.SAME if frequency * size > 0.0 else Beside.OPPOSITE


def has_stopped(draft: Draft) -> bool:
    """Whether the alert is about a dealer that orders nothing at all."""
    stopped = draft.kind is Kind.ORDER_VOLUME_DROP and draft.effect.observed == 0
    return stopped and draft.scope is Scope.DEALER
