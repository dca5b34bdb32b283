"""One partition's dealers, from cut to cut.

    apply(at, batches, tick)    count the records of a cut, in the fixed order of the sources
    close(tick)                 the cut carries a tick: what was counted, for the network
    weigh(outlook)              the network has answered: evidence, learning, readings

Between `close` and `weigh` of a tick nothing else may happen, so state at rest is always state at a
cut: snapshots are refused in between. Everything here is a function of the records and outlooks
given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

import numpy as np

from detectors.columns import F64, Array
from detectors.evidence.shiryaev_roberts import NOTHING
from detectors.registry import KINDS
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching import (
    backlog,
    counting,
    learning,
    overdue,
    patterns,
    reading,
    statistics,
    view,
    weighing,
)
from detectors.watching.fleet import Fleet
from detectors.watching.intake import Intake
from detectors.watching.plugged import PluggedWatches
from detectors.watching.view import TickView
from schemas.alert import Kind
from schemas.batch import Batch, Source
from schemas.dead_letter import DeadLetter
from schemas.instant import Micros
from schemas.stats_line import StatsLine
from schemas.wire import Census, Outlook, Signals

LAYOUT: Final = 20  # of snapshots; a worker refuses another one
_ORDER: Final = {source: place for place, source in enumerate(Source)}


class OrderError(RuntimeError):
    """The caller broke the order of apply, close and weigh."""


class Partition:
    """The dealers of one partition."""

    def __init__(self, number: int, setup: Setup) -> None:
        self.number = number
        self.tick: int | None = None  # last closed
        self._setup = setup
        self._fleet = Fleet(setup)
        self._intake = Intake(setup, self._fleet)
        self._plugged = PluggedWatches(setup.settings.detectors)
        self._waiting: TickView | None = None
        self._lessons: dict[str, list[int]] = {}  # of the local days that have ended since …
        self._pools: dict[str, list[int]] = {}  # … these, which are for the next census
        self._started = False
        self._day_over = False  # the event day has ended; it turns with the next cut

    @classmethod
    def restore(cls, number: int, setup: Setup, arrays: Mapping[str, Array]) -> Self:
        """The partition of a snapshot. ValueError when another layout wrote it."""
        layout, tick, started, day_over = arrays["layout"].tolist()
        if layout != LAYOUT:
            raise ValueError(f"state has layout {layout}, this version reads {LAYOUT}")
        partition = cls(number, setup)
        partition._fleet.restore(arrays)
        partition._plugged.restore(arrays)
        partition.tick = None if tick < 0 else tick
        partition._started, partition._day_over = bool(started), bool(day_over)
        partition._lessons = counting.unpack_pools(arrays["lessons"])
        partition._pools = counting.unpack_pools(arrays["pools"])
        return partition

    def apply(
        self, at: Micros, batches: Sequence[Batch], tick: int | None = None
    ) -> list[DeadLetter]:
        """Count the records of a cut whose clock is `at`; what time refuses.

        tick: the one that the cut carries, if it does. Raises OrderError while a closed tick waits
        for its outlook.
        """
        self._must_rest("apply")
        oldest = self._oldest_open(at, tick)
        self._turn(oldest)
        refused: list[DeadLetter] = []
        for batch in sorted(batches, key=lambda batch: _ORDER[batch.source]):
            if len(batch):
                refused += self._intake.take(batch, at, oldest)
        return refused

    def close(self, tick: int) -> Census:
        """Close a tick. Raises OrderError when it is not the next one."""
        self._must_rest("close")
        if self.tick is not None and tick != self.tick + 1:
            raise OrderError(f"tick {tick} after {self.tick}: ticks are dense")
        self._turn(tick)
        self._waiting = view.take(self._setup, self._fleet, tick)
        self.tick = tick
        pools, self._pools = self._pools, {}
        days = self._setup.timeline.days
        return counting.census(self._fleet, self._waiting, self.number, days, pools)

    def weigh(self, outlook: Outlook) -> Signals:
        """Weigh the closed tick with its outlook. Raises OrderError when it is another tick's."""
        waiting = self._waiting
        if waiting is None or outlook.tick != waiting.tick:
            raise OrderError(f"outlook {outlook.tick} while waiting for {self.tick}")
        self._waiting = None
        timeline, fleet = self._setup.timeline, self._fleet
        fleet.known.learn(outlook)
        fleet.patterns.learn(outlook.patterns)
        fleet.make_room()
        if "complaints" not in outlook.silent:
            fleet.issues.heard = timeline.end(waiting.tick)
        factors = weighing.weigh(fleet, waiting, outlook, timeline.days)
        patterns.weigh(fleet, waiting)
        found = reading.readings(self._setup, fleet, waiting, factors)
        self._learn(waiting)
        self._day_over = timeline.ends_utc_day(waiting.tick)
        if self._day_over:
            taught = backlog.end_day(fleet.backlog, fleet.issues, fleet.dealers, fleet.known.pools)
            self._pools = self._pools | taught
        late = overdue.overdue(fleet)
        plugged = self._plugged.told(fleet)
        return Signals(waiting.tick, self.number, overdue=late, plugged=plugged, **found._asdict())

    def _learn(self, tick: TickView) -> None:
        """The local days that end with a tick; once a day the network is told."""
        for day in view.ended_days(self._setup, tick):
            patterns.point(self._fleet, day)
            self._plugged.end_day(self._fleet, day)
            self._lessons = counting.added(self._lessons, learning.end_day(self._fleet, day))
        if view.HOME in tick.ending:
            self._pools = self._lessons | learning.survey(self._fleet, tick)
            self._lessons = {}
            self._forget(self._setup.timeline.end(tick.tick))

    def stats(self, at: Micros, everything: bool) -> Iterator[StatsLine]:
        """Statistics of all dealers, or of those that changed on the open event day, by id.

        After `weigh` of a tick that ends an event day (UTC) the open day is still the one that
        ended. To be used up before anything else is asked.
        """
        fleet = self._fleet
        rows = np.arange(fleet.dealers.count) if everything else statistics.changed(fleet)
        return statistics.lines(self._setup, fleet, rows, at)

    def dealers(self) -> list[str]:
        """Ids of all dealers, in the order of `log_odds`."""
        return list(self._fleet.dealers.ids.all)

    def log_odds(self) -> dict[Kind, F64]:
        """Evidence of every kind, (dealers,) nats: what thresholds cut, for who compares them.

        The dormant have none.
        """
        fleet = self._fleet
        awake = fleet.dealers.awake()
        found = {kind: np.full(fleet.dealers.count, NOTHING) for kind in KINDS}
        for kind, odds in found.items():
            odds[awake] = fleet.evidence.log_odds(kind, awake)
        return found

    def counts(self) -> dict[str, int]:
        """Figures for metrics: dealers now, repeats dropped by this process."""
        return {"dealers": self._fleet.dealers.count, "repeats": self._intake.repeats}

    def snapshot(self) -> dict[str, Array]:
        """The state at rest, as named arrays. Raises OrderError while a tick waits.

        They are no copies, but the state itself: to be written down before it moves on.
        """
        self._must_rest("snapshot")
        tick = -1 if self.tick is None else self.tick
        head = [LAYOUT, tick, int(self._started), int(self._day_over)]
        arrays: dict[str, Array] = {
            "layout": np.array(head),
            "lessons": counting.pack_pools(self._lessons),
            "pools": counting.pack_pools(self._pools),
        }
        return arrays | self._plugged.snapshot() | self._fleet.snapshot()

    def _must_rest(self, what: str) -> None:
        if self._waiting is not None:
            raise OrderError(f"{what} while tick {self._waiting.tick} waits for its outlook")

    def _oldest_open(self, at: Micros, tick: int | None) -> int:
        if self.tick is not None:
            return self.tick + 1
        # The very first one: told by its cut, which a clock on the wall takes a little after the
        # tick's grace; a cut without a tick comes before that.
        return self._setup.timeline.oldest_open(at - 1) if tick is None else tick

    def _turn(self, tick: int) -> None:
        """Open the first event day (UTC), or the one after a day that is over.

        Not in `weigh`, so that `stats` still sees the day that has just ended.
        """
        fleet = self._fleet
        if not self._started:
            self._started = True
            fleet.tally.day = fleet.money.day = self._setup.timeline.start(tick) // DAY
        if self._day_over:
            self._day_over = False
            fleet.tally.end_day()
            fleet.money.end_day()
            fleet.dealers.standing.dozed[:] = False

    def _forget(self, at: Micros) -> None:
        settings, fleet = self._setup.settings, self._fleet
        late = int(settings.late_limit)
        fleet.book.forget(at - 2 * late - int(settings.cancel_window) - DAY)
        fleet.issues.forget(at, late)
        fleet.forget_pairs(at // DAY - 2)  # local days to come begin at most one before
