"""How far an alert that ends has really recovered."""

from __future__ import annotations

from schemas.alert import Draft, Kind, Scope

# Half of the smallest change the detectors look for: prices 3 %, drops 30 %, rises 70 %.
_PRICE_SLACK = 0.015
_DROP_SLACK = 0.15
_RISE_SLACK = 0.35


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


def still_stopped(draft: Draft) -> bool:
    """Whether a dealer's silence goes on although its alert ends: the silence has become usual."""
    stopped = draft.kind is Kind.ORDER_VOLUME_DROP and draft.effect.observed == 0
    return stopped and draft.scope is Scope.DEALER
