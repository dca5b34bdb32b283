"""What the streams need of the core, and the real one.

The core is pure (detectors/): values in, values out. Tests put a stricter one in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from schemas.duration import Duration
from schemas.instant import DAY

if TYPE_CHECKING:
    from schemas.alert import Alert
    from schemas.batch import Batch
    from schemas.dead_letter import DeadLetter
    from schemas.instant import Micros
    from schemas.master import DealerRecord
    from schemas.settings import Settings
    from schemas.stats_line import StatsLine
    from schemas.wire import Census, Outlook, Signals
    from streams.workers.rows import Arrays


class PartitionCore(Protocol):
    """detectors.watching.partition.Partition."""

    def apply(
        self, at: Micros, batches: Sequence[Batch], tick: int | None = None
    ) -> list[DeadLetter]:
        """Count the records of one cut, and the tick it carries; letters: refused by their time."""

    def close(self, tick: int) -> Census:
        """Close a tick: what this partition counted."""

    def weigh(self, outlook: Outlook) -> Signals:
        """Weigh the evidence of the tick closed last."""

    def stats(self, at: Micros, everything: bool) -> Iterator[StatsLine]:
        """Of the dealers that changed on the open event day, or of all; by dealer id."""

    def snapshot(self) -> Arrays:
        """The whole state."""

    def counts(self) -> dict[str, int]:
        """Sizes for people: events, repeats, dealers and so on."""


class Decisions(Protocol):
    """detectors.deciding.network.Decisions."""

    @property
    def alerts(self) -> Sequence[Alert]:
        """Lines for the topic `alerts`, in order."""

    @property
    def ledger(self) -> Sequence[Alert]:
        """Lines for the topic `ledger`, in order."""


class Spending(Protocol):
    """detectors.deciding.budget.Spending; alerts a week of the whole team."""

    @property
    def asked(self) -> float:
        """This kind's share of the knob."""

    @property
    def expected(self) -> float:
        """What its threshold stands for."""

    @property
    def realised(self) -> float:
        """What has opened."""


class NetworkCore(Protocol):
    """detectors.deciding.network.Network."""

    def combine(self, censuses: Sequence[Census]) -> Outlook:
        """What the network does, from the census of every partition."""

    def decide(self, signals: Sequence[Signals]) -> Decisions:
        """What is alerted, from the signals of every partition."""

    def spending(self) -> Mapping[str, Spending]:
        """The budget of false alerts by kind."""

    def snapshot(self) -> Arrays:
        """The whole state."""


@dataclass(frozen=True, slots=True)
class Core:
    """Makers of the parts; `arrays` is a snapshot, None for a fresh start."""

    partition: Callable[[int, Arrays | None], PartitionCore]
    network: Callable[[Arrays | None], NetworkCore]
    get_ready: Callable[[], None] = lambda: None
    """Whatever takes long the first time; to be done before anybody waits for a partition."""


CoreOf = Callable[["Settings", Mapping[str, "DealerRecord"]], Core]
"""The core for settings and master data of dealers; a function of a module, so that a process can
hand it to another."""


def real_core(settings: Settings, master: Mapping[str, DealerRecord]) -> Core:
    """The detectors. Imported here: compiled code that only the agents' own processes need."""
    from detectors.deciding.network import Network  # noqa: PLC0415
    from detectors.setup import Setup  # noqa: PLC0415
    from detectors.watching.partition import Partition  # noqa: PLC0415
    from streams.playing.reference import read_calendar  # noqa: PLC0415
    from streams.workers.rehearsal import rehearse  # noqa: PLC0415

    setup = Setup(settings, master, read_calendar(settings, master))
    partitions = settings.topics.partitions

    def partition(number: int, arrays: Arrays | None) -> PartitionCore:
        if arrays is None:
            return Partition(number, setup)
        return Partition.restore(number, setup, arrays)

    def network(arrays: Arrays | None) -> NetworkCore:
        if arrays is None:
            return Network(setup, partitions)
        return Network.restore(setup, partitions, arrays)

    def get_ready() -> None:
        daily = Setup(settings.model_copy(update={"tick": Duration(DAY)}))
        rehearse(Partition(0, daily), Network(daily, 1))

    return Core(partition, network, get_ready)
