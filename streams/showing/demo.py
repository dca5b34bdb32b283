"""`dealerwatch demo`: all parts together, on files or on a simulated channel.

What it starts, in this order, and stops in the opposite one:

    1  broker     embedded, unless one is named       4  network, watch   `worker`, role by role
    2  topics     created; they must be empty         5  notify           `notify`
    3  receiver   of webhooks, in this process        6  player           `publish`

4 to 6 are child processes of our own commands (streams/showing/parts.py), each with its own log
file.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import signal
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from streams.broker import Broker
from streams.errors import OperationError, UsageError
from streams.notifying.receiver import Receiver
from streams.playing.outputs import refuse_inputs
from streams.showing.board import board_table
from streams.showing.children import Child, Children
from streams.showing.contents import alert_lines, write_contents
from streams.showing.following import Follower, following
from streams.showing.parts import Parts, Webhook, told
from streams.showing.scoreboard import openings, score
from streams.showing.view import Picture, Show, counted, view
from streams.simulator import Written, simulate_to
from streams.simulator.labels import read_labels
from streams.topics import administration, create

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.settings import Settings

_LOOK_EVERY_S = 0.5  # looks cost the parts a percent of a core each second


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for."""

    settings: Settings
    files: Sequence[str]
    once: bool = False
    alerts: Path | None = None
    stats: Path | None = None
    dealers: Path | None = None
    calendar: Path | None = None


def run(plan: Plan) -> None:
    """Play, show, and stay until Ctrl-C or SIGTERM (with `once` until all is processed).

    Raises UsageError, OperationError.
    """
    _check(plan)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have had the first ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="dealerwatch-demo-") as folder, ExitStack() as held:
            try:
                _demonstrate(plan, Path(folder), held)
            finally:
                _hear_no_more()
    except KeyboardInterrupt:
        if plan.once:
            raise OperationError("stopped before all was processed; nothing was written") from None
        _say("stopped")


def _demonstrate(plan: Plan, folder: Path, held: ExitStack) -> None:
    channel = None
    if not plan.files:
        channel = _simulated(folder)
        plan = replace(
            plan, files=[str(channel.events)], dealers=channel.master, calendar=channel.calendar
        )
    inbox = _Inbox()
    settings = told(plan.settings, _broker(plan, held), inbox.open(plan, held), plan.calendar)
    _prepare_topics(settings)
    children = held.enter_context(Children(folder))
    player = _start(Parts(children, settings, folder), plan, settings, folder)
    follower = held.enter_context(following(settings))
    with view() as show:
        started = time.monotonic()
        _watch(children, player, follower, show)
    _say(_done(follower, time.monotonic() - started, inbox))
    if channel is not None:
        _show_board(settings, channel)
    if plan.once:
        write_contents(settings, plan.alerts, plan.stats)
        return
    if follower.letters:
        _say("what could not be used, and why: `dealerwatch tail dead-letters --from-beginning`")
    _stay(children)


def _simulated(folder: Path) -> Written:
    _say("no file named: inventing a channel (`dealerwatch simulate`)")
    channel = simulate_to(folder / "channel")
    _say(str(channel))
    return channel


def _broker(plan: Plan, held: ExitStack) -> str:
    """The named one; else an embedded one that ends with us."""
    if "broker" in plan.settings.model_fields_set:
        return plan.settings.broker
    return held.enter_context(Broker(progress=_say)).address


class _Inbox:
    """Our webhook receiver, unless the settings name one."""

    def __init__(self) -> None:
        self.received = 0

    def open(self, plan: Plan, held: ExitStack) -> Webhook:
        """Where alerts are posted from now on."""
        named = plan.settings.webhook
        if named.url:
            return Webhook(named.url, named.secret.get_secret_value())
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        receiver = held.enter_context(Receiver(secret, self._count))
        _say(f"webhook receiver: {receiver.url}")
        return Webhook(receiver.url, secret)

    def _count(self, _alert: dict[str, Any]) -> None:
        self.received += 1


def _prepare_topics(settings: Settings) -> None:
    """Create them; refuse those of an earlier run, whose clock has gone beyond our events."""
    with administration(settings.broker) as admin:
        create(admin, settings.topics)
    with following(settings) as follower:
        if not follower.is_untouched():
            raise OperationError(
                f"the topics at broker={settings.broker} hold events of an earlier run; "
                "`dealerwatch topics delete` removes them, "
                "`--set topics.prefix=demo2-` leaves them alone"
            )


def _start(parts: Parts, plan: Plan, settings: Settings, folder: Path) -> Child:
    """Start everything; returns the player."""
    if plan.dealers is not None:
        introduced = parts.introduce(plan.dealers)
        if introduced.wait() != 0:
            raise OperationError(introduced.obituary())
    parts.start_services()
    for name, address in parts.addresses.items():
        _say(f"metrics of {name}: {address}")
    _say(f"logs: {folder}")
    _say(
        "to look closer (`dealerwatch status`, `tail`): "
        f"export DEALERWATCH_BROKER={settings.broker} "
        f"DEALERWATCH_TOPICS__PARTITIONS={settings.topics.partitions}"
    )
    return parts.play([str(Path(file).resolve()) for file in plan.files])


def _watch(children: Children, player: Child, follower: Follower, show: Show) -> None:
    """Show what happens until all is processed."""
    while True:
        for name in children.look_after():
            _say(f"{name} ended by itself and was started again")
        played = player.exit_code == 0
        picture = follower.look()
        picture.phase = _phase(picture, played=played)
        show(picture)
        if played and follower.is_complete():
            return
        time.sleep(_LOOK_EVERY_S)


def _phase(picture: Picture, *, played: bool) -> str:
    if not picture.events:  # the workers compile before they join: tens of seconds, once
        return "getting ready (a minute or two the first time)"
    return "catching up" if played else "playing"


def _done(follower: Follower, seconds: float, inbox: _Inbox) -> str:
    picture = follower.look()
    letters = ", ".join(f"{name} {n}" for name, n in sorted(follower.letters.items())) or "none"
    return (
        f"done: {picture.events:,} events, {picture.dealers:,} dealers, {picture.ticks:,} ticks in "
        f"{seconds:.0f} s; alerts: {counted(picture.opened)}; dead letters: {letters}; "
        f"webhooks received: {inbox.received:,}"
    )


def _show_board(settings: Settings, channel: Written) -> None:
    lines = asyncio.run(_alerts(settings))
    board = score(read_labels(channel.labels), openings(lines))
    Console().print(board_table(board, settings.budget.false_alerts_per_week))


async def _alerts(settings: Settings) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) async for line in alert_lines(settings)]


def _stay(children: Children) -> None:
    _say("everything stays up; Ctrl-C stops it")
    while True:
        for name in children.look_after():
            _say(f"{name} ended by itself and was started again")
        time.sleep(_LOOK_EVERY_S)


def _check(plan: Plan) -> None:
    for file in plan.files:
        if not Path(file).is_file():
            raise UsageError(f"{file}: there is no such file; the demo plays NDJSON or NDJSON.gz")
    for option, path in (("--alerts", plan.alerts), ("--stats", plan.stats)):
        if path is not None and not plan.once:
            raise UsageError(f"{option} {path}: is written at the end, so it needs --once")
        if path is not None and not path.resolve().parent.is_dir():
            raise UsageError(f"{option} {path}: there is no such folder")
    written = [path for path in (plan.alerts, plan.stats) if path is not None]
    refuse_inputs(written, [Path(file) for file in plan.files])


def _hear_no_more() -> None:
    """From here on we are stopping; a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  this is what the command is for
