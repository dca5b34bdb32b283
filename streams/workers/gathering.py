"""What the network waits for: of every tick the census, then the signals, of every partition.

No Kafka here. The network's state is a function of the log of the topic `network`: ticks are
combined in order, each is decided before the next is combined, and repeats change nothing.
Partitions hold until the outlook of their tick is here, so at most two ticks wait at a time.

A partition that never reports would hold the tick up for everybody. After a while the network
writes an omission into the same log: from there on it is not waited for, until it tells of the tick
that the others are at. What it says too late changes nothing, as a repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from schemas.wire import Census, Omission, Outlook, Signals

if TYPE_CHECKING:
    from collections.abc import Collection

    from streams.workers.core import Decisions, NetworkCore

M = TypeVar("M", Census, Signals)


class UnexpectedMessageError(Exception):
    """A message of a partition that does not exist: `topics.partitions` differs somewhere."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is alerted after one tick."""

    tick: int
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Awaited:
    """Who holds a tick up, when somebody else has reported it."""

    tick: int
    stage: str  # census or signals
    partitions: frozenset[int]


class _Waiting(Generic[M]):
    """Messages of one kind by tick and partition, each with its position in the log."""

    def __init__(self) -> None:
        self._ticks: dict[int, dict[int, tuple[int, M]]] = {}

    def note(self, position: int, message: M) -> None:
        self._ticks.setdefault(message.tick, {}).setdefault(message.partition, (position, message))

    def oldest(self) -> int | None:
        return min(self._ticks, default=None)

    def reported(self, tick: int | None) -> set[int]:
        return set() if tick is None else set(self._ticks.get(tick, ()))

    def take(self, tick: int) -> list[M]:
        """Those of a tick, by partition."""
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
        left_out: Collection[int] = (),
    ) -> None:
        self.combined = combined  # last tick with an outlook
        self.is_decided = is_decided  # does it have decisions too?
        self.left_out = set(left_out)  # partitions that are not waited for
        self._core = core
        self._partitions = partitions
        self._censuses: _Waiting[Census] = _Waiting()
        self._signals: _Waiting[Signals] = _Waiting()

    def take(self, position: int, message: Census | Signals | Omission) -> None:
        """A message of the log. Of several for one tick, partition and kind, the first counts."""
        if isinstance(message, Omission):
            self._omit(message)
            return
        if not 0 <= message.partition < self._partitions:
            raise UnexpectedMessageError(
                f"message of partition {message.partition}; topics.partitions is {self._partitions}"
            )
        if self.combined is None or message.tick >= self.combined:
            self.left_out.discard(message.partition)  # it keeps up, or is late by no more than this
        if isinstance(message, Census):
            if _is_after(message.tick, self.combined):
                self._censuses.note(position, message)
        elif _is_after(message.tick, self._decided):
            self._signals.note(position, message)

    @property
    def awaited(self) -> Awaited | None:
        """Who is waited for; None while nobody has reported the tick."""
        stage: _Waiting[Census] | _Waiting[Signals]
        if self._is_deciding:
            name, stage, tick = "signals", self._signals, self.combined
        else:
            name, stage, tick = "census", self._censuses, self._next
        reported = stage.reported(tick)
        missing = self._expected - reported
        if tick is None or not reported or not missing:
            return None
        return Awaited(tick, name, frozenset(missing))

    def advance(self) -> Outlook | Decided | None:
        """One step: decide the tick that was combined, else combine the next; None: wait."""
        return self._decide() if self._is_deciding else self._combine()

    def needed_from(self, position: int) -> int:
        """Where to read from after a restart, when the log was read up to `position`."""
        waiting = (self._censuses.oldest_position(), self._signals.oldest_position(), position)
        return min(oldest for oldest in waiting if oldest is not None)

    @property
    def _decided(self) -> int | None:
        """The last tick with decisions."""
        return None if self.combined is None else self.combined - (not self.is_decided)

    @property
    def _is_deciding(self) -> bool:
        return self.combined is not None and not self.is_decided

    @property
    def _next(self) -> int | None:
        """The tick to be combined next."""
        return self._censuses.oldest() if self.combined is None else self.combined + 1

    @property
    def _expected(self) -> set[int]:
        return set(range(self._partitions)) - self.left_out

    def _omit(self, omission: Omission) -> None:
        """Only what is still waited for: it may have come just before the omission."""
        awaited = self.awaited
        if awaited is not None and awaited.tick == omission.tick:
            self.left_out |= awaited.partitions & set(omission.partitions)

    def _decide(self) -> Decided | None:
        tick = self.combined
        if tick is None or not self._is_complete(self._signals.reported(tick)):
            return None
        self.is_decided = True
        return Decided(tick, self._core.decide(self._signals.take(tick)))

    def _combine(self) -> Outlook | None:
        tick = self._next
        if tick is None or not self._is_complete(self._censuses.reported(tick)):
            return None
        self.combined, self.is_decided = tick, False
        return self._core.combine(self._censuses.take(tick))

    def _is_complete(self, reported: set[int]) -> bool:
        return bool(reported) and self._expected <= reported


def _is_after(tick: int, done: int | None) -> bool:
    return done is None or tick > done
