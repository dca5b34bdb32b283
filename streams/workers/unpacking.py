"""Fetched record batches unpacked a batch at a time, where aiokafka makes an object of each record.

`AIOKafkaConsumer` wraps every record in a `ConsumerRecord`, in Python: 1.5 µs, as much as reading
the record itself. Here its compiled records pass as they are, a list per batch. What is skipped
(aborted transactions, control batches, what lies before the position) and where the position stands
afterwards is as in aiokafka's own `PartitionRecords._unpack_records`, whose order of steps this is.

The private parts that are touched are listed in streams/workers/slices.py.
"""
# ruff: noqa: SLF001 (see above)

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiokafka import AIOKafkaConsumer
    from aiokafka.consumer.fetcher import PartitionRecords


class Unpacked(Protocol):
    """A record as aiokafka's compiled code holds it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds."""

    @property
    def key(self) -> bytes | None:
        """As sent."""

    @property
    def value(self) -> bytes | None:
        """As sent; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """As sent."""


def unpack_whole_batches(consumer: AIOKafkaConsumer) -> None:
    """From now on this consumer's fetches give lists of records, one of each batch."""
    fetcher = consumer._fetcher
    if not isinstance(fetcher._records, _Results):
        fetcher._records = _Results(fetcher._records)


class _Results(OrderedDict[Any, Any]):
    """What was fetched, by partition; nothing of it has been unpacked when it comes in."""

    def __setitem__(self, tp: Any, result: Any) -> None:
        if isinstance(result, FetchResult):
            records = result._partition_records
            records._records_iterator = whole_batches(records)
        super().__setitem__(tp, result)


def whole_batches(fetched: PartitionRecords) -> Iterator[list[Unpacked]]:
    """The records of each batch that counts; `fetched.next_fetch_offset` moves along."""
    while fetched._records.has_next():
        batch = fetched._records.next_batch()
        if fetched._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {fetched._tp}")
        if not _is_aborted(fetched, batch) and not batch.is_control_batch:
            records = list(batch)
            if records and records[0].offset < fetched.next_fetch_offset:
                records = [one for one in records if one.offset >= fetched.next_fetch_offset]
            if records:
                fetched.next_fetch_offset = records[-1].offset + 1
                yield records
        fetched.next_fetch_offset = batch.next_offset


def _is_aborted(fetched: PartitionRecords, batch: Any) -> bool:
    """Keeps account of the producers whose transaction was aborted."""
    if fetched._isolation_level != READ_COMMITTED or batch.producer_id is None:
        return False
    fetched._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch and fetched._contains_abort_marker(batch):
        fetched._aborted_producers.discard(batch.producer_id)
    return batch.is_transactional and batch.producer_id in fetched._aborted_producers
