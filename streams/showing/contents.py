"""What topics hold, as files: alerts in the order of the log, the last statistics per dealer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiokafka import TopicPartition

from streams import kafka
from streams.playing.outputs import line_files
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from schemas.settings import Settings


class _Identity(msgspec.Struct, frozen=True):
    """What tells one line of `alerts` from another."""

    alert_id: str
    sequence: int


def write_contents(settings: Settings, alerts: Path | None, stats: Path | None) -> None:
    """Write the topics `alerts` (each line once) and `dealer-stats` (last per key). UsageError."""
    asyncio.run(_write(settings, alerts, stats))


async def _write(settings: Settings, alerts: Path | None, stats: Path | None) -> None:
    topic = names(settings.topics.prefix)
    with line_files(alerts, stats) as (write_alert, write_stats):
        async for line in alert_lines(settings):
            write_alert(line)
        rows = await kafka.read_whole(
            settings.broker, topic.dealer_stats, range(settings.topics.partitions)
        )
        for _, value in sorted(row for partition in rows.values() for row in partition.items()):
            write_stats(value)


async def alert_lines(settings: Settings) -> AsyncIterator[bytes]:
    """Lines of the topic `alerts`; a repeat after a crash is left out."""
    seen: set[_Identity] = set()
    place = TopicPartition(names(settings.topics.prefix).alerts, 0)
    identity = msgspec.json.Decoder(_Identity).decode
    async with kafka.consumer(settings.broker) as client:
        async for record in kafka.read_to_end(client, {place: 0}):
            line = record.value or b""
            if (this := identity(line)) not in seen:
                seen.add(this)
                yield line
