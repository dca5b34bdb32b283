"""A core that counts, and notices any difference in order: the double that makes equality strict.

Every dealer has a checksum over its records in the order of their counting, another over its ticks,
and a float sum that depends on the order of adding. Outlooks and signals carry checksums of what
they were made from. So a record lost, doubled, moved to another cut or counted in another order, or
an outlook used for the wrong tick, changes the end state.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from schemas.alert import Alert
from schemas.batch import Batch, Source
from schemas.dead_letter import DeadLetter
from schemas.fields import encode
from schemas.instant import Micros
from schemas.master import DealerRecord
from schemas.settings import Settings
from schemas.stats import DealerInfo, DealerStats, DealerStatus, Issues, Recent, Totals
from schemas.stats_line import StatsLine
from schemas.wire import Census, Outlook, Signals
from streams.workers.core import Core, Spending
from streams.workers.rows import Arrays
from tests import samples
from tests.kafka import messages

ALERT_EVERY = 7  # ticks


def mix(checksum: int, *numbers: int) -> int:
    """Of numbers, in this order."""
    return zlib.crc32(struct.pack(f"<{len(numbers)}q", *numbers), checksum)


@dataclass(slots=True)
class Tally:
    """One dealer."""

    records: list[int] = field(default_factory=lambda: [0, 0, 0])  # by source
    cents: int = 0
    checksum: int = 0  # of records in order
    ticks: int = 0  # of ticks, with what was counted in them
    amount: float = 0.0  # added up in order

    def count(self, source: int, event: int, cents: int) -> None:
        """One record."""
        self.records[source] += 1
        self.cents += cents
        self.checksum = mix(self.checksum, source, event, cents)
        self.amount += cents / (1, 7, 3)[source]

    def close(self, tick: int, look: int) -> int:
        """The tick, with the outlook in force."""
        self.ticks = mix(self.ticks, tick, look, *self.records)
        return self.ticks


class RecountPartition:
    """As detectors.watching.partition.Partition."""

    def __init__(self, number: int, arrays: Arrays | None = None) -> None:
        self.number = number
        self.dealers: dict[str, Tally] = {}
        self.look = 0  # checksum of the last outlook
        self.touched: set[str] = set()
        if arrays is not None:
            self._restore(arrays)

    def apply(
        self, at: Micros, batches: Sequence[Batch], tick: int | None = None
    ) -> list[DeadLetter]:
        """Counts everything, whatever its time."""
        del at, tick
        order = [list(Source).index(batch.source) for batch in batches]
        assert order == sorted(order), "sources come in their fixed order"
        for batch, source in zip(batches, order, strict=True):
            self._count(batch, source)
        return []

    def close(self, tick: int) -> Census:
        """A checksum of all dealers that changed."""
        digest = 0
        for dealer in sorted(self.touched):
            digest = mix(digest, self.dealers[dealer].close(tick, self.look))
        return messages.census(tick, self.number, digest)

    def weigh(self, outlook: Outlook) -> Signals:
        """A checksum of the outlook and of ours."""
        self.look = int(outlook.thresholds["digest"])
        digest = mix(self.look, outlook.tick, len(self.dealers))
        return messages.signals(outlook.tick, self.number, digest)

    def stats(self, at: Micros, everything: bool) -> Iterator[StatsLine]:
        """Totals."""
        wanted = sorted(self.dealers if everything else self.touched)
        self.touched.clear()
        for dealer in wanted:
            yield StatsLine(dealer, encode(_stats(dealer, self.dealers[dealer], at)))

    def snapshot(self) -> Arrays:
        """Columns."""
        tallies = self.dealers.values()
        return {
            "names": np.array(list(self.dealers), np.str_),
            "touched": np.array([name in self.touched for name in self.dealers], np.bool_),
            "records": np.array([tally.records for tally in tallies], np.int64),
            "cents": np.array([tally.cents for tally in tallies], np.int64),
            "checksum": np.array([tally.checksum for tally in tallies], np.int64),
            "ticks": np.array([tally.ticks for tally in tallies], np.int64),
            "amount": np.array([tally.amount for tally in tallies], np.float64),
            "look": np.array([self.look], np.int64),
        }

    def counts(self) -> dict[str, int]:
        """Sizes."""
        return {"dealers": len(self.dealers)}

    def _count(self, batch: Batch, source: int) -> None:
        for row, dealer in enumerate(batch.dealer.all()):
            price, quantity = batch.unit_price[row], batch.quantity[row]
            cents = 0 if np.isnan(price * quantity) else round(price * 100 * quantity)
            tally = self.dealers.setdefault(dealer, Tally())
            tally.count(source, int(batch.event[row] >> np.uint64(1)), cents)
            self.touched.add(dealer)

    def _restore(self, arrays: Arrays) -> None:
        columns = ("records", "cents", "checksum", "ticks", "amount")
        names = [str(name) for name in arrays["names"]]
        for name, *values in zip(names, *(arrays[key].tolist() for key in columns), strict=True):
            self.dealers[name] = Tally(*values)
        self.touched = {n for n, was in zip(names, arrays["touched"], strict=True) if was}
        self.look = int(arrays["look"][0])


@dataclass(frozen=True, slots=True)
class RecountDecisions:
    """As detectors.deciding.network.Decisions."""

    alerts: list[Alert]
    ledger: list[Alert]


class RecountNetwork:
    """As detectors.deciding.network.Network."""

    def __init__(self, arrays: Arrays | None = None) -> None:
        self.digest = 0 if arrays is None else int(arrays["digest"][0])

    def combine(self, censuses: Sequence[Census]) -> Outlook:
        """A checksum of all there was."""
        for census in censuses:
            self.digest = mix(self.digest, census.partition, census.tick, census.expected_orders)
        return messages.outlook(censuses[0].tick, self.digest)

    def decide(self, signals: Sequence[Signals]) -> RecountDecisions:
        """An alert now and then, named by the checksum."""
        for one in signals:
            self.digest = mix(self.digest, one.partition, int(one.readings[0].log_odds))
        tick = signals[0].tick
        if tick % ALERT_EVERY:
            return RecountDecisions([], [])
        alert = samples.alert(entity=f"{tick}-{self.digest}")
        return RecountDecisions([alert], [alert])

    def spending(self) -> dict[str, Spending]:
        """Nothing is spent."""
        return {}

    def snapshot(self) -> Arrays:
        """Columns."""
        return {"digest": np.array([self.digest], np.int64)}


def recount_core(settings: Settings, master: Mapping[str, DealerRecord]) -> Core:
    """Stands in for streams.workers.core.real_core."""
    del settings, master
    return Core(RecountPartition, RecountNetwork)


def _stats(dealer: str, tally: Tally, at: Micros) -> DealerStats:
    orders, complaints, returns = tally.records
    totals = {
        "orders": orders,
        "lines": orders,
        "units": Decimal(tally.checksum),
        "value": {"EUR": Decimal(tally.cents) / 100},
        "returns": returns,
        "return_units": Decimal(0),
        "complaints": complaints,
    }
    unknown = dict.fromkeys(
        ("expected_orders", "average_unit_price", "price_index", "complaint_rate", "return_rate")
    )
    recent = Recent(**totals, **unknown)
    return DealerStats(
        dealer=DealerInfo(id=dealer),
        at=at,
        status=DealerStatus.ACTIVE,
        totals=Totals(**totals),
        d7=recent,
        d28=recent,
        issues=Issues(open=0, overdue=0, oldest=None),
    )
