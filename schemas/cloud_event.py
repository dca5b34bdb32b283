"""CloudEvents attributes of an alert, for Kafka headers (binary mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.instant import format_instant

if TYPE_CHECKING:
    from schemas.alert import Alert

ALERT_TYPE = "dealerwatch.alert.v1"
SOURCE = "/dealerwatch"


def identity(alert_id: str, sequence: int) -> str:
    """One line of an alert's life, the same however often it is sent: receivers drop repeats by it.

    >>> identity("43857a4864ca0c3b0abe", 2)
    '43857a4864ca0c3b0abe:2'
    """
    return f"{alert_id}:{sequence}"


def headers(alert: Alert) -> list[tuple[str, bytes]]:
    """The record's headers, in a fixed order."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": identity(alert.alert_id, alert.sequence),
        "ce_source": SOURCE,
        "ce_type": ALERT_TYPE,
        "ce_subject": f"{alert.scope}/{alert.entity}",
        "ce_time": format_instant(alert.at),
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in attributes.items()]
