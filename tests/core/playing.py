"""Plays a channel through the pure core: cuts at every tick, the round between the stages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.alert import Alert
from schemas.batch import Batch, Source
from schemas.dead_letter import DeadLetter
from schemas.fields import encode as encode_model
from schemas.instant import DAY, HOUR, MINUTE, Micros
from schemas.record import Record
from schemas.settings import Settings
from schemas.stats import DealerStats
from schemas.stats_line import StatsLine
from schemas.wire import Census, Outlook, Reading, Signals, decode, encode
from tests.core.channel import START, Channel
from tests.gathering import gather

TICK = 6 * HOUR  # coarse, so that a quarter of a year takes a second
LATENESS = 5 * MINUTE
Arrival = tuple[Micros, Record]  # when it comes, and what
M = TypeVar("M", Census, Outlook, Signals)


def settings(tick: Micros = TICK, **others: object) -> Settings:
    """Defaults, with a tick."""
    return Settings.model_validate({"tick": f"{tick // MINUTE}m"} | others)


@dataclass
class Told:
    """What came of it."""

    alerts: list[Alert] = field(default_factory=list)
    ledger: list[Alert] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    stats: list[DealerStats] = field(default_factory=list)
    outlooks: list[bytes] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    @property
    def lines(self) -> list[bytes]:
        """Alerts and ledger as they are written."""
        return [one.model_dump_json().encode() for one in (*self.alerts, *self.ledger)]


class Player:
    """Partitions and a network, as the service runs them.

    Parameters:
    partitions: how many share the dealers (by number).
    restart_at: ticks, counted from the first, in the middle of which and after which all state
        goes through a snapshot.
    slice_rows: most rows of a batch; None: one batch a source and cut.
    daily: whether statistics are told at the end of every day, or at the end only.
    """

    def __init__(
        self,
        setup: Setup | None = None,
        partitions: int = 1,
        restart_at: Collection[int] = (),
        slice_rows: int | None = None,
        daily: bool = False,
    ) -> None:
        self.setup = setup or Setup(settings())
        self.told = Told()
        self.parts = [Partition(number, self.setup) for number in range(partitions)]
        self._network = Network(self.setup, partitions)
        self._restart_at = restart_at
        self._slice_rows = slice_rows
        self._daily = daily

    def play(
        self,
        channel: Channel,
        stopped: tuple[Micros, Micros] = (0, 0),
        arriving: Sequence[Arrival] | None = None,
    ) -> Told:
        """The whole channel; ticks that are due while the clock is stopped fall when it goes on."""
        arriving = on_time(channel.records()) if arriving is None else arriving
        times, records = [at for at, _ in arriving], [one for _, one in arriving]
        timeline, taken = self.setup.timeline, 0
        first, last = timeline.number(START), timeline.number(START + channel.days * DAY)
        for tick in range(first, last):
            at = timeline.end(tick) + timeline.lateness
            if stopped[0] <= at < stopped[1]:
                at = stopped[1]
            if tick - first in self._restart_at:
                middle = max(taken, bisect_left(times, at - timeline.tick // 2))
                self.cut(at - timeline.tick // 2, records[taken:middle], None)
                taken = middle
                self.restart()
            upto = max(taken, bisect_left(times, at))
            self.cut(at, records[taken:upto], tick)
            taken = upto
            if tick - first in self._restart_at:
                self.restart()
        self.told.stats += self._stats(START + channel.days * DAY, everything=True)
        return self.told

    def cut(self, at: Micros, records: Sequence[Record], tick: int | None) -> None:
        """One cut, and the round of its tick."""
        homes = [self._home(one) for one in records]
        shares = [
            [one for one, home in zip(records, homes, strict=True) if home == number]
            for number in range(len(self.parts))
        ]
        self.advance(at, [batches(mine, self._slice_rows) for mine in shares], tick)

    def advance(self, at: Micros, shares: Sequence[list[Batch]], tick: int | None) -> None:
        """Likewise, of batches by partition."""
        for part, share in zip(self.parts, shares, strict=True):
            self.told.letters += part.apply(at, share, tick)
        if tick is None:
            return
        censuses = [_sent(part.close(tick)) for part in self.parts]
        outlook = self._network.combine(censuses)
        self.told.outlooks.append(encode(outlook))
        signals = [_sent(part.weigh(_sent(outlook))) for part in self.parts]
        self.told.readings += [reading for one in signals for reading in one.readings]
        decisions = self._network.decide(signals)
        self.told.alerts += decisions.alerts
        self.told.ledger += decisions.ledger
        if self._daily and self.setup.timeline.ends_utc_day(tick):
            self.told.stats += self._stats(self.setup.timeline.end(tick), everything=False)

    def restart(self) -> None:
        """As after a crash: everything from snapshots."""
        self.parts = [
            Partition.restore(part.number, self.setup, part.snapshot()) for part in self.parts
        ]
        arrays = self._network.snapshot()
        self._network = Network.restore(self.setup, len(self.parts), arrays)

    def state_bytes(self) -> int:
        """Bytes of state of all partitions, at rest."""
        arrays = (array for part in self.parts for array in part.snapshot().values())
        return sum(array.nbytes for array in arrays)

    def _home(self, record: Record) -> int:
        return int(record.dealer.rpartition("-")[2]) % len(self.parts)

    def _stats(self, at: Micros, *, everything: bool) -> list[DealerStats]:
        found = [_read(one) for part in self.parts for one in part.stats(at, everything)]
        return sorted(found, key=lambda one: one.dealer.id)


def _read(told: StatsLine) -> DealerStats:
    """The model of a line, which must be what the model itself would have written."""
    stats = DealerStats.model_validate_json(told.line)
    assert stats.dealer.id == told.dealer
    assert encode_model(stats) == told.line
    return stats


def on_time(records: Sequence[Record]) -> list[Arrival]:
    """Each record at the moment it happens."""
    return [(one.ts, one) for one in records]


def batches(records: Sequence[Record], most_rows: int | None = None) -> list[Batch]:
    """Records by source, each in the given order, in batches of at most so many rows."""
    whole = [
        gather([one for one in records if one.source is source], source, source.value, 0)
        for source in Source
    ]
    rows = most_rows or max(len(records), 1)
    return [one.part(at, at + rows) for one in whole for at in range(0, len(one), rows)]


def _sent(message: M) -> M:
    """The message as it arrives over the wire."""
    arrived = decode(encode(message))
    assert type(arrived) is type(message)
    return arrived
