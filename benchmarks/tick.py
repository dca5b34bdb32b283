"""One tick over many dealers: count, census, outlook, evidence of all kinds, decisions; one core.

A day is played first, so that every dealer is known and has traded; or more of them, until dealers
are old enough that silence means something. What is measured is the CPU time per tick (the
slowest is the one that ends a day), and the bytes of state per dealer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from benchmarks.measured import machine, peak_mb
from detectors.columns import F64, I64
from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.batch import Batch, Source
from schemas.instant import DAY, HOUR, MINUTE, parse_instant
from schemas.settings import Settings
from schemas.texts import Spans, Texts

DEALERS: Final = (100_000,)
TICKS: Final = 30  # hourly, measured: the end of a day is among them
GOAL_S = 1.5  # with 100,000 dealers
_FIRST: Final = parse_instant("2024-05-06T00:00:00Z") // HOUR
_SHARES: Final = {Source.ORDERS: 1.0, Source.COMPLAINTS: 0.02, Source.RETURNS: 0.03}
_PER_DAY = 0.5  # mean orders of a dealer a day
_ITEMS, _GOLDEN = 2_000, np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Tick:
    """CPU seconds of one tick."""

    count_s: float
    close_s: float
    weigh_s: float

    @property
    def whole_s(self) -> float:
        """All three."""
        return self.count_s + self.close_s + self.weigh_s


class Trade:
    """Orders, complaints and returns of dealers of very different size."""

    def __init__(self, dealers: int, first: int, length: int = HOUR, partition: int = 0) -> None:
        self._chance = np.random.default_rng(partition)
        self._first, self._length = first, length
        self._names = [f"D{partition}-{number:07d}" for number in range(dealers)]
        per_day = self._chance.lognormal(np.log(_PER_DAY), 1.2, dealers)
        self._rate = np.minimum(per_day * length / DAY, 1.0)  # (dealers,) chance in a tick
        self._events = partition << 40

    def of(self, tick: int) -> list[Batch]:
        """What happens in a tick; in the first one every dealer orders."""
        chance, everybody = self._chance, np.arange(len(self._names))
        trading = self._rate if tick > self._first else np.ones(len(self._names))
        return [
            self._batch(source, tick, everybody[chance.random(len(everybody)) < share * trading])
            for source, share in _SHARES.items()
        ]

    def _batch(self, source: Source, tick: int, who: I64) -> Batch:
        chance, n = self._chance, len(who)
        number = np.arange(self._events + 1, self._events + n + 1, dtype=np.uint64)
        self._events += n
        items = chance.integers(0, _ITEMS, n)
        is_order = source is Source.ORDERS
        nothing: F64 = np.full(n, np.nan)
        nobody = Texts.of([""] * n)
        units: F64 = chance.integers(1, 20, n).astype(np.float64)
        price: F64 = (10 + items % 7).astype(np.float64)
        return Batch(
            source=source,
            topic=str(source),
            partition=0,
            position=number.astype(np.int64),
            raw=Spans.of([b""] * n),
            ts=np.sort(tick * self._length + chance.integers(0, self._length, n)),
            event=number * _GOLDEN,
            order=number if is_order else np.zeros(n, np.uint64),
            dealer=Texts.of(self._names[dealer] for dealer in who),
            sku=Texts.of(f"S{item}" for item in items),
            quantity=nothing if source is Source.COMPLAINTS else units,
            unit_price=price if is_order else nothing,
            currency=nobody,
            promo=np.zeros(n, np.bool_),
            region=Texts.of(f"R{dealer % 8}" for dealer in who),
            tier=Texts.of("ABC"[dealer % 3] for dealer in who),
            category=nobody,
        )


def main(dealers: tuple[int, ...] = DEALERS, days: int = 1) -> None:
    """Measure and print."""
    print(machine())
    print("dealers     tick ms   count   close   weigh   slowest   state B/dealer   peak MB")
    for number in dealers:
        partition, ticks = played(number, days)
        middle = [median(getattr(t, name) for t in ticks) for name in Tick.__slots__]
        state = sum(array.nbytes for array in partition.snapshot().values())
        print(
            f"{number:<11,}{median(t.whole_s for t in ticks) * 1e3:>8.0f}"
            + "".join(f"{part * 1e3:>8.0f}" for part in middle)
            + f"{max(t.whole_s for t in ticks) * 1e3:>10.0f}"
            f"{state / number:>17.0f}{peak_mb():>10.0f}"
        )
    print(f"goal: below {GOAL_S * 1e3:.0f} ms with 100,000 dealers")
    print(machine())


def played(dealers: int, days: int) -> tuple[Partition, list[Tick]]:
    """The partition, and the ticks after its first days: one more day, and a quarter."""
    setup = Setup(Settings())
    partition, network, trade = Partition(0, setup), Network(setup, 1), Trade(dealers, _FIRST)
    ticks = []
    for tick in range(_FIRST, _FIRST + days * (DAY // HOUR) + TICKS):
        batches = trade.of(tick)
        times = [time.process_time()]
        partition.apply((tick + 1) * HOUR + 5 * MINUTE, batches, tick)
        times.append(time.process_time())
        outlook = network.combine([partition.close(tick)])
        times.append(time.process_time())
        network.decide([partition.weigh(outlook)])
        times.append(time.process_time())
        ticks.append(Tick(*np.diff(times).tolist()))
    return partition, ticks[days * (DAY // HOUR) :]


if __name__ == "__main__":
    main()
