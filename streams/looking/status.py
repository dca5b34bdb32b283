"""`dealerwatch status`: how far every part has come, and whether anything is behind.

What counts is what is saved: positions come from the heads of the state, not from the consumer
group, which follows them by a second. So "nothing is behind" means that every record up to the end
of the logs is in the state, confirmed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from rich import print as show
from rich.table import Table

from schemas.batch import Source
from schemas.instant import format_instant
from streams import kafka
from streams.errors import OperationError
from streams.topics import names
from streams.workers.holder import TICKS
from streams.workers.network import LOG
from streams.workers.open_alerts import OpenAlerts
from streams.workers.rows import Head, Standing, is_head, read_head

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

    from schemas.settings import Settings

Ends = dict[TopicPartition, int]

_READ = (*(str(source) for source in Source), TICKS)  # by every partition
_WINDOW = 64  # records read back at first; a head is the last record of its transaction
_WAIT_MS = 20  # of a fetch that finds nothing: there are several, one after the other
_COUNTED = 100_000  # dead letters that are counted; of more, positions are (a little too many)


class PartitionStatus(msgspec.Struct, frozen=True):
    """One partition."""

    partition: int
    cut: int
    tick: int | None
    closed_until: str | None  # end of the last closed tick
    dealers: int
    lag: dict[str, int]  # records not in the saved state, by topic


class NetworkStatus(msgspec.Struct, frozen=True):
    """The network agent."""

    tick: int | None
    closed_until: str | None
    lag: int  # messages not in the saved state
    left_out: list[int]  # partitions it goes on without, because they do not report


class Status(msgspec.Struct, frozen=True):
    """The whole system."""

    behind: bool
    partitions: list[PartitionStatus]
    network: NetworkStatus
    dealers: int
    open_alerts: int
    dead_letters: int


def run(settings: Settings, *, json: bool = False) -> int:
    """Print the status; 0 when nothing is behind, else 1. Raises OperationError."""
    kafka.must_be_ready(settings)
    status = asyncio.run(status_of(settings))
    if json:
        print(msgspec.json.encode(status).decode())  # noqa: T201  a command prints
    else:
        show(_table(status))
        print(_told(status))  # noqa: T201  as above
    return int(status.behind)


async def status_of(settings: Settings) -> Status:
    """Ask Kafka. Raises OperationError when it does not answer or topics are missing."""
    try:
        async with kafka.consumer(settings.broker, max_wait_ms=_WAIT_MS) as client:
            return await _Survey(settings, client).status()
    except KafkaConnectionError as error:
        raise kafka.unreachable(settings.broker, error) from error
    except KafkaError as error:
        raise OperationError(f"status: {error}") from error


class _Survey:
    def __init__(self, settings: Settings, client: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._client = client
        self._names = names(settings.topics.prefix)

    async def status(self) -> Status:
        numbers = range(self._settings.topics.partitions)
        heads = await self._heads()
        ends = await self._ends([self._place(name, n) for n in numbers for name in _READ])
        partitions = [self._partition(n, heads.get((self._names.state, n)), ends) for n in numbers]
        network = await self._network(heads.get((self._names.network_state, 0)))
        lags = [lag for one in partitions for lag in one.lag.values()]
        return Status(
            behind=any(lags) or network.lag > 0,
            partitions=partitions,
            network=network,
            dealers=sum(one.dealers for one in partitions),
            open_alerts=await self._open_alerts(),
            dead_letters=await self._count(self._names.dead_letters, numbers),
        )

    def _partition(self, number: int, head: Head | None, ends: Ends) -> PartitionStatus:
        standing = head.standing if head else Standing()
        return PartitionStatus(
            number,
            standing.cut,
            standing.tick,
            self._closed_until(standing.tick),
            head.counts.get("dealers", 0) if head else 0,
            {n: ends[self._place(n, number)] - standing.positions.get(n, 0) for n in _READ},
        )

    async def _network(self, head: Head | None) -> NetworkStatus:
        place = self._place(LOG, 0)
        lag = (await self._ends([place]))[place] - (head.standing.positions[LOG] if head else 0)
        tick = head.standing.tick if head else None
        left_out = list(head.standing.left_out) if head else []
        return NetworkStatus(tick, self._closed_until(tick), lag, left_out)

    def _closed_until(self, tick: int | None) -> str | None:
        return None if tick is None else format_instant((tick + 1) * self._settings.tick)

    async def _heads(self) -> dict[tuple[str, int], Head]:
        """The last head of each owner, read back from the ends of the topics."""
        places = [self._place("state", n) for n in range(self._settings.topics.partitions)]
        places.append(self._place("network_state", 0))
        ends = await self._ends(places)
        found: dict[tuple[str, int], Head] = {}
        window = _WINDOW
        while left := {place: ends[place] for place in places if tuple(place) not in found}:
            starts = {place: max(0, end - window) for place, end in left.items()}
            async for record in kafka.read_to_end(self._client, starts):
                if record.key is not None and is_head(record.key) and record.value is not None:
                    found[record.topic, record.partition] = read_head(record.value)
            if not any(starts.values()):
                break
            window *= 8
        return found

    async def _open_alerts(self) -> int:
        rows = await kafka.read_whole(self._settings.broker, self._names.alerts, [0])
        return len(OpenAlerts(rows[0].values()))

    async def _count(self, topic: str, partitions: range) -> int:
        places = [TopicPartition(topic, number) for number in partitions]
        begins: Ends = await self._client.beginning_offsets(places)
        most = sum((await self._ends(places)).values()) - sum(begins.values())
        if most > _COUNTED:
            return most
        return len([1 async for _ in kafka.read_to_end(self._client, begins)])

    async def _ends(self, places: list[TopicPartition]) -> Ends:
        ends: Ends = await self._client.end_offsets(places)
        return ends

    def _place(self, name: str, partition: int) -> TopicPartition:
        return TopicPartition(getattr(self._names, name), partition)


def _table(status: Status) -> Table:
    table = Table("partition", "cut", "closed until", "dealers", "lag", box=None)
    for one in status.partitions:
        lag = sum(one.lag.values())
        row = (one.partition, one.cut, one.closed_until or "-", one.dealers, lag)
        table.add_row(*map(str, row))
    table.add_row("network", "", status.network.closed_until or "-", "", str(status.network.lag))
    return table


def _told(status: Status) -> str:
    without = ", ".join(map(str, status.network.left_out))
    return (
        f"{f'partitions left out: {without}; ' if without else ''}"
        f"{'behind' if status.behind else 'nothing is behind'}; "
        f"{status.open_alerts:,} open alerts, {status.dead_letters:,} dead letters"
    )
