"""What the network waits for: of every tick the census, then the signals, of every partition.

No Kafka here. The network's state is a function of the log of the topic `network`: ticks are
combined in order, each is decided before the next is combined, and repeats change nothing.
Partitions hold until the outlook of their tick is here, so at most two ticks wait at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from schemas.wire import Census, Outlook, Signals

if TYPE_CHECKING:
    from streams.workers.core import Decisions, NetworkCore

M = TypeVar("M", Census, Signals)


class UnexpectedMessageError(Exception):
    """A message of a partition that does not exist: `topics.partitions` differs somewhere."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is alerted after one tick."""

    tick: int
    decisions: Decisions


class _Waiting(Generic[M]):
    """Messages of one kind by tick and partition, each with its position in the log."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._ticks: dict[int, dict[int, tuple[int, M]]] = {}

    def note(self, position: int, message: M) -> None:
        self._ticks.setdefault(message.tick, {}).setdefault(message.partition, (position, message))

    def take(self, tick: int | None) -> list[M] | None:
        """All of a tick by partition (None: the oldest), when all are here."""
        if tick is None:
            tick = min(self._ticks, default=None)
        if tick is None or len(self._ticks.get(tick, ())) < self._partitions:
            return None
        return [message for _, (_, message) in sorted(self._ticks.pop(tick).items())]

    def oldest_position(self) -> int | None:
        positions = (position for tick in self._ticks.values() for position, _ in tick.values())
        return min(positions, default=None)


class Gathering:
    """Collects messages, and lets the core go on when all of a tick are here."""

    def __init__(
        self,
        core: NetworkCore,
        partitions: int,
        combined: int | None = None,
        *,
        is_decided: bool = True,
    ) -> None:
        self.combined = combined  # last tick with an outlook
        self.is_decided = is_decided  # does it have decisions too?
        self._core = core
        self._partitions = partitions
        self._censuses: _Waiting[Census] = _Waiting(partitions)
        self._signals: _Waiting[Signals] = _Waiting(partitions)

    def take(self, position: int, message: Census | Signals) -> None:
        """A message of the log. Of several for one tick, partition and kind, the first counts."""
        if not 0 <= message.partition < self._partitions:
            raise UnexpectedMessageError(
                f"message of partition {message.partition}; topics.partitions is {self._partitions}"
            )
        if isinstance(message, Census):
            if _is_after(message.tick, self.combined):
                self._censuses.note(position, message)
        elif _is_after(message.tick, self._decided):
            self._signals.note(position, message)

    def advance(self) -> Outlook | Decided | None:
        """One step: decide the tick that was combined, else combine the next; None: wait."""
        if self.combined is not None and not self.is_decided:
            return self._decide(self.combined)
        return self._combine(None if self.combined is None else self.combined + 1)

    def needed_from(self, position: int) -> int:
        """Where to read from after a restart, when the log was read up to `position`."""
        waiting = (self._censuses.oldest_position(), self._signals.oldest_position(), position)
        return min(oldest for oldest in waiting if oldest is not None)

    @property
    def _decided(self) -> int | None:
        """The last tick with decisions."""
        return None if self.combined is None else self.combined - (not self.is_decided)

    def _decide(self, tick: int) -> Decided | None:
        signals = self._signals.take(tick)
        if signals is None:
            return None
        self.is_decided = True
        return Decided(tick, self._core.decide(signals))

    def _combine(self, tick: int | None) -> Outlook | None:
        censuses = self._censuses.take(tick)
        if censuses is None:
            return None
        self.combined, self.is_decided = censuses[0].tick, False
        return self._core.combine(censuses)


def _is_after(tick: int, done: int | None) -> bool:
    return done is None or tick > done
