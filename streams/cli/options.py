"""Options that several commands share."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in YAML.", rich_help_panel="Settings"),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="One setting, such as `tick=15m` or `budget.false_alerts_per_week=5`. Repeatable. "
        "`dealerwatch schema --settings` shows them all.",
        rich_help_panel="Settings",
    ),
]
Events = Annotated[
    list[str],
    typer.Argument(metavar="EVENTS", help="NDJSON or NDJSON.gz, `-` for standard input."),
]
Alerts = Annotated[
    Path | None, typer.Option("--alerts", metavar="FILE", help="Every change of every alert.")
]
Stats = Annotated[
    Path | None, typer.Option("--stats", metavar="FILE", help="One line per dealer at the end.")
]
Master = Annotated[
    Path | None,
    typer.Option("--dealers", metavar="FILE", help="Master data of dealers, NDJSON or CSV."),
]
CalendarFile = Annotated[
    Path | None,
    typer.Option(
        "--calendar", metavar="FILE", help="Holidays, promotions, planned events: CSV or ICS."
    ),
]


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """For what writes files to `--out`. Raises UsageError where that is not possible."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written: {error.strerror}") from None


def settings_of(config: Path | None, overrides: list[str] | None) -> Settings:
    """Settings of this process, and its log set up by them. Raises UsageError."""
    from streams.configuration import load
    from streams.logs import configure

    settings = load(config, overrides or ())
    configure(settings.log.level)
    return settings
