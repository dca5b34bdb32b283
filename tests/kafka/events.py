"""Seeded events of a few days: dealers of very different size, all three sources, bad records."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from schemas.instant import HOUR, format_instant, parse_instant
from streams.playing.files import Lines

START = parse_instant("2024-03-01T00:00:00Z")
_TYPES = ("order", "complaint", "return")


def lines(count: int, hours: int, seed: int, start: int = START) -> list[bytes]:
    """NDJSON lines in order of time; one in a hundred is no event."""
    chance = random.Random(seed)
    return [
        b"{broken" if chance.random() < 0.01 else _event(chance, f"{seed}-{i}", start + i * step)
        for step in [hours * HOUR // count]
        for i in range(count)
    ]


def files(*parts: list[bytes], chunk: int = 500) -> Iterator[Lines]:
    """As read from files, in small pieces."""
    for number, part in enumerate(parts):
        for first in range(0, len(part), chunk):
            yield Lines(f"events-{number}.ndjson", first, part[first : first + chunk])


def _event(chance: random.Random, event_id: str, ts: int) -> bytes:
    kind = chance.choices(_TYPES, (90, 5, 5))[0]
    event: dict[str, object] = {
        "type": kind,
        "event_id": event_id,
        "ts": format_instant(ts),
        "dealer_id": f"dealer-{int(chance.paretovariate(0.6)) % 97}",
        "sku": f"sku-{chance.randrange(20)}",
    }
    if kind != "complaint":
        event["quantity"] = chance.randrange(1, 8)
    if kind == "order":
        event["unit_price"] = chance.randrange(100, 9_999) / 100
    return json.dumps(event).encode()
