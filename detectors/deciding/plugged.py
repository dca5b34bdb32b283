"""Alarms of plugged detectors as statements of the desk.

They bear the kind unusual_pattern and their detector's name. Nothing is known of how often they
err, so they have no evidence in nats and the least severity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from detectors.deciding.draft import Statement
from schemas.alert import Kind, Scope, Unit, Verdict
from schemas.instant import DAY
from schemas.wire import PluggedAlarm

STAKE: Final = 0.1  # for information
UNITS: Final = {"orders": Unit.ORDERS, "price": Unit.PRICE_INDEX}


def of_alarms(alarms: Iterable[PluggedAlarm], said: Collection[str], at: int) -> list[Statement]:
    """The alarms about dealers of whom unusual_pattern says nothing itself; said: those of whom."""
    return [_of(one, at) for one in alarms if one.dealer.id not in said]


def _of(alarm: PluggedAlarm, at: int) -> Statement:
    since = min(alarm.first * DAY, at)
    return Statement(
        kind=Kind.UNUSUAL_PATTERN,
        scope=Scope.DEALER,
        entity=alarm.dealer.id,
        dealer=alarm.dealer,
        stake=STAKE,
        onset=since,
        window_from=min(alarm.last * DAY, at),
        window_to=min((alarm.last + 1) * DAY, at),
        observed=alarm.observed,
        expected=alarm.expected,
        unit=UNITS[alarm.on],
        verdict=Verdict.DEALER_SPECIFIC,
        detector=(alarm.detector, UNITS[alarm.on]),
    )
