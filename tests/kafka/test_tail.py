"""What `tail` prints of a real topic."""

from __future__ import annotations

import asyncio
import json
import threading

import msgspec
import numpy as np
import pytest

from schemas import wire
from schemas.named_rows import Levels
from schemas.settings import Settings, Topics
from schemas.texts import Texts
from schemas.wire import Signals
from streams import kafka
from streams.errors import UsageError
from streams.looking import tail
from streams.topics import names
from tests.kafka import messages
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(broker: str, topics: Topics) -> Settings:
    return Settings(broker=broker, topics=topics)


def write(settings: Settings, topic: str, *rows: tuple[str, bytes | None]) -> None:
    async def run() -> None:
        async with kafka.quick_producer(settings.broker) as producer:
            for key, value in rows:
                name = getattr(names(settings.topics.prefix), topic)
                await producer.send_and_wait(name, value, key=key.encode())

    asyncio.run(run())


def lines(capfdbinary: pytest.CaptureFixture[bytes]) -> list[object]:
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_tail_prints_what_there_is_and_ends(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(settings, "alerts", ("a", b'{"n":1}'), ("b", b'{"n":2}'), ("a", b'{\n"n":3}'))
    tail.run(settings, "alerts", from_beginning=True, until_current=True)
    assert lines(capfdbinary) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_tail_last_prints_one_line_per_key_that_lives(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(settings, "dealer_stats", ("a", b"1"), ("b", b"2"), ("a", b"3"), ("b", None), ("c", b"4"))
    tail.run(settings, "dealer-stats", last=True)
    assert lines(capfdbinary) == [3, 4]


def test_tail_without_options_prints_what_comes(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(settings, "alerts", ("a", b"1"))
    reader = tail.Reader(settings, "alerts")
    loop = asyncio.new_event_loop()
    printing = loop.create_task(reader.print_all(from_beginning=False, until_current=False))
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.wait([printing]),))
    thread.start()
    printed: list[object] = []

    def comes() -> bool:
        write(settings, "alerts", ("a", b"2"))
        printed.extend(lines(capfdbinary))
        return bool(printed)

    assert eventually(comes)
    loop.call_soon_threadsafe(printing.cancel)
    thread.join()
    loop.close()
    assert set(printed) == {2}


def test_tail_makes_messages_between_the_stages_readable(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(settings, "network", ("0", wire.encode(Signals(7, 0, []))))
    tail.run(settings, "network", from_beginning=True, until_current=True)
    assert lines(capfdbinary) == [
        {
            "type": "signals",
            "tick": 7,
            "partition": 0,
            "readings": [],
            "standing": {},
            "overdue": [],
            "plugged": [],
            "excursions": {},
            "sharing": {},
            "slight": {},
        }
    ]


def test_tail_shows_numbers_beside_the_names_of_articles(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    told = messages.outlook(7, 1)
    levels = Levels.of(Texts.of(["EUR a", "EUR b"]), np.array([[1.5, 0.1], [2.0, 0.25]]))
    write(settings, "outlook", ("7", wire.encode(msgspec.structs.replace(told, items=levels))))
    tail.run(settings, "outlook", from_beginning=True, until_current=True)
    (line,) = lines(capfdbinary)
    assert isinstance(line, dict)
    assert line["items"] == {"EUR a": [1.5, 0.1], "EUR b": [2.0, 0.25]}
    assert line["returns"] == {}


def test_tail_of_an_unknown_topic_names_the_known_ones(settings: Settings) -> None:
    with pytest.raises(UsageError, match=r"tail alarms: no such topic; there are .*alerts"):
        tail.run(settings, "alarms")
