"""Ticks of one minute over a million dealers: does one machine keep up, and in what memory?

Eight partitions of a fleet are played through the core's own face, one after the other on one core,
from ten minutes before midnight to twenty after it: ordinary minutes, and the one that ends a day.
With fewer owned, what one worker of several would have. The fleet is one evening old: evidence is
weighed little in it (`tick --days` tells what an older one costs).
"""

from __future__ import annotations

import time
from statistics import median
from typing import Final, NamedTuple

from benchmarks.measured import machine, peak_mb
from benchmarks.tick import Trade
from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.duration import Duration
from schemas.instant import MINUTE, parse_instant
from schemas.settings import Settings

DEALERS: Final = 1_000_000
PARTITIONS: Final = 8
GOAL_S: Final = 60.0  # of a core and minute, all partitions
_FIRST: Final = parse_instant("2024-05-06T23:50:00Z") // MINUTE
_MIDNIGHT, _LAST = _FIRST + 9, _FIRST + 29  # the ticks that end a day and the benchmark


class Round(NamedTuple):
    """CPU seconds of one tick, all partitions."""

    count_s: float
    close_s: float
    network_s: float
    weigh_s: float

    @property
    def whole_s(self) -> float:
        """All four."""
        return sum(self)


def main(dealers: int = DEALERS, owned: int = PARTITIONS) -> None:
    """Measure and print."""
    print(machine())
    played = _Fleet(dealers // PARTITIONS, owned)
    rounds = {tick: played.tick(tick) for tick in range(_FIRST, _LAST + 1)}
    usual = [rounds[tick] for tick in range(_MIDNIGHT + 2, _LAST + 1)]
    print("dealers     minute ms   count   close   network   weigh   of a core")
    middle = [median(column) * 1e3 for column in zip(*usual, strict=True)]
    whole_s = median(one.whole_s for one in usual)
    print(
        f"{dealers // PARTITIONS * owned:<11,}{whole_s * 1e3:>10.0f}{middle[0]:>8.0f}"
        f"{middle[1]:>8.0f}{middle[2]:>10.0f}{middle[3]:>8.0f}{whole_s / GOAL_S:>12.1%}"
    )
    print(f"first tick, in which all order: {rounds[_FIRST].whole_s:.1f} s; ", end="")
    print(f"end of a day: {rounds[_MIDNIGHT].whole_s:.1f} s; peak {peak_mb():,.0f} MB; ", end="")
    print(f"{played.state_bytes / (dealers // PARTITIONS * owned):,.0f} bytes of state a dealer")
    print(f"goal: below {GOAL_S:.0f} s for all dealers on two cores, the end of a day included")
    print(machine())


class _Fleet:
    """The partitions one worker owns, and a network of them."""

    def __init__(self, dealers: int, owned: int) -> None:
        setup = Setup(Settings(tick=Duration(MINUTE)))
        self._partitions = [Partition(number, setup) for number in range(owned)]
        self._trades = [Trade(dealers, _FIRST, MINUTE, number) for number in range(owned)]
        self._network = Network(setup, owned)

    @property
    def state_bytes(self) -> int:
        """Of all dealers, as it would be saved before it is packed."""
        arrays = (array for one in self._partitions for array in one.snapshot().values())
        return sum(array.nbytes for array in arrays)

    def tick(self, tick: int) -> Round:
        """Play a tick; what records are made of is not measured."""
        count_s = sum(
            _apply(partition, trade, tick)
            for partition, trade in zip(self._partitions, self._trades, strict=True)
        )
        began = time.process_time()
        censuses = [partition.close(tick) for partition in self._partitions]
        closed = time.process_time()
        outlook = self._network.combine(censuses)
        combined = time.process_time()
        signals = [partition.weigh(outlook) for partition in self._partitions]
        weighed = time.process_time()
        self._network.decide(signals)
        network_s = combined - closed + time.process_time() - weighed
        return Round(count_s, closed - began, network_s, weighed - combined)


def _apply(partition: Partition, trade: Trade, tick: int) -> float:
    batches = trade.of(tick)
    began = time.process_time()
    partition.apply((tick + 6) * MINUTE, batches, tick)
    return time.process_time() - began


if __name__ == "__main__":
    main()
