"""What has really become of a dealer: recovered, or silent."""

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


def has_stopped(draft: Draft) -> bool:
    """Whether the alert is about a dealer that orders nothing at all."""
    stopped = draft.kind is Kind.ORDER_VOLUME_DROP and draft.effect.observed == 0
    return stopped and draft.scope is Scope.DEALER
