"""The private parts of Faust and aiokafka that the slices use: are they as we know them?

The text of a method that we replace, or whose order of effects we rely on, is pinned by a hash.
When a test fails after an update: read what changed, adapt streams/workers/slices.py, then write
the hash.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from importlib.metadata import version

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import TopicPartitionState
from faust import App
from faust.tables.recovery import Recovery
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

SIGNATURES = {
    Consumer._drain_messages: "(self, fetcher: mode.types.services.ServiceT) -> None",
    Consumer._wait_next_records: "(self, timeout: float)",
    Consumer._new_offset: "(self, tp: faust.types.tuples.TP) -> Optional[int]",
    Consumer._commit: "(self, offsets: Mapping[faust.types.tuples.TP, int]) -> bool",
    Consumer.wait_empty: "(self) -> None",
    Consumer.perform_seek: "(self) -> None",
    AIOKafkaConsumerThread._create_worker_consumer: "(self, transport: 'Transport')",
    AIOKafkaConsumerThread._fetch_records: "(self, consumer:",
    AIOKafkaConsumerThread._seek_wait: "(self, consumer: ",
    AIOKafkaConsumerThread.seek_wait: "(self, partitions: Mapping[faust.types.tuples.TP, int])",
    GroupCoordinator.check_errors: "(self)",
}

BODIES = {
    # What we replace.
    Consumer._drain_messages: "44a2500309e8",
    Consumer._new_offset: "1d2c7ea89a7a",
    Consumer.perform_seek: "0e8c130ff4b0",
    # Whose order of effects we rely on.
    Consumer._wait_next_records: "6218e1969a63",
    Consumer.wait_empty: "e4662fe24f09",
    Consumer._commit_tps: "a20e230b05ae",
    AIOKafkaConsumerThread._fetch_records: "39a2c6c79fc1",
    AIOKafkaConsumerThread._seek_wait: "9d221e816d94",
    App._on_partitions_revoked: "d5c895bbe57d",
    App._stop_consumer: "55854a5de12c",
    Recovery._resume_streams: "d986a6710c1a",
    GroupCoordinator._maybe_leave_group: "016cd88a16e6",
    Fetcher.fetched_records: "be4348896b9b",
    FetchResult.getall: "3e717e30de50",
    PartitionRecords.__init__: "8ec1c2ae6ea1",
    PartitionRecords.__next__: "63ac34a08c30",
    PartitionRecords._unpack_records: "b803e6d46480",
    PartitionRecords._consume_aborted_up_to: "56876530cd64",
    PartitionRecords._contains_abort_marker: "17e9ad2322ef",
}

ATTRIBUTES = {
    Consumer.__init__: ("_acked", "_acked_index", "_read_offset"),
    Conductor.__init__: ("_tp_index",),
    AIOKafkaConsumerThread.on_start: ("_consumer",),
    AIOKafkaConsumer.__init__: (
        "_fetch_min_bytes",
        "_fetch_max_wait_ms",
        "_isolation_level",
        "_subscription",
    ),
    GroupCoordinator.__init__: ("_group_instance_id",),
    Fetcher.__init__: ("_records",),
    FetchResult.__init__: ("_partition_records",),
    AIOKafkaConsumer.start: ("_coordinator", "_fetch_min_bytes", "_fetch_max_wait_ms", "_fetcher"),
}


def name(part: Callable[..., object]) -> str:
    return part.__qualname__


def fingerprint(part: Callable[..., object]) -> str:
    return hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:12]


def test_versions_are_those_that_were_read() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka").startswith("0.14.")


@pytest.mark.parametrize("part", SIGNATURES, ids=name)
def test_private_method_takes_what_we_give(part: Callable[..., object]) -> None:
    assert str(inspect.signature(part)).startswith(SIGNATURES[part])


@pytest.mark.parametrize("part", BODIES, ids=name)
def test_private_method_is_as_it_was_read(part: Callable[..., object]) -> None:
    assert fingerprint(part) == BODIES[part]


@pytest.mark.parametrize("part", ATTRIBUTES, ids=name)
def test_private_attribute_is_there(part: Callable[..., object]) -> None:
    source = inspect.getsource(part)
    assert not [name for name in ATTRIBUTES[part] if f"self.{name}" not in source]


def test_position_of_a_partition_can_be_read() -> None:
    assert {"position", "has_valid_position"} <= set(dir(TopicPartitionState))
