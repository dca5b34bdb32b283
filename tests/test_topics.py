from __future__ import annotations

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.settings import Topics
from streams.errors import OperationError
from streams.topics import (
    MIB,
    Difference,
    administration,
    check,
    create,
    delete,
    names,
    specification,
)
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

CO_PARTITIONED = ("orders", "complaints", "returns", "ticks", "state", "dealer-stats")


def test_names_carry_the_prefix_and_no_underscore() -> None:
    assert names("x-").dealer_stats == "x-dealer-stats"
    assert names("").orders == "orders"


def test_specification_gives_every_name_once() -> None:
    found = [spec.name for spec in specification(Topics())]
    assert sorted(found) == sorted(getattr(names(""), field) for field in names("").__slots__)


def test_specification_partitions_alike_what_is_consumed_together() -> None:
    shapes = {spec.name: spec.partitions for spec in specification(Topics(partitions=7))}
    assert {shapes[name] for name in CO_PARTITIONED} == {7}
    assert {shapes[name] for name in ("network", "outlook", "alerts", "network-state")} == {1}


@pytest.mark.parametrize("topic", ["dealers", "alerts", "dealer-stats", "state", "network-state"])
def test_specification_compacts_what_only_the_last_value_counts_of(topic: str) -> None:
    config = {spec.name: spec.config for spec in specification(Topics())}
    assert config[topic]["cleanup.policy"] == "compact"


def test_specification_counts_age_from_arrival() -> None:
    assert {s.config["message.timestamp.type"] for s in specification(Topics())} == {
        "LogAppendTime"
    }


def test_specification_leaves_room_for_the_largest_dead_letter() -> None:
    config = {spec.name: spec.config for spec in specification(Topics())}
    base64_of_a_mebibyte = 4 * MIB // 3
    assert int(config["dead-letters"]["max.message.bytes"]) > base64_of_a_mebibyte + 64 * 1024


def test_create_makes_everything_and_check_finds_nothing(
    admin: KafkaAdminClient, topics: Topics
) -> None:
    assert check(admin, topics) == []


def test_create_is_safe_to_repeat(admin: KafkaAdminClient, topics: Topics) -> None:
    assert create(admin, topics) == []


def test_create_leaves_a_topic_that_is_there_as_it_is(
    admin: KafkaAdminClient, topic_prefix: str
) -> None:
    plan = Topics(prefix=topic_prefix, partitions=2)
    ledger = names(topic_prefix).ledger
    admin.create_topics({ledger: {"num_partitions": 5}}, wait_for_metadata=True)
    assert ledger not in create(admin, plan)
    assert Difference(ledger, "partitions", "5", "1") in check(admin, plan)
    delete(admin, plan)


def test_create_names_the_setting_the_cluster_refuses(
    admin: KafkaAdminClient, topic_prefix: str
) -> None:
    with pytest.raises(OperationError, match=r"topics\.replication_factor"):
        create(admin, Topics(prefix=topic_prefix, replication_factor=3))


def test_check_names_what_is_missing(admin: KafkaAdminClient, topic_prefix: str) -> None:
    plan = Topics(prefix=topic_prefix)
    differences = check(admin, plan)
    assert [d.topic for d in differences] == [spec.name for spec in specification(plan)]
    assert "topics create" in str(differences[0])


def test_check_names_partitions_and_settings_that_differ(
    admin: KafkaAdminClient, topics: Topics
) -> None:
    alerts = names(topics.prefix).alerts
    resource = ConfigResource(
        ConfigResourceType.TOPIC, alerts, configs={"cleanup.policy": "delete"}
    )
    admin.alter_configs([resource])

    wanted = topics.model_copy(update={"partitions": 3})
    policy = Difference(alerts, "cleanup.policy", "delete", "compact")
    assert eventually(lambda: policy in check(admin, wanted))
    assert Difference(names(topics.prefix).orders, "partitions", "2", "3") in check(admin, wanted)


def test_delete_removes_everything_and_is_safe_to_repeat(
    admin: KafkaAdminClient, topic_prefix: str
) -> None:
    plan = Topics(prefix=topic_prefix, partitions=1)
    made = create(admin, plan)
    assert delete(admin, plan) == made
    assert not [name for name in admin.list_topics() if name.startswith(topic_prefix)]
    assert delete(admin, plan) == []


def test_administration_names_the_broker_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.topics.CONNECT_LIMIT_S", 0.2)
    with (
        pytest.raises(OperationError, match=r"broker=127\.0\.0\.1:1 "),
        administration("127.0.0.1:1"),
    ):
        pass
