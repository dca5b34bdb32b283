"""Replay: from files to files, all or nothing, the same bytes every time."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from schemas.instant import DAY, HOUR, format_instant, parse_instant
from streams.cli.app import DONE, FAILED, WRONG_USAGE, app

START = parse_instant("2024-01-01T00:00:00Z")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("DEALERWATCH_BROKER", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def order(number: int, at: int, dealer: str = "D1") -> dict[str, Any]:
    return {
        "type": "order",
        "event_id": f"o{number}",
        "ts": format_instant(START + at),
        "dealer_id": dealer,
        "sku": "S1",
        "quantity": 2,
        "unit_price": 12.5,
    }


def trade(days: int) -> list[dict[str, Any]]:
    """Three dealers, an order each in every hour of every day."""
    hours = [(hour, dealer) for hour in range(24 * days) for dealer in ("D1", "D2", "D3")]
    return [order(n, hour * HOUR + n, dealer) for n, (hour, dealer) in enumerate(hours)]


def write(file: str, events: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(event) + "\n" for event in events).encode()
    Path(file).write_bytes(gzip.compress(text) if file.endswith(".gz") else text)


def replay(arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments.split()])


def lines(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(file).read_text().splitlines()]


def test_replay_counts_every_event_and_tells_in_one_line() -> None:
    write("events.ndjson", trade(days=3))
    result = replay("events.ndjson --alerts alerts --stats stats --dead-letters letters")
    assert result.exit_code == DONE
    assert "216 events, 3 dealers, 71 ticks; alerts: none; " in result.output
    assert "asked 2.0 false alerts a week" in result.output
    assert "opened 0.0 alerts a week (true ones included); dead letters: none; " in result.output
    assert [line["dealer"]["id"] for line in lines("stats")] == ["D1", "D2", "D3"]
    assert lines("stats")[0]["totals"]["value"] == {"EUR": "1800.00"}
    assert lines("alerts") == lines("letters") == []


def test_replay_of_a_simulated_channel_gives_the_same_bytes_again() -> None:
    CliRunner().invoke(app, ["simulate", "--out", "channel", "--dealers", "15", "--days", "180"])
    for number in (1, 2):
        arguments = "--dealers channel/dealers.csv --calendar channel/calendar.csv --set tick=6h"
        outputs = (
            f"--alerts a{number} --ledger l{number} --stats s{number} --dead-letters d{number}"
        )
        assert replay(f"channel/events.ndjson.gz {outputs} {arguments}").exit_code == DONE
    assert lines("a1")
    for name in ("a", "l", "s", "d"):
        assert Path(f"{name}1").read_bytes() == Path(f"{name}2").read_bytes()


def test_compressed_file_plain_file_and_standard_input_are_one() -> None:
    for file in ("events.ndjson", "events.ndjson.gz"):
        write(file, trade(days=2))
    replay("events.ndjson --alerts alerts --stats plain")
    replay("events.ndjson.gz --alerts alerts --stats compressed")
    command = [
        sys.executable,
        "-m",
        "streams.cli",
        "replay",
        "-",
        "--alerts",
        "x",
        "--stats",
        "piped",
    ]
    subprocess.run(command, input=Path("events.ndjson").read_bytes(), check=True)
    plain = Path("plain").read_bytes()
    assert plain == Path("compressed").read_bytes() == Path("piped").read_bytes()


def test_files_are_read_one_after_the_other() -> None:
    events = trade(days=2)
    write("all", events)
    write("one", events[:50])
    write("two", events[50:])
    replay("all --alerts alerts --stats together")
    replay("one two --alerts alerts --stats apart")
    assert Path("together").read_bytes() == Path("apart").read_bytes()


def test_dead_letter_names_file_and_line_also_when_it_waited_into_the_next_file() -> None:
    stray = order(900, 900 * DAY, "D9")
    write("one", [*trade(days=1), {"type": "order"}, stray])
    write("two", [{"type": "order"}, *trade(days=2)[72:]])
    replay("one two --alerts alerts --dead-letters letters")
    letters = {(x["topic"], x["offset"], x["reason"]): x for x in lines("letters")}
    assert set(letters) == {
        ("one", 72, "missing_field"),
        ("one", 73, "future_timestamp"),
        ("two", 0, "missing_field"),
    }
    raw = letters["one", 73, "future_timestamp"]["raw_base64"]
    assert json.loads(base64.b64decode(raw)) == stray


def test_until_is_exclusive() -> None:
    write("events.ndjson", trade(days=3))
    until = format_instant(START + DAY)
    assert replay(f"events.ndjson --alerts alerts --stats stats --until {until}").exit_code == DONE
    assert sum(line["totals"]["orders"] for line in lines("stats")) == 72


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nothing.ndjson --alerts alerts", "nothing.ndjson: there is no such file"),
        ("events.ndjson --alerts nowhere/alerts", "nowhere/alerts: cannot be written"),
        ("events.ndjson --alerts alerts --until yesterday", "--until yesterday"),
        ("events.ndjson --alerts alerts --dealers nothing.csv", "nothing.csv: cannot be read"),
        ("events.ndjson --alerts alerts --calendar nothing.csv", "nothing.csv: cannot be read"),
        ("events.ndjson --alerts alerts --set calendar.country=XX", "calendar.country = XX"),
        ("events.ndjson --alerts one --stats one", "is named for two outputs"),
        ("events.ndjson --alerts events.ndjson", "events.ndjson: is read; name another file"),
        (
            "events.ndjson --alerts alerts --dealers events.ndjson --stats ./events.ndjson",
            "is read",
        ),
        (". --alerts alerts", ".: is a folder"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_leaves_nothing(
    arguments: str, message: str, here: Path
) -> None:
    write("events.ndjson", trade(days=1))
    result = replay(arguments)
    assert result.exit_code == WRONG_USAGE
    assert message in result.output
    assert [path.name for path in here.iterdir()] == ["events.ndjson"]


def test_the_first_record_not_used_is_told_with_its_line() -> None:
    write("events.ndjson", [*trade(days=2), {"type": "order"}, {"type": "gift"}])
    told = replay("events.ndjson --alerts alerts").output
    assert "the first record not used is line 145 of events.ndjson: event_id is missing" in told
    assert "--dead-letters FILE" in told
    assert "not used is" not in replay("events.ndjson --alerts a --dead-letters b").output


def test_damaged_file_ends_with_1_and_leaves_the_results_of_before() -> None:
    write("events.ndjson.gz", trade(days=2))
    whole = Path("events.ndjson.gz").read_bytes()
    Path("events.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    Path("alerts").write_text("of an earlier run")
    result = replay("events.ndjson.gz --alerts alerts")
    assert result.exit_code == FAILED
    assert "events.ndjson.gz" in result.output
    assert Path("alerts").read_text() == "of an earlier run"


def test_output_may_be_a_pipe() -> None:
    write("events.ndjson", trade(days=1))
    assert replay("events.ndjson --alerts /dev/null --stats /dev/null").exit_code == DONE


def test_settings_reach_the_core() -> None:
    write("events.ndjson", trade(days=3))
    result = replay("events.ndjson --alerts alerts --set tick=1d")
    assert "3 ticks" in result.output  # the two that end, and the open one before them


def test_empty_input_gives_empty_output() -> None:
    write("events.ndjson", [])
    result = replay("events.ndjson --alerts alerts --stats stats")
    assert result.exit_code == DONE
    assert "0 events, 0 dealers, 0 ticks; alerts: none; " in result.output
    assert lines("alerts") == lines("stats") == []
