"""Keys to partitions, as Kafka's own clients do it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from schemas.routing import partitions_of


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 1_000))
@example([b"", b"\0", b"\0\0\0\0", b"abc\0"], 7)
@example([b"x" * 512, b"y"], 7)
def test_partitions_are_those_of_kafka_python(keys: list[bytes], partitions: int) -> None:
    expected = [(murmur2(key) & 0x7FFFFFFF) % partitions for key in keys]
    assert partitions_of(keys, partitions).tolist() == expected


def test_partition_of_a_known_key_is_that_of_the_java_client() -> None:
    # From the Java client's own test (UtilsTest.testMurmur2): "21" hashes to -973932308.
    assert partitions_of([b"21"], 1_000).tolist() == [(-973_932_308 & 0x7FFFFFFF) % 1_000]
