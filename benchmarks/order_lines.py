"""Invented order lines of about 200 bytes, by the event contract, in order of time.

Every order has three lines. Orders are dealt to dealers from a shuffled deck, so every dealer
occurs, each about equally often: the case with the largest state for so many events.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from schemas.instant import DAY, SECOND, format_instant, parse_instant
from streams.playing.files import Lines

LINES_PER_ORDER = 3
_START = parse_instant("2024-05-06T00:00:00Z")
_CHUNK = 5_000  # lines handed over at a time
_ITEMS, _REGIONS, _TIERS = 2_000, ("North", "East", "South", "West"), ("gold", "silver", "bronze")


def order_lines(events: int, dealers: int, days: float) -> Iterator[bytes]:
    """So many lines, spread evenly over so many days."""
    chance = random.Random(1)
    deck = list(range(dealers))
    chance.shuffle(deck)
    step = days * DAY / events
    for number in range(events):
        dealer = deck[number // LINES_PER_ORDER % dealers]
        at = format_instant(_START + int(number * step) // SECOND * SECOND)
        price = chance.randrange(1_000, 10_000) / 100
        yield (
            f'{{"type":"order","event_id":"o{number}","ts":"{at}","dealer_id":"D{dealer:06d}",'
            f'"order_id":"A{number // LINES_PER_ORDER}","sku":"S{chance.randrange(_ITEMS):04d}",'
            f'"quantity":{1 + number % 12},"unit_price":{price},"currency":"EUR",'
            f'"region":"{_REGIONS[dealer % 4]}","tier":"{_TIERS[dealer % 3]}"}}'
        ).encode()


def order_file(events: int, dealers: int, days: float) -> Iterator[Lines]:
    """The same as the parts of a file."""
    chunk: list[bytes] = []
    first = 0
    for line in order_lines(events, dealers, days):
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield Lines("benchmark", first, chunk)
            first, chunk = first + _CHUNK, []
    if chunk:
        yield Lines("benchmark", first, chunk)
