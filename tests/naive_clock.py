"""The file's clock, word by word as the contract has it: slow, and obviously so."""

from __future__ import annotations

from detectors.playing.file_clock import AHEAD, FAR, Ruling, Verdict
from detectors.playing.waiting import ENOUGH_ORDERS, MOST_WAITING, NEAR, Arrival


class NaiveClock:
    """Same parameters and methods as FileClock."""

    def __init__(self, tick_us: int, lateness_us: int, late_limit_us: int) -> None:
        self.tick_us, self.lateness_us, self.late_limit_us = tick_us, lateness_us, late_limit_us
        self.now: int | None = None
        self.waiting: list[Arrival] = []

    def feed(self, record: Arrival) -> list[Ruling[Arrival]]:
        rulings: list[Ruling[Arrival]] = []
        pending = [record]
        while pending:
            record = pending.pop(0)
            if self.now is not None and record.ts <= self.now + AHEAD:
                rulings += self.judge(record, self.now)
                continue
            self.waiting.append(record)
            if len(self.waiting) > MOST_WAITING:
                rulings += self.end()
            confirmed = next(filter(self.is_confirmed, range(len(self.waiting))), None)
            if confirmed is not None:
                jumped = self.waiting.pop(confirmed)
                rulings.append(self.accept(jumped, self.now))
                pending = self.waiting + pending
                self.waiting = []
        return rulings

    def end(self) -> list[Ruling[Arrival]]:
        records, self.waiting = self.waiting, []
        if records and self.now is None:
            times = sorted(record.ts for record in records)
            median = times[(len(times) - 1) // 2]
            self.now = min(ts for ts in times if abs(ts - median) <= FAR)
        rulings = []
        for record in records:
            assert self.now is not None
            if record.ts > self.now + FAR:
                rulings.append(Ruling(record, Verdict.STRAY, self.now, self.now))
            else:
                rulings += self.judge(record, self.now)
        return rulings

    def judge(self, record: Arrival, now: int) -> list[Ruling[Arrival]]:
        """A record that need not wait."""
        tick = (now - self.lateness_us) // self.tick_us - 3
        while (tick + 1) * self.tick_us + self.lateness_us <= now:
            tick += 1
        if record.ts < tick * self.tick_us - self.late_limit_us:
            return [Ruling(record, Verdict.TOO_OLD, now, now)]
        strays = [Ruling(one, Verdict.STRAY, now, now) for one in self.waiting]
        self.waiting = []
        return [*strays, self.accept(record, now)]

    def accept(self, record: Arrival, now: int | None) -> Ruling[Arrival]:
        before = record.ts if now is None else now
        self.now = max(before, record.ts)
        return Ruling(record, Verdict.ACCEPTED, before, self.now)

    def is_confirmed(self, number: int) -> bool:
        record = self.waiting[number]
        near = [one for one in self.waiting[number + 1 :] if abs(one.ts - record.ts) <= NEAR]
        dealers = {one.dealer for one in near} - {record.dealer}
        orders = {one.order for one in near} - {record.order, 0}
        return len(dealers) >= 2 or len(orders) >= ENOUGH_ORDERS
