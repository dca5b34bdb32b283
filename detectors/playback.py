"""A file as a service would have lived it: records to place, and the cuts between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.dead_letter import DeadLetter
from schemas.decode import Record
from schemas.instant import Micros


@dataclass(frozen=True, slots=True)
class Place:
    """A record for its source's log. A stray too: the worker refuses it by the cut's `at`."""

    record: Record
    stray: bool


@dataclass(frozen=True, slots=True)
class CutDue:
    """A cut after everything placed so far."""

    at: Micros
    tick: int | None
    last: bool


class Playback:
    """Playback(tick_us=…, lateness_us=…, late_limit_us=…, until=None, now=None).

    now: the clock to go on from. until: exclusive end; `finished` tells that it was reached.
    """

    def feed(self, items: Iterable[Record | DeadLetter]) -> Iterator[Place | DeadLetter | CutDue]:
        """Consume the iterator wholly before the next call. Letters come back dated by the clock."""

    def end(self) -> Iterator[Place | DeadLetter | CutDue]:
        """What still waits, and the last cut (none where no record ever started the clock)."""
