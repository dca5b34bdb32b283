"""Every line of `alerts` reaches the receiver, once, in order: on a real Kafka, over real HTTP."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry

from schemas.alert import Change, encode
from schemas.instant import DAY
from schemas.settings import Settings, Topics
from streams import kafka
from streams.errors import UsageError
from streams.metrics import Metrics
from streams.notifying.delivery import Timing, wall_clock
from streams.notifying.lanes import LANE_LINES, LANES, lane_of
from streams.notifying.notify import notify, run
from streams.notifying.offers import read_line
from streams.notifying.receiver import Receiver
from streams.topics import administration, create, names
from tests.samples import alert
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from streams.broker import Broker

pytestmark = pytest.mark.kafka
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_S = 60.0
SLOW_S = 0.1  # a receiver that takes its time, so that a kill finds requests under way


class Listening(Receiver):
    """A receiver with a bad day: `answer` decides per webhook id, None = as a good receiver."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.answer: Callable[[str], HTTPStatus | None] = lambda _: None
        super().__init__(SECRET, lambda shown: self.shown.append(_id(shown)))

    def accept(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        status = self.answer(headers["webhook-id"])
        return super().accept(headers, body) if status is None else status


def _id(shown: Mapping[str, Any]) -> str:
    return f"{shown['alert_id']}:{shown['sequence']}"


@pytest.fixture
def receiver() -> Iterator[Listening]:
    with Listening() as listening:
        yield listening


def settings(broker: str, topics: Topics, url: str, **webhook: str) -> Settings:
    patience = {"deadline": "1s", "retry_interval": "1s"} | webhook
    return Settings.model_validate(
        {"broker": broker, "topics": topics, "webhook": {"url": url, "secret": SECRET} | patience}
    )


def lines(alert_id: str, sequences: range) -> list[bytes]:
    return [
        encode(
            alert(
                alert_id=alert_id,
                sequence=number,
                change=Change.OPENED if number == 1 else Change.UPDATED,
            )
        )
        for number in sequences
    ]


async def write(plan: Settings, *values: bytes) -> None:
    topic = names(plan.topics.prefix).alerts
    async with kafka.quick_producer(plan.broker) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=read_line(value).alert_id.encode())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  a server thread decides
            await asyncio.sleep(0.02)


@asynccontextmanager
async def notifying(plan: Settings, timing: Timing | None = None) -> AsyncIterator[Metrics]:
    """A notifier that runs inside the block and stops well at its end."""
    metrics, stop = Metrics(CollectorRegistry()), asyncio.Event()
    task = asyncio.create_task(notify(plan, metrics, stop, timing))
    try:
        yield metrics
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


def environment(plan: Settings) -> dict[str, str]:
    """The same settings for the command, in its environment."""
    webhook = plan.webhook
    return os.environ | {
        "DEALERWATCH_BROKER": plan.broker,
        "DEALERWATCH_TOPICS__PREFIX": plan.topics.prefix,
        "DEALERWATCH_WEBHOOK__URL": webhook.url,
        "DEALERWATCH_WEBHOOK__SECRET": webhook.secret.get_secret_value(),
    }


@contextmanager
def command(plan: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`dealerwatch notify` as a process of its own, killed at the end if it still lives."""
    words = [sys.executable, "-m", "streams.cli", "notify"]
    process = subprocess.Popen(words, env=environment(plan), stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"dealerwatch_{name}", labels) or 0.0


def test_every_line_arrives_once_in_the_order_of_its_alert(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url)

    async def story() -> None:
        await write(plan, *lines("a", range(1, 4)), *lines("b", range(1, 3)))
        async with notifying(plan) as metrics:
            await until(lambda: len(receiver.shown) == 5)
            await until(lambda: value(metrics, "deliveries_total", outcome="delivered") == 5)

    asyncio.run(story())
    assert [shown for shown in receiver.shown if shown[0] == "a"] == ["a:1", "a:2", "a:3"]
    assert [shown for shown in receiver.shown if shown[0] == "b"] == ["b:1", "b:2"]


def test_repeats_in_the_topic_are_offered_once(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url)
    asked: list[str] = []
    receiver.answer = asked.append

    async def story() -> None:
        await write(
            plan, *lines("a", range(1, 3)), *lines("a", range(1, 3)), *lines("z", range(1, 2))
        )
        async with notifying(plan):
            await until(lambda: "z:1" in receiver.shown and "a:2" in receiver.shown)
        await write(plan, *lines("a", range(2, 3)), *lines("z", range(2, 3)))
        async with notifying(plan):
            await until(lambda: "z:2" in receiver.shown)

    asyncio.run(story())
    assert sorted(asked) == ["a:1", "a:2", "z:1", "z:2"]


def test_restart_goes_on_where_it_stopped(broker: str, topics: Topics, receiver: Listening) -> None:
    plan = settings(broker, topics, receiver.url)
    asked: list[str] = []
    receiver.answer = asked.append

    async def story() -> None:
        for number in range(1, 4):
            await write(plan, *lines("a", range(number, number + 1)))
            async with notifying(plan):
                await until(lambda: f"a:{number}" in receiver.shown)  # noqa: B023

    asyncio.run(story())
    assert asked == ["a:1", "a:2", "a:3"]


def test_crash_repeats_and_never_loses(broker: str, topics: Topics, receiver: Listening) -> None:
    plan = settings(broker, topics, receiver.url)
    sent = [line for alert_id in "abcdef" for line in lines(alert_id, range(1, 6))]
    receiver.answer = lambda _: sleep(SLOW_S)
    asyncio.run(write(plan, *sent))
    for count in (3, 11, 17):
        with command(plan):  # ends with SIGKILL
            assert eventually(lambda: len(receiver.shown) >= count)  # noqa: B023

    async def rest() -> None:
        async with notifying(plan):
            await until(lambda: len(receiver.shown) == len(sent))

    asyncio.run(rest())
    assert len(set(receiver.shown)) == len(sent)
    for alert_id in "abcdef":
        mine = [shown for shown in receiver.shown if shown[0] == alert_id]
        assert mine == [f"{alert_id}:{number}" for number in range(1, 6)]


@pytest.mark.parametrize("status", [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.UNAUTHORIZED])
def test_what_cannot_be_delivered_waits_and_arrives_later_in_order(
    broker: str, topics: Topics, receiver: Listening, status: HTTPStatus
) -> None:
    plan = settings(broker, topics, receiver.url)
    receiver.answer = lambda _: status

    async def story() -> None:
        await write(plan, *lines("a", range(1, 4)))
        async with notifying(plan) as metrics:
            await until(lambda: value(metrics, "undelivered_alerts") == 3)
        async with notifying(plan) as metrics:  # it knows of them after a restart
            await until(lambda: value(metrics, "undelivered_alerts") == 3)
            receiver.answer = lambda _: None
            await until(lambda: len(receiver.shown) == 3)
            await until(lambda: value(metrics, "undelivered_alerts") == 0)

    asyncio.run(story())
    assert receiver.shown == ["a:1", "a:2", "a:3"]


def test_receiver_that_is_away_gets_everything_when_it_is_back(broker: str, topics: Topics) -> None:
    with Listening() as gone:
        url, port = gone.url, int(gone.url.rsplit(":", 1)[1].strip("/"))
    plan = settings(broker, topics, url)
    shown: list[str] = []

    async def story() -> None:
        await write(plan, *lines("a", range(1, 3)), *lines("b", range(1, 2)))
        async with notifying(plan) as metrics:
            await until(lambda: value(metrics, "undelivered_alerts") == 3)
            with Receiver(SECRET, lambda alert: shown.append(_id(alert)), port=port):
                await until(lambda: len(shown) == 3)

    asyncio.run(story())
    assert [each for each in shown if each[0] == "a"] == ["a:1", "a:2"]


def test_alert_that_a_receiver_chokes_on_does_not_hold_the_others_back(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url, deadline="1h")
    others = [name for name in "abcdefgh" if lane_of(name) != lane_of("poison")]
    receiver.answer = lambda webhook_id: (
        HTTPStatus.INTERNAL_SERVER_ERROR if webhook_id == "poison:1" else None
    )

    async def story() -> None:
        await write(plan, *(lines(name, range(1, 2))[0] for name in ["poison", *others]))
        async with notifying(plan):
            await until(lambda: len(receiver.shown) == len(others))

    asyncio.run(story())
    assert set(receiver.shown) == {f"{name}:1" for name in others}


def test_alert_is_given_up_after_seven_days(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url)
    receiver.answer = lambda _: HTTPStatus.GONE
    late = Timing(wall=lambda: wall_clock() + 7 * DAY)

    async def story() -> None:
        await write(plan, *lines("a", range(1, 2)))
        async with notifying(plan) as metrics:
            await until(lambda: value(metrics, "undelivered_alerts") == 1)
        async with notifying(plan, late) as metrics:
            await until(lambda: value(metrics, "deliveries_total", outcome="expired") == 1)
            assert value(metrics, "undelivered_alerts") == 0

    asyncio.run(story())
    assert receiver.shown == []


def test_receiver_that_hangs_sees_few_requests_at_once_and_gets_everything(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url, deadline="1h", retry_interval="1h")
    many = LANES * LANE_LINES + 100
    let_go, waiting = threading.Event(), list[str]()

    def hang(webhook_id: str) -> None:
        if not let_go.is_set():
            waiting.append(webhook_id)
            let_go.wait(PATIENCE_S)

    receiver.answer = hang

    async def story() -> None:
        await write(plan, *(lines(f"{number:03}", range(1, 2))[0] for number in range(many)))
        async with notifying(plan):
            await until(lambda: len(waiting) == LANES)
            let_go.set()
            await until(lambda: len(receiver.shown) == many)

    asyncio.run(story())
    assert len(waiting) == LANES
    assert len(set(receiver.shown)) == many


def test_value_that_is_no_alert_is_passed_over(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url)

    async def story() -> None:
        async with kafka.quick_producer(broker) as producer:
            for junk in (b"{", b'{"alert_id": 7}', None):
                await producer.send_and_wait(names(topics.prefix).alerts, junk, key=b"junk")
        await write(plan, *lines("a", range(1, 2)))
        async with notifying(plan):
            await until(lambda: receiver.shown == ["a:1"])

    asyncio.run(story())


def test_notify_without_a_receiver_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"webhook.url is empty"):
        run(Settings())


def test_command_notifies_and_stops_cleanly(
    broker: str, topics: Topics, receiver: Listening
) -> None:
    plan = settings(broker, topics, receiver.url)
    with command(plan) as process:
        asyncio.run(write(plan, *lines("a", range(1, 3))))
        assert eventually(lambda: receiver.shown == ["a:1", "a:2"])
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said.decode()
    assert SECRET.removeprefix("whsec_") not in said.decode()


@pytest.mark.slow
def test_broker_that_restarts_does_not_stop_the_notifier(
    own_broker: Broker, receiver: Listening
) -> None:
    topics = Topics(prefix="restart-", partitions=1)
    with administration(own_broker.address) as admin:
        create(admin, topics)
    plan = settings(own_broker.address, topics, receiver.url)

    async def story() -> None:
        async with notifying(plan):
            await write(plan, *lines("a", range(1, 2)))
            await until(lambda: receiver.shown == ["a:1"])
            await asyncio.to_thread(own_broker.kill)
            await asyncio.to_thread(own_broker.start)
            await write(plan, *lines("a", range(2, 3)))
            await until(lambda: receiver.shown == ["a:1", "a:2"])

    asyncio.run(story())
