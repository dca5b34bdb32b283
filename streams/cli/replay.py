"""`dealerwatch replay`: history without Kafka."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Try it")
def replay(
    events: options.Events,
    alerts: Annotated[
        Path, typer.Option("--alerts", metavar="FILE", help="Every change of every alert, NDJSON.")
    ],
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="FILE", help="Decided but not sent, with the reason."),
    ] = None,
    dealers: options.Master = None,
    calendar: options.CalendarFile = None,
    dead_letters: Annotated[
        Path | None,
        typer.Option("--dead-letters", metavar="FILE", help="Records not used, with the reason."),
    ] = None,
    stats: options.Stats = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TS", help="Events from this moment on are not read."),
    ] = None,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Read events from files and write the alerts they lead to.

    The same core as on Kafka: same input, same settings, same alerts, to the byte. The clock
    follows the event times. Outputs appear only when all has been read.
    """
    settings = options.settings_of(config, set_)
    from streams.playing.replay import Outputs, run

    outputs = Outputs(alerts=alerts, ledger=ledger, dead_letters=dead_letters, stats=stats)
    summary = run(settings, events, outputs, dealers=dealers, calendar=calendar, until=until)
    print(summary, file=sys.stderr)
    letter = summary.first_letter
    if letter is not None and dead_letters is None:
        print(
            f"the first record not used is line {letter.offset + 1} of {letter.topic}: "
            f"{letter.detail}\n--dead-letters FILE keeps them all, each with its reason",
            file=sys.stderr,
        )
