"""Decoding speed: records of about 200 bytes to finished columns, and lines of files to records.

Run as `python -m benchmarks.decode`. Prints events per second of one core (CPU time); nothing is
asserted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from schemas.batch import Source
from schemas.decode import RawSlice, decode_lines, decode_slice

RECORDS = 200_000
SLICE = 1_300  # records of 200 bytes in one fetch of 256 KiB
DEALERS = 5_000


def order_line(number: int, chance: random.Random) -> tuple[bytes, bytes]:
    """Key and value of one order line."""
    dealer = f"D{chance.randrange(DEALERS):05d}"
    value = (
        f'{{"type":"order","event_id":"o{number}",'
        f'"ts":"2024-05-{1 + number % 28:02d}T12:{number % 60:02d}:07.{number % 1000:03d}Z",'
        f'"dealer_id":"{dealer}","sku":"S{number % 200:03d}",'
        f'"quantity":{1 + number % 12},"unit_price":{chance.randrange(100, 9999) / 100},'
        f'"currency":"CNY","region":"North","tier":"gold","order_id":"A{number // 3}"}}'
    )
    return dealer.encode(), value.encode()


def main() -> None:
    """Measure and print."""
    chance = random.Random(1)
    records = [order_line(number, chance) for number in range(RECORDS)]
    slices = [
        RawSlice(
            Source.ORDERS,
            "orders",
            0,
            range(start, start + len(part)),
            [key for key, _ in part],
            [value for _, value in part],
        )
        for start in range(0, RECORDS, SLICE)
        if (part := records[start : start + SLICE])
    ]
    lines = [[value for value in one.values if value is not None] for one in slices]
    report("slices of Kafka to columns", [partial(decode_slice, one, 1) for one in slices])
    report("lines of a file to records", [partial(decode_lines, one, "f", 0) for one in lines])


def report(name: str, steps: Sequence[Callable[[], object]]) -> None:
    """Take the steps once, as a worker would, and print their speed. The first one warms up."""
    steps[0]()
    start = time.process_time()
    for step in steps:
        step()
    spent_s = time.process_time() - start
    print(f"{name}: {RECORDS / spent_s:,.0f} events/s, {spent_s / RECORDS * 1e6:.2f} µs each")


if __name__ == "__main__":
    main()
