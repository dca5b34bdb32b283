"""What the demo shows: the picture on a terminal, and as plain lines."""

from __future__ import annotations

import pytest
from rich.console import Console

from schemas.alert import Kind, Scope
from schemas.instant import parse_instant
from streams.showing.board import board_table
from streams.showing.scoreboard import Row, Scoreboard
from streams.showing.view import SENTENCES, Picture, Plain, Speed, line, render


@pytest.fixture
def picture() -> Picture:
    picture = Picture(
        phase="playing",
        events=123_456,
        lag=789,
        ticks=1_500,
        clock=parse_instant("2011-03-04T10:00:00Z"),
        dealers=3_210,
    )
    picture.opened[Kind.ORDER_VOLUME_DROP] = 12
    picture.opened[Kind.COMPLAINT_SPIKE] = 3
    picture.latest.append(("critical", "2011-03-04  Dealer 16029 orders less than usual."))
    return picture


def drawn(picture: Picture) -> str:
    console = Console(width=100, file=None, record=True, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(render(picture, 34_000))
    return captured.get()


def test_picture_shows_every_number_and_the_latest_alerts(picture: Picture) -> None:
    shown = drawn(picture)
    for part in ("playing", "2011-03-04", "123,456", "34,000", "789", "1,500", "3,210"):
        assert part in shown
    assert "complaint_spike 3, order_volume_drop 12" in shown
    assert "Dealer 16029 orders less than usual." in shown


def test_picture_of_the_first_moment_is_empty_not_wrong() -> None:
    assert "none yet" in drawn(Picture())


def test_picture_keeps_only_the_latest_alerts(picture: Picture) -> None:
    for number in range(SENTENCES):
        picture.latest.append(("info", f"alert {number}"))
    assert "16029" not in drawn(picture)


def test_line_says_the_same_in_one_line(picture: Picture) -> None:
    assert line(picture, 34_000, 12.3) == (
        "   12 s  playing  2011-03-04  123,456 events (34,000/s)  lag 789  1,500 ticks  "
        "3,210 dealers  alerts: complaint_spike 3, order_volume_drop 12"
    )


def test_plain_view_prints_now_and_then_and_not_at_every_look(
    picture: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = Plain(Speed())
    for _ in range(20):
        plain(picture)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed()
    assert speed(0, 0.0) == 0
    assert speed(1_000, 1.0) == 1_000
    assert speed(1_000, 10.0) == 0  # the fast second is long ago
    assert speed(1_500, 11.0) == 500


def test_scoreboard_shows_what_was_found_and_what_it_cost() -> None:
    row = Row(planted=4, days=[1.0, 3.0, 8.0], repeats=1, facts=5, false=2)
    drop = Kind.ORDER_VOLUME_DROP
    board = Scoreboard({(drop, Scope.DEALER): row, (drop, Scope.REGION): Row()}, weeks=20)
    console = Console(width=80)
    with console.capture() as captured:
        console.print(board_table(board, 2.0))
    shown = captured.get()
    lines = [line.split() for line in shown.splitlines()]
    rows = [line for line in lines if line and line[0].startswith(("kind", "order_volume_drop"))]
    assert rows == [
        ["kind", "planted", "found", "days", "again", "shock", "fact", "false"],
        ["order_volume_drop", "4", "3", "3.0", "1", "0", "5", "2"],
        ["order_volume_drop,", "region", "0", "0", "0", "0", "0", "0"],
    ]
    assert "0.10 false alerts a week; 2 accepted" in shown
