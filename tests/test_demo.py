"""The demo on a real broker: plays, shows, writes what the topics hold, leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from schemas.settings import Topics
from streams.topics import delete, names
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

DEMO = (sys.executable, "-m", "streams.cli", "demo")
PATIENCE_S = 120.0  # everything at once on two cores


@pytest.fixture
def plan(admin: KafkaAdminClient, topic_prefix: str) -> Iterator[Topics]:
    topics = Topics(prefix=topic_prefix, partitions=2)
    yield topics
    delete(admin, topics)


@pytest.fixture
def options(plan: Topics) -> list[str]:
    return [
        "--set",
        f"topics.prefix={plan.prefix}",
        "--set",
        f"topics.partitions={plan.partitions}",
    ]


@pytest.fixture
def environment(broker: str) -> dict[str, str]:
    return os.environ | {"DEALERWATCH_BROKER": broker}


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    """Ten dealers; a tick of a day keeps it short."""
    arguments = ["simulate", "--out", str(tmp_path / "c"), "--dealers", "10", "--days", "180"]
    subprocess.run([sys.executable, "-m", "streams.cli", *arguments], check=True)
    return tmp_path / "c" / "events.ndjson.gz"


def test_demo_writes_the_alerts_and_stats_that_replay_writes(
    channel: Path, options: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    kept = ["--alerts", str(tmp_path / "alerts"), "--stats", str(tmp_path / "stats")]
    master = ["--dealers", str(channel.parent / "dealers.csv"), "--set", "tick=1d"]
    shown = subprocess.run(
        [*DEMO, str(channel), "--once", *kept, *master, *options],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "\ndone: " in shown
    assert "/metrics" in shown
    again = ["--alerts", str(tmp_path / "again"), "--stats", str(tmp_path / "stats-again")]
    subprocess.run(
        [sys.executable, "-m", "streams.cli", "replay", str(channel), *again, *master], check=True
    )
    assert (tmp_path / "alerts").read_bytes() == (tmp_path / "again").read_bytes()
    assert (tmp_path / "stats").read_bytes() == (tmp_path / "stats-again").read_bytes()
    assert len((tmp_path / "stats").read_text().splitlines()) == 10


def test_demo_on_topics_of_an_earlier_run_says_what_to_do(
    channel: Path, topics: Topics, broker: str, environment: dict[str, str]
) -> None:
    producer = KafkaProducer(bootstrap_servers=broker)
    producer.send(names(topics.prefix).orders, b"{}", key=b"D1").get(timeout=10)
    producer.close()
    demo = subprocess.run(
        [*DEMO, str(channel), "--once", *_options(topics)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert demo.returncode == 1
    assert "dealerwatch topics delete" in demo.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_demo_leaves_no_process(
    channel: Path, options: list[str], environment: dict[str, str], number: signal.Signals
) -> None:
    with subprocess.Popen(
        [*DEMO, str(channel), *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as demo:
        family = _playing(demo)
        assert len(family) >= 4
        demo.send_signal(number)
        assert demo.wait(PATIENCE_S) == 0
    assert eventually(lambda: not any(_lives(pid) for pid in family))


def test_killed_demo_leaves_no_process(
    channel: Path, options: list[str], environment: dict[str, str]
) -> None:
    with subprocess.Popen(
        [*DEMO, str(channel), *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as demo:
        family = _playing(demo)
        demo.kill()
    assert eventually(lambda: not any(_lives(pid) for pid in family))


def test_file_that_cannot_be_played_ends_the_demo_with_the_reason(
    tmp_path: Path, options: list[str], environment: dict[str, str]
) -> None:
    broken = tmp_path / "events.ndjson.gz"
    broken.write_bytes(b"\x1f\x8b\x08 this is not gzip")
    demo = subprocess.run(
        [*DEMO, str(broken), "--once", *options],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert demo.returncode == 1
    assert "publish ended by itself" in demo.stderr
    assert "events.ndjson.gz" in demo.stderr


def _options(plan: Topics) -> list[str]:
    chosen = (f"topics.prefix={plan.prefix}", f"topics.partitions={plan.partitions}")
    return [word for choice in chosen for word in ("--set", choice)]


def _playing(demo: subprocess.Popen[str]) -> list[int]:
    """Wait until it has started; returns its children."""
    assert demo.stdout is not None
    assert any("getting ready" in line for line in demo.stdout)
    return [pid for pid in _all_processes() if _parent(pid) == demo.pid]


def _all_processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return -1
    return int(status.rpartition(")")[2].split()[1])


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").is_file() and _parent(pid) != -1
