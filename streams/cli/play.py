"""`dealerwatch publish` and `dealerwatch tail`: into Kafka and out of it."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Parts on Kafka")
def publish(
    events: options.Events,
    speed: Annotated[
        str,
        typer.Option(
            "--speed",
            metavar="max|FACTOR",
            help="Seconds of event time per second; `max` as fast as it goes.",
        ),
    ] = "max",
    dealers: options.Master = None,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Play files into the topics, with their own clock; ends when all is confirmed."""
    factor = _factor(speed)
    settings = options.settings_of(config, set_)
    from streams.playing.publish import run

    run(settings, events, speed=factor, dealers=dealers)


def _factor(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise typer.BadParameter(
            f"{speed}: must be `max` or a number above 0", param_hint="--speed"
        )
    return factor


@commands.command(rich_help_panel="Parts on Kafka")
def tail(
    topic: Annotated[
        str,
        typer.Argument(
            help="Name without prefix: `alerts`, `ledger`, `dealer-stats`, `dead-letters` …"
        ),
    ],
    last: Annotated[bool, typer.Option("--last", help="Only the last value per key.")] = False,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="From the oldest record, not from now.")
    ] = False,
    until_current: Annotated[
        bool, typer.Option("--until-current", help="End at the end offsets found at the start.")
    ] = False,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Print a topic as NDJSON."""
    settings = options.settings_of(config, set_)
    from streams.looking.tail import run

    run(settings, topic, last=last, from_beginning=from_beginning, until_current=until_current)
