"""`dealerwatch demo`: everything together."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Try it")
def demo(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Events to play; without it a simulated channel."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when all is processed.")] = False,
    alerts: options.Alerts = None,
    stats: options.Stats = None,
    dealers: options.Master = None,
    calendar: options.CalendarFile = None,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Start Kafka, all parts and a webhook receiver; play files; show what happens.

    With DEALERWATCH_BROKER set it uses that Kafka. Ctrl-C stops everything. `--once` ends by itself
    and writes what the topics hold to `--alerts` and `--stats`.
    """
    settings = options.settings_of(config, set_)
    from streams.showing.demo import Plan, run

    run(Plan(settings, files or [], once, alerts, stats, dealers, calendar))
