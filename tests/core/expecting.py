"""Sentences about what was told: expect(told, opened("order_volume_drop", dealer=3), ...)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.alert import Alert, Change, Kind, Scope
from schemas.instant import DAY
from tests.core.channel import START, name, when

Wanted = Callable[[Alert], bool]


def _changed(change: Change, kind: str | None, dealer: int | None) -> Wanted:
    def wanted(alert: Alert) -> bool:
        return (
            alert.change is change
            and kind in (None, alert.kind.value)
            and (dealer is None or (alert.scope is Scope.DEALER and alert.entity == name(dealer)))
        )

    return wanted


def opened(kind: str | None = None, dealer: int | None = None) -> Wanted:
    """An alert was opened."""
    return _changed(Change.OPENED, kind and Kind(kind).value, dealer)


def resolved(kind: str | None = None, dealer: int | None = None) -> Wanted:
    """An alert was resolved."""
    return _changed(Change.RESOLVED, kind and Kind(kind).value, dealer)


def of_dealers(alert: Alert) -> bool:
    """Anything about any dealer."""
    return alert.scope is Scope.DEALER


def expect(alerts: Sequence[Alert], wanted: Wanted, between: str, and_: str) -> Alert:
    """Exactly one such line in this time, and none at another; the line."""
    found = [alert for alert in alerts if wanted(alert)]
    assert len(found) == 1, f"one was expected, of {shown(alerts)}"
    assert when(between) <= found[0].at <= when(and_), shown(found)
    return found[0]


def expect_none(alerts: Sequence[Alert], wanted: Wanted = of_dealers) -> None:
    """No such line at any time."""
    found = [alert for alert in alerts if wanted(alert)]
    assert not found, shown(found)


def shown(alerts: Sequence[Alert]) -> list[str]:
    """Lines as a reader of a failed test needs them."""
    return [
        f"day {(one.at - START) / DAY:.2f} {one.change} {one.kind} {one.entity}" for one in alerts
    ]
