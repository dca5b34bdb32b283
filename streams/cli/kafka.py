"""`dealerwatch broker` and `dealerwatch topics`: what the system stands on."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Parts on Kafka")
def broker(
    directory: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="Where data stay; without it they do not."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")
    ] = 9092,
) -> None:
    """Run an embedded Kafka (one node) until Ctrl-C.

    Prints `listening on HOST:PORT` when it is ready. For trying things out: one copy of the data.
    """
    from streams.broker import run_broker

    run_broker(directory, port or None, announce=print, progress=partial(print, file=sys.stderr))


topics = typer.Typer(
    help="The topics the system needs: `create` them first of all.", no_args_is_help=True
)
commands.add_typer(topics, name="topics", rich_help_panel="Parts on Kafka")


@topics.command()
def create(config: options.Config = None, set_: options.Set = None) -> None:
    """Create the topics that are missing; those that exist stay as they are (see `check`)."""
    settings = options.settings_of(config, set_)
    from streams.topics import administration, create

    with administration(settings.broker) as admin:
        for name in create(admin, settings.topics):
            print(name)


@topics.command()
def check(config: options.Config = None, set_: options.Set = None) -> None:
    """Compare the topics with what they should be; exit 1 when something is wrong."""
    settings = options.settings_of(config, set_)
    from streams.topics import administration, check

    with administration(settings.broker) as admin:
        wrong = check(admin, settings.topics)
    for difference in wrong:
        print(difference)
    raise typer.Exit(1 if wrong else 0)


@topics.command()
def delete(config: options.Config = None, set_: options.Set = None) -> None:
    """Delete the topics of this system with all they hold."""
    settings = options.settings_of(config, set_)
    from streams.topics import administration, delete

    with administration(settings.broker) as admin:
        for name in delete(admin, settings.topics):
            print(name)
