"""Where the logs stand: what a clock or a player has to go on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka import TopicPartition

from schemas import cut as cuts
from schemas.batch import Source
from streams import kafka
from streams.ticking.cutting import Progress
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer

    from schemas.settings import Topics

_WINDOW = 1_000  # records read back at first; 3 hours of cuts every 10 s

Ends = dict[Source, int]


async def progress_of(client: AIOKafkaConsumer, plan: Topics) -> list[Progress]:
    """Every partition of `ticks`, read back as far as its last tick."""
    places = [TopicPartition(names(plan.prefix).ticks, p) for p in range(plan.partitions)]
    progress = [await _read_back(client, place) for place in places]
    if {one.tick is None for one in progress} == {True, False}:
        # A clock died while it wrote the very first tick: the others need to know which it was.
        progress = [await _read(client, place, Progress()) for place in places]
    return progress


async def caught_up(
    client: AIOKafkaConsumer, plan: Topics, progress: Sequence[Progress]
) -> list[Progress]:
    """The same, with what was written since, also by others."""
    topic = names(plan.prefix).ticks
    places = [TopicPartition(topic, partition) for partition in range(plan.partitions)]
    return [await _read(client, *one) for one in zip(places, progress, strict=True)]


async def source_ends(client: AIOKafkaConsumer, plan: Topics) -> list[Ends]:
    """End positions of the sources, by partition."""
    topics = {source: getattr(names(plan.prefix), source) for source in Source}
    partitions = range(plan.partitions)
    ends = await client.end_offsets(
        [TopicPartition(topic, partition) for topic in topics.values() for partition in partitions]
    )
    return [
        {source: ends[TopicPartition(topic, partition)] for source, topic in topics.items()}
        for partition in partitions
    ]


async def _read_back(client: AIOKafkaConsumer, place: TopicPartition) -> Progress:
    first = (await client.beginning_offsets([place]))[place]
    end = (await client.end_offsets([place]))[place]
    window = _WINDOW
    while True:
        start = max(first, end - window)
        progress = await _read(client, place, Progress(position=start))
        if progress.tick is not None or start == first:
            return progress
        window *= 10


async def _read(client: AIOKafkaConsumer, place: TopicPartition, progress: Progress) -> Progress:
    async for record in kafka.read_to_end(client, {place: progress.position}):
        progress = progress.after(cuts.decode(record.value or b""), record.offset + 1)
    return progress
