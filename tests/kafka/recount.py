"""What the topics must hold in the end: everything recounted from the logs, offline, in one go."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition

from schemas import cut as cuts
from schemas import fields, wire
from schemas.batch import Source
from schemas.cut import Sequence
from schemas.decode import RawSlice, decode_slice
from schemas.instant import DAY
from schemas.settings import Settings
from schemas.wire import Outlook
from streams import kafka
from streams.topics import names
from streams.workers.core import Core
from streams.workers.rows import Arrays, saved_in

Records = list[ConsumerRecord]


@dataclass
class Logs:
    """All committed records of all topics: topic (without prefix) → partition → records."""

    settings: Settings
    records: dict[str, dict[int, Records]]

    def values(self, topic: str) -> list[bytes]:
        """Of all partitions."""
        return [record.value for part in self.records[topic].values() for record in part]


async def read_logs(settings: Settings) -> Logs:
    """Whole topics, from the beginning."""
    topics = ("orders", "complaints", "returns", "ticks", "network", "outlook", "alerts", "ledger",
              "dealer_stats", "dead_letters", "state", "network_state")  # fmt: skip
    known = names(settings.topics.prefix)
    single = {"network", "outlook", "alerts", "ledger", "network_state"}
    places = {
        TopicPartition(getattr(known, topic), partition): topic
        for topic in topics
        for partition in range(1 if topic in single else settings.topics.partitions)
    }
    logs = Logs(settings, defaultdict(lambda: defaultdict(list)))
    async with kafka.consumer(settings.broker, max_wait_ms=20) as client:
        async for record in kafka.read_to_end(client, dict.fromkeys(places, 0)):
            topic = places[TopicPartition(record.topic, record.partition)]
            logs.records[topic][record.partition].append(record)
    return logs


@dataclass
class Recount:
    """What an undisturbed run gives."""

    outlooks: dict[int, bytes] = field(default_factory=dict)
    told: dict[tuple[str, int, int], bytes] = field(default_factory=dict)  # kind, tick, partition
    alerts: list[bytes] = field(default_factory=list)
    stats: Counter[bytes] = field(default_factory=Counter)  # of all saves, every cut saved
    last_stats: dict[str, bytes] = field(default_factory=dict)
    letters: Counter[bytes] = field(default_factory=Counter)
    state: dict[int, Arrays] = field(default_factory=dict)


def recount(logs: Logs, core: Core) -> Recount:
    """Apply every cut of every partition, tick by tick."""
    result, partitions = Recount(), range(logs.settings.topics.partitions)
    parts = [_Part(logs, core, number, result) for number in partitions]
    network = core.network(None)
    while all([part.run_to_tick() for part in parts]):  # noqa: C419  every part runs
        censuses = [part.census for part in parts]
        outlook = network.combine(censuses)
        result.outlooks[outlook.tick] = wire.encode(outlook)
        signals = [part.weigh(outlook) for part in parts]
        decisions = network.decide(signals)
        result.alerts.extend(fields.encode(alert) for alert in decisions.alerts)
        result.told |= {("Census", c.tick, c.partition): wire.encode(c) for c in censuses}
        result.told |= {("Signals", s.tick, s.partition): wire.encode(s) for s in signals}
    result.state = {part.number: part.core.snapshot() for part in parts}
    return result


class _Part:
    def __init__(self, logs: Logs, core: Core, number: int, result: Recount) -> None:
        self.number = number
        self.core = core.partition(number, None)
        self._logs, self._result = logs, result
        self._ends = dict.fromkeys(Source, 0)
        sequence = Sequence()
        written = [cuts.decode(record.value) for record in logs.records["ticks"][number]]
        self._cuts = iter([cut for cut in written if sequence.accepts(cut)])

    def run_to_tick(self) -> bool:
        for cut in self._cuts:
            self._apply(cut)
            if cut.tick is not None:
                self.census, self._cut = self.core.close(cut.tick), cut
                return True
            self._finish(cut)
        return False

    def weigh(self, outlook: Outlook) -> wire.Signals:
        signals = self.core.weigh(outlook)
        end = (outlook.tick + 1) * self._logs.settings.tick
        if end % DAY == 0:
            self._stats(end, everything=False)
        self._finish(self._cut)
        return signals

    def _finish(self, cut: cuts.Cut) -> None:
        if cut.last:
            self._stats(cut.at, everything=True)

    def _stats(self, at: int, *, everything: bool) -> None:
        for dealer, line in self.core.stats(at, everything):
            self._result.stats[line] += 1
            self._result.last_stats[dealer] = line

    def _apply(self, cut: cuts.Cut) -> None:
        batches = []
        for source in Source:
            records = [
                record
                for record in self._logs.records[source][self.number]
                if self._ends[source] <= record.offset < cut.ends[source]
            ]
            self._ends[source] = cut.ends[source]
            batch, letters = decode_slice(_raw(source, self.number, records), self._parts)
            batches.extend([batch] if len(batch) else [])
            for letter in letters:
                self._result.letters[fields.encode(letter.dated(cut.at))] += 1
        for letter in self.core.apply(cut.at, batches, cut.tick):
            self._result.letters[fields.encode(letter)] += 1

    @property
    def _parts(self) -> int:
        return self._logs.settings.topics.partitions


def _raw(source: Source, number: int, records: Records) -> RawSlice:
    topic = records[0].topic if records else str(source)
    return RawSlice(
        source,
        topic,
        number,
        [record.offset for record in records],
        [record.key for record in records],
        [record.value for record in records],
    )


def saved_state(logs: Logs) -> dict[int, Arrays]:
    """What the partitions saved last."""
    found = {}
    for number, records in logs.records["state"].items():
        rows = {record.key: record.value for record in records if record.value is not None}
        saved = saved_in(f"part-{number}", rows)
        assert saved is not None
        found[number] = saved.arrays
    return found
