"""`dealerwatch schema`: the contracts, generated from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli import options

commands = typer.Typer()


@commands.command(rich_help_panel="Look")
def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the schemas go.")
    ] = None,
    settings: Annotated[
        bool, typer.Option("--settings", help="Print every setting, with default and meaning.")
    ] = False,
) -> None:
    """Write the JSON Schemas of what crosses a border, and the AsyncAPI document of the topics.

    `--settings` prints every setting there is, as Markdown.
    """
    if settings:
        from schemas.settings_reference import settings_reference

        print(settings_reference(), end="")
    if out is not None:
        _write(out)
    elif not settings:
        raise typer.BadParameter("name a folder for the schemas", param_hint="--out")


def _write(out: Path) -> None:
    from schemas.contract import documents

    with options.writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, text in documents().items():
            (out / name).write_text(text, "utf-8")
            print(out / name)
