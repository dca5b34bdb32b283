"""`dealerwatch worker`, `clock`, `notify`: what runs day and night."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from streams.cli import options


class Role(StrEnum):
    """Which agents a worker runs."""

    WATCH = "watch"
    NETWORK = "network"
    BOTH = "both"


commands = typer.Typer()


@commands.command(rich_help_panel="Parts on Kafka")
def worker(
    slot: Annotated[
        str,
        typer.Option(
            "--slot",
            metavar="NAME",
            help="Its name in the group; every worker needs its own, and keeps it.",
        ),
    ] = "1",
    role: Annotated[Role, typer.Option("--role", help="Agents of this worker.")] = Role.BOTH,
    config: options.Config = None,
    set_: options.Set = None,
) -> None:
    """Watch dealers, until Ctrl-C or SIGTERM.

    Start more of them, each with its own slot, up to one per partition.
    """
    settings = options.settings_of(config, set_)
    from streams.workers.worker import run

    run(settings, slot=slot, role=role.value)


@commands.command(rich_help_panel="Parts on Kafka")
def clock(config: options.Config = None, set_: options.Set = None) -> None:
    """Write the ticks of the wall clock, until Ctrl-C or SIGTERM."""
    settings = options.settings_of(config, set_)
    from streams.ticking.clock import run

    run(settings)


@commands.command(rich_help_panel="Parts on Kafka")
def notify(config: options.Config = None, set_: options.Set = None) -> None:
    """Deliver alerts to the webhook of the settings, until Ctrl-C or SIGTERM."""
    settings = options.settings_of(config, set_)
    from streams.notifying.notify import run

    run(settings)
