"""The limit: what the Kafka client and a compiled decoder cost, and nothing else.

    python -m benchmarks.raw_client BROKER TOPIC PARTITIONS EVENTS

Reads all partitions from their beginnings, decodes three fields, counts by dealer. Prints
`Measured` as JSON.
"""

from __future__ import annotations

import sys
from collections import Counter

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.measured import Measured, Stopwatch

_FETCHED = 10_000  # records at a time
_FETCH_BYTES = 4 * 1024 * 1024  # per partition, as our worker


class _Line(msgspec.Struct, gc=False):
    dealer_id: str
    quantity: float
    ts: str


async def _read(broker: str, topic: str, partitions: int, events: int) -> Measured:
    decode = msgspec.json.Decoder(_Line).decode
    units: Counter[str] = Counter()
    read = 0
    client = AIOKafkaConsumer(bootstrap_servers=broker, max_partition_fetch_bytes=_FETCH_BYTES)
    async with client:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        client.assign(places)
        await client.seek_to_beginning(*places)
        watch = Stopwatch()
        while read < events:
            for records in (await client.getmany(timeout_ms=500, max_records=_FETCHED)).values():
                for record in records:
                    line = decode(record.value)
                    units[line.dealer_id] += int(line.quantity)
                read += len(records)
        return watch.measured(read)


def main() -> None:
    """Read, print."""
    broker, topic, partitions, events = sys.argv[1:]
    measured = uvloop.run(_read(broker, topic, int(partitions), int(events)))
    print(msgspec.json.encode(measured).decode())


if __name__ == "__main__":
    main()
