"""`dealerwatch schema`: the contracts, generated from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Look")
def schema(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")],
) -> None:
    """Write the JSON Schemas of what crosses a border, and the AsyncAPI document of the topics."""
    from schemas.contract import documents

    with options.writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, text in documents().items():
            (out / name).write_text(text, "utf-8")
            print(out / name)
