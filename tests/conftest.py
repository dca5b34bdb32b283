"""What all tests share: a real Kafka for the session, topics for each test, no chance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import hypothesis
import pytest
from kafka import KafkaAdminClient

from schemas.settings import Topics
from streams.broker import Broker
from streams.topics import administration, create, delete

# The same examples every time, however slow the machine: a red run can be repeated.
hypothesis.settings.register_profile("dealerwatch", derandomize=True, deadline=None)
hypothesis.settings.load_profile("dealerwatch")

NAMED_BROKER = os.environ.get("DEALERWATCH_BROKER")
# Settings of whoever runs the tests are not settings of the tests, nor of the programs they start.
for variable in [name for name in os.environ if name.startswith("DEALERWATCH_")]:
    del os.environ[variable]


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Address of a real Kafka: DEALERWATCH_BROKER, else an embedded one for this session."""
    if NAMED_BROKER:
        yield NAMED_BROKER
        return
    with Broker() as embedded:
        yield embedded.address


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """A broker of this test alone, started: to be stopped, killed, restarted."""
    with Broker() as embedded:
        yield embedded


@pytest.fixture
def admin(broker: str) -> Iterator[KafkaAdminClient]:
    """An administrator's connection to the session's broker."""
    with administration(broker) as connection:
        yield connection


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that no other test uses."""
    return f"t{uuid4().hex[:8]}-"


@pytest.fixture
def topics(admin: KafkaAdminClient, topic_prefix: str) -> Iterator[Topics]:
    """All topics of a system with two partitions, created for this test and deleted after it."""
    plan = Topics(prefix=topic_prefix, partitions=2)
    create(admin, plan)
    yield plan
    delete(admin, plan)
