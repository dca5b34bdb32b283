"""The channel as files: what `dealerwatch simulate` leaves behind."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from streams.simulator.channel import Channel, simulate
from streams.simulator.dealers import MANAGERS, REGIONS, TIERS, dealer_id
from streams.simulator.labels import labels, moment
from streams.simulator.plan import USUAL, Plan
from streams.simulator.records import records
from streams.simulator.seasons import windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_COMPRESSION = 3  # of 9: a fifth of the time of 9, a tenth more bytes
_BROKEN_EVERY = 50_000  # events between two records that no feed should contain, and real ones do
_BROKEN = (
    b'{"type":"order","event_id":"x1","ts":"2024-06-01T10:00:00Z","dealer_id":"D00001"}',
    b'{"type":"return","event_id":"x2","ts":"yesterday","dealer_id":"D00001","quantity":1}',
    b'{"type":"return","event_id":"x3","ts":"2024-06-01T10:00:00Z","dealer_id":"D1","quantity":-4}',
    b'{"type":"complaint","event_id":"x4","ts":"2042-06-01T10:00:00Z","dealer_id":"D00001"}',
    b"order;x5;2024-06-01;D00001;S001;1;5",
    b'["order","x6"]',
    b"\xff\xfe\x00",
)


@dataclass(frozen=True, slots=True)
class Written:
    """Where things are and how much there is."""

    folder: Path
    lines: int
    dealers: int
    incidents: int

    @property
    def events(self) -> Path:
        """Events in order of arrival, NDJSON, gzip."""
        return self.folder / "events.ndjson.gz"

    @property
    def labels(self) -> Path:
        """What was planted, JSON."""
        return self.folder / "labels.json"

    @property
    def calendar(self) -> Path:
        """Holidays and promotions, CSV."""
        return self.folder / "calendar.csv"

    @property
    def master(self) -> Path:
        """Master data of the dealers, CSV."""
        return self.folder / "dealers.csv"

    def __str__(self) -> str:
        return (
            f"{self.lines:,} events of {self.dealers:,} dealers, {self.incidents} incidents: "
            f"{self.events}, {self.labels.name}, {self.calendar.name}, {self.master.name}"
        )


def simulate_to(
    folder: Path, seed: int = 1, dealers: int = 300, days: int = 400, plan: Plan = USUAL
) -> Written:
    """Simulate a channel and write its four files. Same arguments, same bytes.

    Raises OSError where the folder cannot be written.
    """
    return write(folder, simulate(seed, dealers, days, plan))


def write(folder: Path, channel: Channel) -> Written:
    """Write the four files of a channel. Raises OSError where the folder cannot be written."""
    dealers, days = len(channel.dealers), channel.days
    folder.mkdir(parents=True, exist_ok=True)
    written = Written(folder, 0, dealers, len(channel.incidents))
    answers = msgspec.json.encode(labels(channel))
    written.labels.write_bytes(msgspec.json.format(answers) + b"\n")
    _write_table(written.calendar, _calendar(days))
    _write_table(written.master, _master(channel))
    lines = _write_events(written.events, channel)
    return Written(folder, lines, dealers, len(channel.incidents))


def _write_events(path: Path, channel: Channel) -> int:
    lines = 0
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        for line in _with_broken(records(channel)):
            file.write(line)
            file.write(b"\n")
            lines += 1
    return lines


def _with_broken(events: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for number, event in enumerate(events, 1):
        yield encode(event)
        if number % _BROKEN_EVERY == 0:
            yield _BROKEN[number // _BROKEN_EVERY % len(_BROKEN)]


def _calendar(days: int) -> Iterator[tuple[str, ...]]:
    """What a user knows beforehand: when, not how much."""
    yield ("start", "end", "name", "type", "scope", "entity", "expected_ratio")
    for window in windows(days):
        span = moment(window.day), moment(window.day + window.days)
        yield (*span, window.name, window.type, "market", "", "")


def _master(channel: Channel) -> Iterator[tuple[str, ...]]:
    yield ("dealer_id", "name", "region", "tier", "manager")
    dealers = channel.dealers
    for number, (region, tier) in enumerate(zip(dealers.region, dealers.tier, strict=True)):
        name = f"Dealer {number:,}"
        yield dealer_id(number), name, REGIONS[region], TIERS[tier], MANAGERS[number % 5]


def _write_table(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
