"""Commands that find no topics, or others, end with the cure; Kafka's clients would wait."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from schemas.settings import Topics
from streams.cli.app import app

pytestmark = pytest.mark.kafka

WAITING = ["status", "tail orders", "clock", "publish /dev/null", "worker"]


def typed(command: str, broker: str, **topics: object) -> str:
    told = [f"--set topics.{name}={value}" for name, value in topics.items()]
    result = CliRunner().invoke(app, f"{command} --set broker={broker} {' '.join(told)}")
    assert result.exit_code == 1
    return result.output


@pytest.mark.parametrize("command", WAITING)
def test_command_without_topics_ends_with_how_to_make_them(
    command: str, broker: str, topic_prefix: str
) -> None:
    said = typed(command, broker, prefix=topic_prefix)
    assert f"topics are missing ({topic_prefix}orders" in said
    assert "`dealerwatch topics create` makes them" in said
    assert "topics.prefix" in said


def test_command_told_of_other_partitions_ends_with_how_many_there_are(
    broker: str, topics: Topics
) -> None:
    said = typed("status", broker, prefix=topics.prefix, partitions=3)
    assert f"{topics.prefix}orders: partitions is 2, should be 3" in said


def test_alerts_are_read_whatever_the_partitions_of_orders(broker: str, topics: Topics) -> None:
    line = f"tail alerts --until-current --set broker={broker} --set topics.partitions=3"
    result = CliRunner().invoke(app, f"{line} --set topics.prefix={topics.prefix}")
    assert (result.exit_code, result.output) == (0, "")
