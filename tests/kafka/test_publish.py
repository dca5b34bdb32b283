"""Playing files into a real broker."""

from __future__ import annotations

import asyncio
import gc
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from schemas import cut as cuts
from schemas.batch import Source
from schemas.cut import Cut, Sequence
from schemas.instant import DAY, HOUR
from schemas.master import DealerRecord
from schemas.routing import partitions_of
from schemas.settings import Settings, Topics
from streams import kafka
from streams.broker import Broker
from streams.playing.files import FileError, Lines
from streams.playing.publish import publish
from streams.topics import administration, create, names
from tests.kafka import events
from tests.kafka.recount import Logs, read_logs

pytestmark = pytest.mark.kafka


def settings_of(broker: str, topics: Topics) -> Settings:
    return Settings(broker=broker, topics=topics, cuts={"records": 150})


def played(settings: Settings, *parts: list[bytes]) -> Logs:
    async def run() -> Logs:
        for part in parts:
            await publish(settings, events.files(part))
        return await read_logs(settings)

    return asyncio.run(run())


def cuts_of(logs: Logs, partition: int) -> list[Cut]:
    return [cuts.decode(record.value) for record in logs.records["ticks"][partition]]


def source_values(logs: Logs) -> list[bytes]:
    return [value for source in Source for value in logs.values(source)]


def test_every_line_is_published_once_or_dead_lettered(broker: str, topics: Topics) -> None:
    lines = events.lines(1_000, hours=30, seed=3)
    logs = played(settings_of(broker, topics), lines)
    good = [line for line in lines if line != b"{broken"]
    assert Counter(source_values(logs)) == Counter(good)
    letters = [json.loads(value) for value in logs.values("dead_letters")]
    assert [letter["offset"] for letter in letters] == [
        number for number, line in enumerate(lines) if line == b"{broken"
    ]
    assert {letter["topic"] for letter in letters} == {"events-0.ndjson"}


def test_records_lie_where_their_key_belongs_in_the_order_of_the_file(
    broker: str, topics: Topics
) -> None:
    lines = events.lines(500, hours=30, seed=4)
    logs = played(settings_of(broker, topics), lines)
    order = {line: number for number, line in enumerate(lines)}
    for source in Source:
        for partition, records in logs.records[source].items():
            numbers = [order[record.value] for record in records]
            assert numbers == sorted(numbers)
            keys = [record.key for record in records]
            assert keys == [json.loads(r.value)["dealer_id"].encode() for r in records]
            assert set(partitions_of(keys, topics.partitions).tolist()) <= {partition}


def test_cuts_follow_the_records_and_close_every_tick(broker: str, topics: Topics) -> None:
    logs = played(settings_of(broker, topics), events.lines(1_000, hours=30, seed=5))
    first_tick = events.START // HOUR - 1  # at midnight, late events of the hour before may come
    for partition in range(topics.partitions):
        made = cuts_of(logs, partition)
        sequence = Sequence()
        assert all(sequence.accepts(cut) for cut in made)
        ticks = [cut.tick for cut in made if cut.tick is not None]
        assert ticks == list(range(first_tick, first_tick + len(ticks)))
        assert [cut.last for cut in made] == [False] * (len(made) - 1) + [True]
        assert made[-1].ends == {s: len(logs.records[s][partition]) for s in Source}


def test_a_second_publish_goes_on_with_the_clock_of_the_first(broker: str, topics: Topics) -> None:
    later = events.lines(200, hours=10, seed=7, start=events.START + 2 * DAY)
    logs = played(settings_of(broker, topics), events.lines(200, hours=20, seed=6), later)
    for partition in range(topics.partitions):
        sequence = Sequence()
        made = cuts_of(logs, partition)
        assert all(sequence.accepts(cut) for cut in made)
        assert [cut.last for cut in made].count(True) == 2
        assert sequence.tick == (events.START + 2 * DAY + 10 * HOUR) // HOUR - 2


def test_cuts_that_only_some_partitions_have_got_are_completed(broker: str, topics: Topics) -> None:
    """A player that died between two partitions."""
    settings = settings_of(broker, topics)

    async def die_early() -> None:
        async with kafka.quick_producer(broker) as producer:
            for number, tick in enumerate(range(475_000, 475_003), 1):
                at = (tick + 1) * HOUR + settings.lateness
                value = cuts.encode(Cut(number, at, tick))
                ticks = names(topics.prefix).ticks
                await producer.send_and_wait(ticks, value=value, partition=0)

    asyncio.run(die_early())
    logs = played(settings, events.lines(50, hours=5, seed=8, start=475_100 * HOUR))
    for partition in range(topics.partitions):
        made = cuts_of(logs, partition)
        assert [cut.tick for cut in made if cut.tick is not None][:4] == [
            475_000, 475_001, 475_002, 475_003,
        ]  # fmt: skip


def test_master_data_go_to_their_topic(broker: str, topics: Topics) -> None:
    settings = settings_of(broker, topics)
    dealer = DealerRecord(dealer_id="d", name="Müller", tier="gold")
    asyncio.run(publish(settings, [], master={"d": dealer}))
    rows = asyncio.run(kafka.read_whole(broker, names(topics.prefix).dealers, range(2)))
    values = [value for kept in rows.values() for value in kept.values()]
    assert [json.loads(value)["name"] for value in values] == ["Müller"]


def test_damaged_file_is_one_error_and_no_other(
    broker: str, topics: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged() -> Iterator[Lines]:
        yield from events.files(events.lines(5_000, hours=60, seed=4))
        raise FileError("only 5,000 lines can be read")

    with pytest.raises(FileError):
        asyncio.run(publish(settings_of(broker, topics), damaged()))
    gc.collect()  # asyncio complains of what nobody has asked for when it is collected
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.slow
def test_publish_survives_a_broker_that_is_away(own_broker: Broker) -> None:
    settings = settings_of(own_broker.address, Topics(partitions=2))
    with administration(settings.broker) as admin:
        create(admin, settings.topics)
    lines = events.lines(2_000, hours=48, seed=9)

    async def run() -> None:
        playing = asyncio.create_task(publish(settings, events.files(lines), 48 * 3_600 / 8))
        await asyncio.sleep(2)
        await asyncio.to_thread(own_broker.kill)
        await asyncio.sleep(4)
        await asyncio.to_thread(own_broker.start)
        await playing

    asyncio.run(run())
    logs = asyncio.run(read_logs(settings))
    assert Counter(source_values(logs)) == Counter(line for line in lines if line != b"{broken")
    for partition in range(2):
        sequence = Sequence()
        assert all(sequence.accepts(cut) for cut in cuts_of(logs, partition))
