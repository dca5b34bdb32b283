"""What a user types and sees: help, exit codes, messages."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli.app import DONE, FAILED, WRONG_USAGE, app
from streams.errors import OperationError

COMMANDS = (
    "replay", "broker", "worker", "clock", "publish", "notify", "status", "tail", "demo",
    "simulate", "schema", "doctor", "topics create", "topics check", "topics delete",
)  # fmt: skip
NOBODY = "127.0.0.1:1"  # where no Kafka listens
HELP_S = 2.0  # 0.2 s on a quiet machine of two cores


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEALERWATCH_BROKER", raising=False)


def typed(line: str) -> Result:
    return CliRunner().invoke(app, line.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = typed(f"{command} --help")
    assert result.exit_code == DONE
    assert "Usage" in result.output
    assert len(result.output.splitlines()) > 5


def test_help_shows_every_command_at_once() -> None:
    started = time.monotonic()
    shown = subprocess.run(
        [sys.executable, "-m", "streams.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert time.monotonic() - started < HELP_S
    for command in COMMANDS:
        assert command.split()[0] in shown


def test_without_command_the_help_is_shown() -> None:
    assert "demo" in typed("").output


@pytest.mark.parametrize(
    "line",
    [
        "fly",
        "replay",
        "replay events.ndjson",
        "replay --alerts",
        "worker --role boss",
        "publish events.ndjson --speed warp",
        "publish events.ndjson --speed -1",
        "publish events.ndjson --speed nan",
        "simulate --out channel --days 3",
        "broker --port 99999",
    ],
)
def test_wrong_usage_ends_with_2(line: str) -> None:
    assert typed(line).exit_code == WRONG_USAGE


@pytest.mark.parametrize(
    "command", ["worker", "clock", "notify", "topics check", "status", "doctor", "demo"]
)
def test_wrong_settings_end_with_2_before_anything_starts(command: str) -> None:
    result = typed(f"{command} --set tick=7m")
    assert result.exit_code == WRONG_USAGE
    assert "setting tick = 7m: must divide 24 hours exactly" in result.output


def test_two_agents_do_not_share_a_port() -> None:
    result = typed("worker --set metrics.port=9100")
    assert result.exit_code == WRONG_USAGE
    assert "setting metrics.port = 9100: is for one agent" in result.output


def test_unknown_variable_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEALERWATCH_CURENCY", "EUR")
    result = typed(f"replay nothing.ndjson --alerts {tmp_path / 'alerts'}")
    assert result.exit_code == WRONG_USAGE
    assert "did you mean `DEALERWATCH_CURRENCY`" in result.output


def test_broker_that_does_not_answer_ends_with_1() -> None:
    result = typed(f"topics check --set broker={NOBODY}")
    assert result.exit_code == FAILED
    assert NOBODY in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["status", "tail alerts", "clock", "publish /dev/null"])
def test_who_finds_no_kafka_says_so_in_one_line_and_what_to_do(command: str) -> None:
    line = [*command.split(), "--set", f"broker={NOBODY}"]
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *line], capture_output=True, text=True, check=False
    )
    assert done.returncode == FAILED
    assert done.stdout + done.stderr == (
        f"dealerwatch: no Kafka answers at broker={NOBODY} (KafkaConnectionError: Unable to "
        "bootstrap); start it (`dealerwatch broker` for a first look), or set `broker` to where "
        "it is\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("demo nothing.ndjson", "there is no such file"),
        ("demo --alerts alerts.ndjson", "needs --once"),
        ("demo --once --alerts nowhere/alerts.ndjson", "there is no such folder"),
        ("demo pyproject.toml --once --alerts pyproject.toml", "is read; name another file"),
    ],
)
def test_demo_says_what_it_cannot_do_before_it_starts(line: str, message: str) -> None:
    result = typed(line)
    assert result.exit_code == WRONG_USAGE
    assert message in result.output


def test_ctrl_c_ends_with_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.simulator.simulate_to", interrupt)
    result = typed(f"simulate --out {tmp_path}")
    assert result.exit_code == FAILED
    assert "stopped before the end" in result.output


def test_simulate_says_what_it_wrote(tmp_path: Path) -> None:
    result = typed(f"simulate --out {tmp_path / 'channel'} --seed 5 --dealers 12 --days 180")
    assert result.exit_code == DONE
    assert "12 dealers" in result.output
    assert sorted(path.name for path in (tmp_path / "channel").iterdir()) == [
        "calendar.csv",
        "dealers.csv",
        "events.ndjson.gz",
        "labels.json",
    ]


def test_version_is_that_of_the_package() -> None:
    assert typed("--version").output == f"dealerwatch {version('dealerwatch')}\n"


def test_settings_are_listed_where_nothing_is_written() -> None:
    result = typed("schema --settings")
    assert result.exit_code == DONE
    assert "| `budget.false_alerts_per_week` | `2` |" in result.output
    assert typed("schema").exit_code == WRONG_USAGE


@pytest.mark.parametrize("command", ["simulate --days 180 --dealers 10", "schema"])
def test_folder_that_cannot_be_written_is_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = typed(f"{command} --out {tmp_path / 'file'}")
    assert result.exit_code == WRONG_USAGE
    assert f"--out {tmp_path / 'file'}: cannot be written: File exists" in result.output


def test_error_among_tasks_that_ran_together_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ExceptionGroup("tasks", [ExceptionGroup("inner", [OperationError("no luck")])])

    monkeypatch.setattr("streams.simulator.simulate_to", fail)
    result = typed(f"simulate --out {tmp_path}")
    assert result.exit_code == FAILED
    assert result.output == "dealerwatch: no luck\n"


def test_unexpected_error_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("streams.simulator.simulate_to", fail)
    result = typed(f"simulate --out {tmp_path}")
    assert result.exit_code == FAILED
    assert isinstance(result.exception, ZeroDivisionError)
