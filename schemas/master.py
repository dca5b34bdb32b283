"""Master data of dealers: topic `dealers`, or a file (NDJSON or CSV)."""

from __future__ import annotations

from schemas.fields import Outgoing
from schemas.instant import Micros


class DealerRecord(Outgoing):
    """dealer_id, name, region, tier, manager, channels (tuple of texts), currency, opened."""


def parse_dealer(value: bytes) -> DealerRecord:
    """One record of the topic `dealers`. ValueError names field, value and what is allowed."""


def parse_dealers(data: bytes, file: str) -> dict[str, DealerRecord]:
    """A whole file by dealer_id, the last line of a dealer counts. ValueError names file and line."""
