"""One partition at work: the task that drives its holder, tells the network, and saves.

The numbered steps are those of streams/workers/watch.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from schemas import fields, wire
from schemas.wire import Census, Signals
from streams.workers.parcels import opened
from streams.workers.state import Message
from streams.workers.watchdog import die, or_die

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

    from streams.metrics import Metrics
    from streams.topics import Names
    from streams.workers.holder import Holder, Noted, Snapshot
    from streams.workers.rows import Row
    from streams.workers.state import Vault


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the seats of a worker share."""

    names: Names
    teller: AIOKafkaProducer
    metrics: Metrics
    outlook_of: Callable[[int], Noted | None]
    save_turn: asyncio.Lock  # one save at a time, so one partition's rows in memory
    # One step per round of the event loop: at the end of a day each takes seconds with many
    # dealers, and all partitions in one round would look like a blocked loop.
    step_turn: asyncio.Lock


class Seat:
    """Drives one partition until it is left; `steer` is called when it may want more or less."""

    def __init__(
        self,
        number: int,
        holder: Holder,
        vault: Vault,
        around: Surroundings,
        steer: Callable[[Seat], None],
    ) -> None:
        self.number = number
        self.holder = holder
        self.saved = holder.standing
        self.leaving = False
        self.repeats = 0  # that metrics know of
        self._vault = vault
        self._around = around
        self._steer = steer
        self._awake = asyncio.Event()  # something arrived
        self._rested = asyncio.Event()  # leaving, and at rest
        self.save_took_s = 0.0  # last time, from the snapshot to the confirmation
        self._save_wanted = False
        self._told: set[asyncio.Future[object]] = set()  # sent, not confirmed
        self._census_sent = 0.0  # monotonic seconds
        self._saving: asyncio.Task[None] | None = None
        self._driver = asyncio.create_task(or_die(self._drive(), "partition_not_driven"))

    @property
    def is_saved(self) -> bool:
        """True when the state has not moved since it was saved."""
        return self.saved.cut == self.holder.standing.cut

    @property
    def is_saving(self) -> bool:
        """True from the wish to save until the confirmation."""
        return self._save_wanted or (self._saving is not None and not self._saving.done())

    def arise(self) -> None:
        """Something arrived; there may be something to do."""
        self._awake.set()

    def want_save(self) -> None:
        """Save at the next moment of rest."""
        self._save_wanted = not self.is_saved
        self.arise()

    async def leave(self, patience_s: float) -> None:
        """Come to rest if that is soon, save, stop. Not at rest: the successor repeats a little."""
        self.leaving = True
        self.arise()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rested.wait(), patience_s)
        self._driver.cancel()
        with suppress(asyncio.CancelledError):
            await self._driver
        if self._rested.is_set():  # not merely at rest: then a message may be untold
            await self._start_save()
        await self._saved()
        await self._vault.close()

    async def _drive(self) -> None:
        """Advance as far as possible whenever something arrived."""
        while not self._may_leave():
            await self._awake.wait()
            self._awake.clear()
            more = True
            while more and not self._may_leave():
                more = await self._step()
                await asyncio.sleep(0)  # others may run between two cuts
        self._rested.set()

    def _may_leave(self) -> bool:
        return self.leaving and self.holder.at_rest

    async def _step(self) -> bool:
        """Steps 1 and 2 for one cut, or for half of one; False when it has to wait."""
        if self.holder.at_rest and self._may_save():
            await self._start_save()
        async with self._around.step_turn:
            said = self.holder.advance(self._around.outlook_of)
        for message in said or ():
            await self._tell(message)
        self._steer(self)
        return said is not None

    async def _tell(self, message: Census | Signals) -> None:
        """Step 2; the confirmation is awaited before the next save, not here."""
        kind = "census" if isinstance(message, Census) else "signals"
        confirmed = await self._around.teller.send(
            self._around.names.network,
            key=str(self.number).encode(),
            value=wire.encode(message),
            headers=[("kind", kind.encode()), ("tick", str(message.tick).encode())],
        )
        self._told.add(confirmed)
        confirmed.add_done_callback(self._confirmed)
        self._measure(message)

    def _confirmed(self, done: asyncio.Future[object]) -> None:
        self._told.discard(done)
        if not done.cancelled() and done.exception() is not None:
            die("message_not_confirmed", partition=self.number, error=repr(done.exception()))

    def _measure(self, message: Census | Signals) -> None:
        if isinstance(message, Census):
            self._census_sent = time.monotonic()
        else:
            took = time.monotonic() - self._census_sent
            self._around.metrics.round_trip.observe(took)
            self._around.metrics.ticks_closed.labels(str(self.number)).inc()

    def _may_save(self) -> bool:
        """Who must save waits for its turn, so that nothing more piles up; who may, does not."""
        turn = self._around.save_turn
        return self.holder.must_be_saved or (self._save_wanted and not turn.locked())

    async def _start_save(self) -> None:
        """Pack the state now, at rest and not moving; writing it goes on beside the driver."""
        await self._saved()
        self._save_wanted = False
        if self.is_saved:
            return
        turn = self._around.save_turn
        await turn.acquire()
        try:
            started = time.monotonic()
            snapshot = self.holder.snapshot()
            rows = await self._vault.pack(snapshot.arrays, snapshot.standing, snapshot.counts)
        except BaseException:
            turn.release()
            raise
        writing = self._save(snapshot, rows, started)
        self._saving = asyncio.create_task(or_die(writing, "state_not_saved"))

    async def _saved(self) -> None:
        """Wait for the save that goes on; who is cancelled while waiting does not cancel it."""
        if self._saving is not None:
            await asyncio.shield(self._saving)

    async def _save(self, snapshot: Snapshot, rows: list[Row], started: float) -> None:
        """Step 3, after what was told before the snapshot is confirmed; then the turn is over.

        Step 4 follows by itself: Faust commits the saved positions every second.
        """
        try:
            await asyncio.gather(*self._told)
            size = await self._vault.save(rows, self._with_state(snapshot))
        finally:
            self._around.save_turn.release()
        self.saved = snapshot.standing
        metrics = self._around.metrics
        metrics.saves.inc()
        metrics.save_bytes.inc(size)
        self.save_took_s = time.monotonic() - started
        metrics.save_seconds.observe(self.save_took_s)
        for letter in snapshot.letters:
            metrics.dead_letters.labels(letter.reason).inc()

    def _with_state(self, snapshot: Snapshot) -> Iterator[Message]:
        names = self._around.names
        for letter in snapshot.letters:
            yield Message(names.dead_letters, self.number, None, fields.encode(letter))
        for dealer, line in chain.from_iterable(map(opened, snapshot.stats)):
            yield Message(names.dealer_stats, self.number, dealer.encode(), line)
