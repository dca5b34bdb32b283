"""What `demo` shows while it plays: a live picture, or plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.alert import Kind
from schemas.instant import Micros, format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

SENTENCES = 8  # the latest alerts that fit under the numbers on a screen of 24 lines
PLAIN_EVERY_S = 5.0
_SPEED_OVER_S = 5.0  # events per second are those of the last five seconds
_COLOURS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


@dataclass(slots=True)
class Picture:
    """What is known at one moment."""

    phase: str = "starting"
    events: int = 0  # applied
    lag: int = 0  # records in Kafka that are not applied yet
    ticks: int = 0  # decided by the network
    clock: Micros | None = None  # event time up to which it has decided
    dealers: int = 0
    dead_letters: int = 0
    opened: Counter[Kind] = field(default_factory=Counter)
    latest: deque[tuple[str, str]] = field(  # severity and sentence
        default_factory=lambda: deque(maxlen=SENTENCES)
    )


class Show(Protocol):
    """Something that a picture can be put on."""

    def __call__(self, picture: Picture) -> None:
        """Show the picture as it is now."""


@contextmanager
def view() -> Iterator[Show]:
    """Live on a terminal; elsewhere a line now and then."""
    speed = Speed()
    console = Console()
    if not console.is_terminal:
        yield Plain(speed)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda picture: live.update(
            render(picture, speed(picture.events, time.monotonic())), refresh=True
        )


class Speed:
    """Events per second over the last moments."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=256)  # ten looks a second suffice

    def __call__(self, events: int, now_s: float) -> float:
        """The speed now; 0 before there is a span to measure."""
        self._seen.append((now_s, events))
        while self._seen[0][0] < now_s - _SPEED_OVER_S:
            self._seen.popleft()
        before_s, before = self._seen[0]
        return (events - before) / (now_s - before_s) if now_s > before_s else 0.0


class Plain:
    """One line every few seconds."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._started = self._next = time.monotonic()

    def __call__(self, picture: Picture) -> None:
        """Print the line when its time has come."""
        now = time.monotonic()
        speed = self._speed(picture.events, now)
        if now >= self._next:
            self._next = now + PLAIN_EVERY_S
            print(line(picture, speed, now - self._started), flush=True)  # noqa: T201  the view


def line(picture: Picture, speed: float, seconds: float) -> str:
    """The picture in one line."""
    return (
        f"{seconds:5.0f} s  {picture.phase}  {_date(picture)}  {picture.events:,} events "
        f"({speed:,.0f}/s)  lag {picture.lag:,}  {picture.ticks:,} ticks  "
        f"{picture.dealers:,} dealers  alerts: {counted(picture.opened)}"
    )


def counted(opened: Counter[Kind]) -> str:
    """`complaint_spike 3, order_volume_drop 12`, or `none`."""
    return ", ".join(f"{kind} {opened[kind]}" for kind in sorted(opened)) or "none"


def render(picture: Picture, speed: float) -> RenderableType:
    """The picture for a terminal."""
    alerts = [Text(text, style=_COLOURS[severity]) for severity, text in picture.latest]
    return Group(
        Panel(_numbers(picture, speed), title=f"dealerwatch · {picture.phase}"),
        Panel(Group(*alerts) if alerts else Text("none yet"), title="latest alerts"),
    )


def _numbers(picture: Picture, speed: float) -> Table:
    grid = Table.grid(padding=(0, 3))
    grid.add_row("event date", _date(picture), "ticks", f"{picture.ticks:,}")
    grid.add_row("events", f"{picture.events:,}", "events/s", f"{speed:,.0f}")
    grid.add_row("lag", f"{picture.lag:,}", "dealers", f"{picture.dealers:,}")
    grid.add_row("dead letters", f"{picture.dead_letters:,}", "alerts", counted(picture.opened))
    return grid


def _date(picture: Picture) -> str:
    return "-" if picture.clock is None else format_instant(picture.clock)[:10]
