"""Whole batches hold the records that aiokafka gives one by one, and leave the same position."""

from __future__ import annotations

import struct
from itertools import chain

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.workers.unpacking import whole_batches

TP = TopicPartition("orders", 0)
CONTROL = 0x20
_ATTRIBUTES, _LAST_DELTA = 21, 23  # places in the header of a batch


def batch(
    base: int, offsets: list[int], producer: int, *, transaction: bool, control: int | None
) -> bytes:
    """A record batch as a broker stores it; control: the type of its marker."""
    built = DefaultRecordBatchBuilder(2, 0, transaction, producer, 0, 0, 1 << 16)
    for delta in offsets:
        key = b"k" if control is None else struct.pack(">hh", 0, control)
        built.append(delta, 1_000 + delta, key, b"v%d" % (base + delta), [])
    raw = built.build()
    raw[:8] = struct.pack(">q", base)
    raw[_LAST_DELTA : _LAST_DELTA + 4] = struct.pack(">i", 9)  # some at its end were compacted away
    if control is not None:
        attributes = struct.unpack_from(">h", raw, _ATTRIBUTES)[0]
        struct.pack_into(">h", raw, _ATTRIBUTES, attributes | CONTROL)
    return bytes(raw)


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Batches of three producers, with holes, transactions, and their markers."""
    written = []
    for number in range(draw(st.integers(0, 6))):
        marker = draw(st.sampled_from([None, None, None, 0, 1]))  # 0: abort, 1: commit
        offsets = draw(st.sets(st.integers(0, 9), min_size=1)) if marker is None else {0}
        written.append(
            batch(
                number * 10,
                sorted(offsets),
                draw(st.sampled_from([-1, 7, 8])),
                transaction=marker is not None or draw(st.booleans()),
                control=marker,
            )
        )
    return b"".join(written)


def fetched(
    log: bytes, position: int, level: int = READ_COMMITTED, *, crcs: bool = False
) -> PartitionRecords:
    aborted = [(7, 0), (8, 20)]
    records = MemoryRecords(log)
    return PartitionRecords(TP, records, aborted, position, None, None, crcs, level)


@settings(max_examples=400)
@given(logs(), st.integers(0, 25), st.sampled_from([READ_COMMITTED, READ_UNCOMMITTED]))
def test_whole_batches_are_the_records_one_by_one(log: bytes, position: int, level: int) -> None:
    singly, wholly = fetched(log, position, level), fetched(log, position, level)
    mine = list(chain.from_iterable(whole_batches(wholly)))
    assert [(r.offset, r.timestamp, r.key, r.value) for r in mine] == [
        (r.offset, r.timestamp, r.key, r.value) for r in singly
    ]
    assert wholly.next_fetch_offset == singly.next_fetch_offset


def test_position_stands_behind_each_batch_that_was_given() -> None:
    two = [batch(at, [0, 1, 9], -1, transaction=False, control=None) for at in (0, 10)]
    records = fetched(b"".join(two), 1)
    given_out = whole_batches(records)
    assert (len(next(given_out)), records.next_fetch_offset) == (2, 10)
    assert (len(next(given_out)), records.next_fetch_offset) == (3, 20)


def test_damaged_batch_is_no_record() -> None:
    log = bytearray(batch(0, [0, 1], -1, transaction=False, control=None))
    log[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        list(whole_batches(fetched(bytes(log), 0, crcs=True)))
