"""`dealerwatch tail`: a topic as NDJSON on standard output, one value per line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas import wire
from streams import kafka
from streams.errors import OperationError, UsageError
from streams.topics import Names, names, specification

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiokafka import AIOKafkaConsumer, ConsumerRecord

    from schemas.settings import Settings

_TOPICS = tuple(field.name.replace("_", "-") for field in fields(Names))
_BETWEEN_STAGES = ("network", "outlook")  # MessagePack
_ROWS = ("state", "network-state")  # zstd, and a head in JSON
_WAIT_MS = 500


def run(
    settings: Settings,
    topic: str,
    *,
    last: bool = False,
    from_beginning: bool = False,
    until_current: bool = False,
) -> None:
    """Print values from now (or the beginning) on, until Ctrl-C (or the end found at the start).

    `last`: only the last value per key, of all there are now. Raises UsageError, OperationError.
    """
    if topic not in _TOPICS:
        raise UsageError(f"tail {topic}: no such topic; there are {', '.join(_TOPICS)}")
    kafka.must_be_ready(settings, settings.topics.prefix + topic)
    reader = Reader(settings, topic)
    try:
        if last:
            asyncio.run(reader.print_last())
        else:
            asyncio.run(_until_told(reader, from_beginning, until_current))
    except KafkaConnectionError as error:
        raise kafka.unreachable(settings.broker, error) from error
    except KafkaError as error:
        raise OperationError(f"tail {topic}: {error}") from error
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _until_told(reader: Reader, from_beginning: bool, until_current: bool) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  asyncio.run made it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await reader.print_all(from_beginning=from_beginning, until_current=until_current)


class Reader:
    """Reads one topic and prints it."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._broker = settings.broker
        self._topic = getattr(names(settings.topics.prefix), topic.replace("-", "_"))
        self._line = _line_of(topic)
        specified = {spec.name: spec.partitions for spec in specification(settings.topics)}
        self._partitions = range(specified[self._topic])

    async def print_last(self) -> None:
        """The last value per key, by key."""
        rows = await kafka.read_whole(self._broker, self._topic, self._partitions)
        values = {key: value for kept in rows.values() for key, value in kept.items()}
        for key in sorted(values):
            _print(self._line(key, values[key]))

    async def print_all(self, *, from_beginning: bool, until_current: bool) -> None:
        """Every value, as it comes."""
        async with kafka.consumer(self._broker) as client:
            places = [TopicPartition(self._topic, number) for number in self._partitions]
            ends = await client.end_offsets(places)
            starts = await client.beginning_offsets(places) if from_beginning else ends
            async for record in kafka.read_to_end(client, starts):
                self._print_record(record)
            if not until_current:
                async for record in _onwards(client):
                    self._print_record(record)

    def _print_record(self, record: ConsumerRecord[bytes | None, bytes | None]) -> None:
        if record.value is not None:
            _print(self._line(record.key or b"", record.value))


async def _onwards(
    client: AIOKafkaConsumer,
) -> AsyncIterator[ConsumerRecord[bytes | None, bytes | None]]:
    while True:
        sys.stdout.flush()
        for records in (await client.getmany(timeout_ms=_WAIT_MS)).values():
            for record in records:
                yield record


def _line_of(topic: str) -> Callable[[bytes, bytes], bytes]:
    if topic in _BETWEEN_STAGES:
        return lambda _, value: msgspec.json.encode(wire.readable(wire.decode(value)))
    if topic in _ROWS:
        return _row
    return lambda _, value: value.replace(b"\n", b" ")  # others' JSON may hold line ends


def _row(key: bytes, value: bytes) -> bytes:
    """Rows are compressed arrays: only their head says something to people."""
    head = value if key.endswith(b"/head") else b"null"
    facts = {"key": key.decode(), "bytes": len(value), "head": msgspec.Raw(head)}
    return msgspec.json.encode(facts)


def _print(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
