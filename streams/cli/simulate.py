"""`dealerwatch simulate`: a channel with planted incidents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Try it")
def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same files.")] = 1,
    dealers: Annotated[int, typer.Option("--dealers", min=10, max=100_000, help="How many.")] = 300,
    days: Annotated[
        int, typer.Option("--days", min=180, max=3_650, help="From 1 January 2024 on.")
    ] = 400,
    dense: Annotated[
        bool, typer.Option("--dense", help="More and finer incidents, to measure with.")
    ] = False,
) -> None:
    """Invent a channel: dealers, seasons, holidays, and incidents that are known.

    Writes events.ndjson.gz (in order of arrival), labels.json (what was planted), calendar.csv,
    dealers.csv.
    """
    from streams.simulator import DENSE, USUAL, simulate_to

    plan = DENSE if dense else USUAL
    with options.writing_to(out):
        print(simulate_to(out, seed=seed, dealers=dealers, days=days, plan=plan))
