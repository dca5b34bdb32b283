"""Alerts that a receiver could not be given in time: what the topic `undelivered` carries.

Key: the webhook id (`alert_id:sequence`). A record without value says that the alert of this key
was delivered after all, or given up; so what is left to do is the last value of each key.
"""

from __future__ import annotations

from schemas.fields import Count, Instant, Outgoing, Text


class Undelivered(Outgoing):
    """One alert that waits for its receiver."""

    webhook_id: Text
    """`alert_id:sequence`, the same at every try."""
    kept_at: Instant
    """Wall clock when it was first kept; after seven days it is given up."""
    tries: Count
    """Requests made before it was kept."""
    detail: Text
    """How the last of them ended."""
    body: Text
    """The alert, exactly as it stood in `alerts`."""
