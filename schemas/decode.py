"""Records to columns: the way every event takes (fast), with `judge` for whatever is unusual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from schemas.batch import Batch, Source
from schemas.dead_letter import DeadLetter
from schemas.instant import Micros


@dataclass(frozen=True, slots=True)
class RawSlice:
    """Records of one partition as fetched, in log order; all sequences have length n."""

    source: Source
    topic: str
    partition: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]


class Row(msgspec.Struct): ...


class Record(msgspec.Struct, frozen=True):
    """One accepted record of a file."""

    source: Source
    position: int  # line number from 0
    raw: bytes  # without its line end
    ts: Micros
    row: Row

    @property
    def dealer(self) -> str: ...

    @property
    def order(self) -> int:
        """Identity of its order, 64 bits (the event's own where it names none); 0 for others."""


def decode_slice(records: RawSlice, partitions: int) -> tuple[Batch, list[DeadLetter]]:
    """Accepted records in columns, and letters for the others, both in log order.

    Letters have no `at` yet: `letter.dated(at)` gives them the cut's. partitions is the number of
    partitions of the topic, for `misrouted`. Never raises, whatever the records hold.
    """


def decode_lines(
    lines: Sequence[bytes], topic: str, first_line: int
) -> list[Record | DeadLetter]:
    """Records and letters in the order of the lines, without blank ones.

    lines come with or without their line ends; topic is the file's name without folders; first_line
    is the number of lines[0] in its file. Letters have no `at` yet.
    """


def gather(records: Sequence[Record], source: Source, topic: str, partition: int) -> Batch:
    """Records of one source in columns, in the given order."""
