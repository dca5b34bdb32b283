"""Bytes to records: the way every event takes, with `judge` for whatever is unusual.

A compiled decoder reads a record first. What it refuses, and what it accepts with anything unusual
in it, goes to the reference; so both agree on what is accepted, and on the reason where not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from schemas.batch import Batch, Source
from schemas.chunk import Chunk
from schemas.dead_letter import DeadLetter, Reason, Refusal
from schemas.instants import parse_instants
from schemas.judge import DEEPEST, LARGEST, judge
from schemas.quoting import quoted
from schemas.record import Record
from schemas.routing import misrouted
from schemas.rows import ROWS, Row, reader
from schemas.sheet import Sheet

_SURELY_SHALLOW = 2 * DEEPEST  # bytes: each level takes two
_ANY_TIME = "1970-01-01T00:00:00Z"  # stands in for that of a refused record


@dataclass(frozen=True, slots=True)
class RawSlice:
    """Records of one partition as fetched, in log order; all sequences have length n."""

    source: Source
    topic: str
    partition: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]


def decode_slice(records: RawSlice, partitions: int) -> tuple[Batch, list[DeadLetter]]:
    """Accepted records in columns, and letters for the others, both in log order.

    Letters have no `at` yet: `letter.dated(at)` gives them the cut's. partitions is how many the
    topic has, for `misrouted`. Never raises, whatever the records hold.
    """
    sheet = _read(records.values, records.offsets, records.source)
    _route(sheet, records, partitions)
    offsets = np.array(records.offsets, np.int64)
    place = records.source, records.topic, records.partition
    letters = [
        DeadLetter.of(
            sheet.refusals[row], (*place[1:], int(offsets[row])), records.values[row] or b""
        )
        for row in sorted(sheet.refusals)
    ]
    rows = sheet.accepted()
    return sheet.batch(rows, offsets[rows], place), letters


def decode_chunk(lines: Sequence[bytes], topic: str, first_line: int) -> Chunk:
    """The same as `decode_lines`, in columns."""
    numbers, written = _written(lines, first_line)
    sheet = _read(written, numbers, None)
    letters = {
        row: DeadLetter.of(refusal, (topic, 0, numbers[row]), written[row])
        for row, refusal in sheet.refusals.items()
    }
    return Chunk(sheet, numbers, letters)


def decode_lines(lines: Sequence[bytes], topic: str, first_line: int) -> list[Record | DeadLetter]:
    """Records and letters in the order of the lines; blank lines give nothing but count.

    lines come without their line ends; topic is the file's name without folders; first_line is the
    number of lines[0], from 0. Letters have no `at` yet. Never raises, whatever the lines hold.
    """
    numbers, written = _written(lines, first_line)
    return [
        DeadLetter.of(one, (topic, 0, number), line) if isinstance(one, Refusal) else one
        for one, number, line in zip(
            decode_records(written, numbers, None), numbers, written, strict=True
        )
    ]


def _written(lines: Sequence[bytes], first_line: int) -> tuple[list[int], list[bytes]]:
    """The lines that are not blank, by their numbers."""
    numbers = [at for at, line in enumerate(lines, first_line) if line and not line.isspace()]
    return numbers, [lines[number - first_line] for number in numbers]


def decode_records(
    raws: Sequence[bytes | None], positions: Sequence[int], source: Source | None
) -> list[Record | Refusal]:
    """What each record holds; source is the topic's, or None for lines that name their type."""
    read = reader(source)
    rows = [_row(raw, source, read) for raw in raws]
    ts, good = parse_instants([_ANY_TIME if isinstance(row, Refusal) else row.ts for row in rows])
    for number in (~good).nonzero()[0].tolist():
        rows[number] = _judged(raws[number], source)
    return [
        row if isinstance(row, Refusal) else Record(position, raw or b"", at, row)
        for row, position, raw, at in zip(rows, positions, raws, ts.tolist(), strict=True)
    ]


def _row(raw: bytes | None, source: Source | None, read: Callable[[bytes], Row]) -> Row | Refusal:
    """The row of a record, its `ts` not yet read."""
    if raw is None or (len(raw) > _SURELY_SHALLOW and _large_or_deep(raw)):
        return _judged(raw, source)
    try:
        row = read(raw)
        if row.usual() and (raw.isascii() or raw.decode()):  # fields we skip may be no UTF-8
            return row
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the reference finds the reason
    return _judged(raw, source)


def _large_or_deep(raw: bytes) -> bool:
    return len(raw) > LARGEST or raw.count(b"[") + raw.count(b"{") > DEEPEST


def _judged(raw: bytes | None, source: Source | None) -> Row | Refusal:
    event = judge(raw, source)
    if isinstance(event, Refusal):
        return event
    return ROWS[event.source](**event.model_dump())


def _read(raws: Sequence[bytes | None], positions: Sequence[int], source: Source | None) -> Sheet:
    """Every record accepted or refused: by the scanner, or by whoever is slower and knows more."""
    sheet = Sheet(raws)
    left = sheet.scan(source).tolist()
    if left:
        slowly = decode_records(
            [raws[row] for row in left], [positions[row] for row in left], source
        )
        for row, one in zip(left, slowly, strict=True):
            if isinstance(one, Refusal):
                sheet.refuse(row, one)
            else:
                sheet.enter(row, one.row, one.ts)
    return sheet


def _route(sheet: Sheet, records: RawSlice, partitions: int) -> None:
    """Refuse each record whose key or partition is not its dealer's."""
    dealers = sheet.dealers()
    keys = [key or b"" for key in records.keys]  # a dealer's id is never empty
    wrong, homes = misrouted(dealers.spans, keys, records.partition, partitions)
    for row in np.flatnonzero(wrong).tolist():
        if row not in sheet.refusals:
            fault = _misrouted(dealers[row], records.keys[row], records.partition, int(homes[row]))
            sheet.refuse(row, fault)


def _misrouted(dealer: str, key: bytes | None, partition: int, home: int) -> Refusal:
    if key != dealer.encode():
        found = "null" if key is None else quoted(key.decode("utf-8", "replace"))
        fault = f"the key is {found}; allowed is the dealer_id in UTF-8, {quoted(dealer)},"
    else:
        fault = f"the record of {quoted(dealer)} is in partition {partition}; allowed is {home},"
    cure = "partitioned by murmur2 (clients on librdkafka: partitioner=murmur2_random)"
    return Refusal(Reason.MISROUTED, f"{fault} {cure}")
