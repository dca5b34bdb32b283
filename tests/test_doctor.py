"""The doctor finds what is wrong, and says the cure."""

from __future__ import annotations

import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from schemas import cut as cuts
from schemas.batch import Source
from schemas.cut import Cut
from schemas.instant import SECOND
from schemas.routing import partitions_of
from schemas.settings import Settings, Topics
from streams.looking.doctor import Finding, examine
from streams.topics import delete, names

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(broker: str, topics: Topics) -> Settings:
    return Settings.model_validate({"broker": broker, "topics": topics.model_dump()})


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings)}


def write(settings: Settings, topic: str, partition: int, key: bytes | None, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.broker)
    producer.send(topic, value, key=key, partition=partition).get(timeout=10)
    producer.close()


def tick(settings: Settings, *, last: bool = False) -> None:
    now = int(time.time()) * SECOND
    cut = Cut(1, now, tick=None, ends=dict.fromkeys(Source, 0), last=last)
    write(settings, names(settings.topics.prefix).ticks, 0, None, cuts.encode(cut))


def test_doctor_finds_nothing_wrong_where_all_is_well(settings: Settings) -> None:
    topic = names(settings.topics.prefix).orders
    home = int(partitions_of([b"D1"], settings.topics.partitions)[0])
    write(settings, topic, home, b"D1", b"{}")
    tick(settings)
    found = findings(settings)
    assert [finding.what for finding in found.values() if not finding.well] == []
    assert "1 records where they belong" in found["orders"].sentence
    assert "1 records wait" in found["lag"].sentence


def test_doctor_finds_a_broker_that_does_not_answer() -> None:
    found = findings(Settings.model_validate({"broker": "127.0.0.1:1"}))
    assert not found["broker"].well
    assert "127.0.0.1:1" in found["broker"].sentence
    assert "dealerwatch broker" in str(found["broker"])
    assert list(found) == ["broker"]


def test_doctor_finds_missing_topics_and_looks_no_further(
    settings: Settings, admin: KafkaAdminClient
) -> None:
    delete(admin, settings.topics)
    found = findings(settings)
    assert not found["topics"].well
    assert "dealerwatch topics create" in str(found["topics"])
    assert list(found) == ["broker", "topics"]


def test_doctor_finds_a_clock_that_never_ran(settings: Settings) -> None:
    clock = findings(settings)["clock"]
    assert not clock.well
    assert "dealerwatch clock" in str(clock)


def test_doctor_takes_a_played_file_for_a_clock_that_has_ended(settings: Settings) -> None:
    tick(settings, last=True)
    assert findings(settings)["clock"].well


def test_doctor_finds_producers_with_another_partitioner(settings: Settings) -> None:
    home = int(partitions_of([b"D1"], settings.topics.partitions)[0])
    write(settings, names(settings.topics.prefix).returns, 1 - home, b"D1", b"{}")
    finding = findings(settings)["returns"]
    assert not finding.well
    assert "dealer D1" in finding.sentence
    assert "murmur2_random" in finding.cure
