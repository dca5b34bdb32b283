"""Every topic of the system: what it is for, its shape, its settings; create, check, delete.

Topics are made beforehand and nothing makes them on the way: a worker that finds one missing or of
another shape must not start, since partition numbers decide where a dealer's state lives.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from schemas.settings import Topics
from streams.errors import NO_KAFKA, OperationError

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
MIB = 1024 * 1024
CONNECT_LIMIT_S = 10
SETTLE_LIMIT_S = 30  # for the brokers to agree on what was created or deleted
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Names:
    """The names of all topics, prefix included."""

    orders: str
    complaints: str
    returns: str
    ticks: str
    dealers: str
    network: str
    outlook: str
    alerts: str
    ledger: str
    dealer_stats: str
    dead_letters: str
    state: str
    network_state: str
    undelivered: str


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it should be."""

    name: str
    partitions: int
    replicas: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be."""

    topic: str
    what: str  # "topic", "partitions", "replicas", or the name of a topic setting
    found: str
    expected: str

    def __str__(self) -> str:
        """Say it, with the cure where there is one."""
        if self.what == "topic":
            return f"{self.topic}: missing; `dealerwatch topics create` makes it"
        return f"{self.topic}: {self.what} is {self.found}, should be {self.expected}"


def names(prefix: str) -> Names:
    """Return the topic names of a system; `dealer_stats` is written `dealer-stats`."""
    return Names(**{f.name: prefix + f.name.replace("_", "-") for f in fields(Names)})


def specification(plan: Topics) -> list[TopicSpec]:
    """Return all topics as they should be."""
    topic = names(plan.prefix)
    many = partial(_spec, plan, plan.partitions)
    one = partial(_spec, plan, 1)
    return [
        # What comes in: a month of downtime loses nothing.
        many(topic.orders, _kept(30), _wide()),
        many(topic.complaints, _kept(30), _wide()),
        many(topic.returns, _kept(30), _wide()),
        many(topic.dealers, _compacted()),
        # By size and not by age, so that the last cut never goes: the clock counts on from it.
        # 1 GiB a partition is 18 months of cuts every 10 s (220 bytes each in the log).
        many(topic.ticks, {"retention.ms": "-1", "retention.bytes": str(1024 * MIB)}),
        # Between the stages: as long as the sources, since a restart repeats their ticks.
        one(topic.network, _kept(30), _wide()),
        one(topic.outlook, _kept(30), _wide()),
        # One partition, one writer: receivers see a roll-up after its members. For a week every
        # change of an alert can be read, so a receiver that was down misses none.
        one(topic.alerts, _compacted(), {"min.compaction.lag.ms": str(7 * DAY_MS)}),
        one(topic.ledger, _kept(365)),
        one(topic.undelivered, _kept(30)),
        # Written by the owner of the partition of the same number, in its transaction.
        many(topic.dealer_stats, _compacted()),
        many(topic.dead_letters, _kept(90), _wide()),
        many(topic.state, _compacted(), _often_rewritten()),
        one(topic.network_state, _compacted(), _often_rewritten()),
    ]


@contextmanager
def administration(broker: str) -> Iterator[KafkaAdminClient]:
    """Connect to administer `broker` (HOST:PORT, several with commas).

    Raises:
        OperationError: nobody answers there.
    """
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=broker.split(","),
            bootstrap_timeout_ms=CONNECT_LIMIT_S * 1000,
            reconnect_backoff_max_ms=1_000,
        )
    except KafkaError as error:
        msg = (
            f"no Kafka answers at broker={broker} within {CONNECT_LIMIT_S} s ({error}); {NO_KAFKA}"
        )
        raise OperationError(msg) from error
    try:
        yield admin
    finally:
        admin.close()


def create(admin: KafkaAdminClient, plan: Topics) -> list[str]:
    """Create what is missing and return the names; existing topics are left as they are.

    Raises:
        OperationError: the cluster refused; names the topic and the setting.
    """
    present = set(admin.list_topics())
    missing = [spec for spec in specification(plan) if spec.name not in present]
    if not missing:
        return []
    answer = admin.create_topics(
        {spec.name: _request(spec) for spec in missing}, raise_errors=False
    )
    for topic in answer["topics"]:
        _accept(topic)
    created = [spec.name for spec in missing]
    admin.wait_for_topics(created, timeout_ms=SETTLE_LIMIT_S * 1000)
    return created


def check(admin: KafkaAdminClient, plan: Topics) -> list[Difference]:
    """Return what is not as it should be; empty when all is well."""
    specs = specification(plan)
    present = set(admin.list_topics())
    there = [spec.name for spec in specs if spec.name in present]
    shapes = {topic["name"]: topic["partitions"] for topic in admin.describe_topics(there)}
    settings = _settings(admin, there)
    return [
        difference
        for spec in specs
        for difference in _compare(spec, shapes.get(spec.name), settings.get(spec.name, {}))
    ]


def must_fit(admin: KafkaAdminClient, plan: Topics, only: Collection[str] = ()) -> None:
    """Raises OperationError where topics are missing or of other partitions: readers would wait.

    only: names of those that matter; all without it.
    """
    wrong = [
        one
        for one in check(admin, plan)
        if one.what in {"topic", "partitions"} and (not only or one.topic in only)
    ]
    if wrong:
        raise OperationError(f"{told(wrong)} (settings topics.prefix, topics.partitions)")


def told(wrong: Iterable[Difference]) -> str:
    """All that is wrong in one sentence, those that are missing together."""
    missing = [one.topic for one in wrong if one.what == "topic"]
    others = [str(one) for one in wrong if one.what != "topic"]
    if missing:
        cure = "`dealerwatch topics create` makes them"
        others.insert(0, f"topics are missing ({', '.join(missing)}); {cure}")
    return "; ".join(others)


def delete(admin: KafkaAdminClient, plan: Topics) -> list[str]:
    """Delete the topics of this system, wait until they are gone, return their names.

    Raises:
        OperationError: they are still there after a while.
    """
    present = set(admin.list_topics())
    doomed = [spec.name for spec in specification(plan) if spec.name in present]
    if doomed:
        admin.delete_topics(doomed)
        _await_gone(admin, doomed)
    return doomed


def _spec(plan: Topics, partitions: int, name: str, *settings: Mapping[str, str]) -> TopicSpec:
    config = {
        # Age counts from arrival: events played from a file are years old when they arrive.
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": str(plan.min_insync_replicas),
        "cleanup.policy": "delete",
    }
    for more in settings:
        config |= more
    return TopicSpec(name, partitions, plan.replication_factor, config)


def _kept(days: int) -> dict[str, str]:
    return {"retention.ms": str(days * DAY_MS)}


def _wide() -> dict[str, str]:
    """Room for a record of 1 MiB, or for one in base64 (1.4 MB), or for 50,000 SKUs of 40 bytes."""
    return {"max.message.bytes": str(4 * MIB)}


def _compacted() -> dict[str, str]:
    return {"cleanup.policy": "compact"}


def _often_rewritten() -> dict[str, str]:
    """Compact soon: a state of 16 MB every 2 s is 29 GB an hour, all but 16 MB of it superseded."""
    return {
        "segment.bytes": str(64 * MIB),
        "segment.ms": str(MINUTE_MS),
        "min.cleanable.dirty.ratio": "0.1",
    }


def _request(spec: TopicSpec) -> dict[str, object]:
    return {
        "num_partitions": spec.partitions,
        "replication_factor": spec.replicas,
        "configs": dict(spec.config),
    }


def _accept(answer: Mapping[str, object]) -> None:
    """Raise unless the topic exists now, whoever made it."""
    error = for_code(answer["error_code"])
    if answer["error_code"] and error is not TopicAlreadyExistsError:
        msg = (
            f"Kafka refused to create topic {answer['name']}: {error.__name__}, "
            f"{answer.get('error_message')} (see topics.partitions, topics.replication_factor, "
            "topics.min_insync_replicas)"
        )
        raise OperationError(msg)


def _settings(admin: KafkaAdminClient, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    if not resources:
        return {}
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        topic: {name: entry["value"] for name, entry in config.items()}
        for topic, config in found.items()
    }


def _compare(
    spec: TopicSpec, shape: list[dict[str, list[int]]] | None, settings: Mapping[str, str]
) -> list[Difference]:
    if shape is None:
        return [Difference(spec.name, "topic", "missing", "present")]
    pairs = {
        "partitions": (str(len(shape)), str(spec.partitions)),
        "replicas": (str(min(len(p["replica_nodes"]) for p in shape)), str(spec.replicas)),
    }
    pairs |= {name: (settings.get(name, "unset"), value) for name, value in spec.config.items()}
    return [
        Difference(spec.name, what, found, expected)
        for what, (found, expected) in pairs.items()
        if found != expected
    ]


def _await_gone(admin: KafkaAdminClient, topics: list[str]) -> None:
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while left := sorted(set(topics) & set(admin.list_topics())):
        if time.monotonic() > deadline:
            msg = f"still there {SETTLE_LIMIT_S} s after the order to delete: {', '.join(left)}"
            raise OperationError(msg)
        time.sleep(LOOK_EVERY_S)
