"""`dealerwatch status` and `dealerwatch doctor`: is all well?"""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Look")
def status(
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Lag, closed ticks, dealers, open alerts, dead letters; exit 0 when nothing is behind."""
    settings = options.settings_of(config, set_)
    from streams.looking.status import run

    raise typer.Exit(run(settings, json=json))


@commands.command(rich_help_panel="Look")
def doctor(config: options.Config = None, set_: options.Set = None) -> None:
    """Look for what is wrong and say the cure; exit 1 when something is."""
    settings = options.settings_of(config, set_)
    from streams.looking.doctor import examine

    wrong = False
    for finding in examine(settings):
        print(finding)
        wrong |= not finding.well
    raise typer.Exit(1 if wrong else 0)
