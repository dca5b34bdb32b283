"""`python -m benchmarks [ingress|replay|tick|minute|decode]`: one of them, or all but `minute`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import decode as decoding
from benchmarks import ingress as side_by_side
from benchmarks import minute as of_a_minute
from benchmarks import replay as replaying
from benchmarks import tick as ticking

app = typer.Typer(help=__doc__, add_completion=False)

Events = Annotated[int, typer.Option(help="Order lines in the topic.", min=10_000)]
Rounds = Annotated[int, typer.Option(help="Repetitions, of which medians are told.", min=1)]


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Without a command: all, a quarter of an hour on two idle cores."""
    if context.invoked_subcommand is None:
        for measure in (decoding.main, ticking.main, replaying.main, side_by_side.main):
            measure()


@app.command()
def ingress(
    dealers: Annotated[list[int] | None, typer.Option(help="Repeatable.", min=1)] = None,
    events: Events = 1_000_000,
    rounds: Rounds = 3,
) -> None:
    """The limit, plain Faust and our worker on the same topic."""
    side_by_side.main(tuple(dealers or side_by_side.DEALERS), events, rounds)


@app.command()
def replay(
    events: Annotated[Path | None, typer.Argument(help="NDJSON; simulated without it.")] = None,
    calendar: Annotated[Path | None, typer.Option(help="Holidays of the scenario.")] = None,
    rounds: Rounds = 1,
) -> None:
    """`dealerwatch replay` of a scenario."""
    replaying.main(events, calendar, rounds)


@app.command()
def tick(
    dealers: Annotated[list[int] | None, typer.Option(help="Repeatable.", min=1)] = None,
    days: Annotated[int, typer.Option(help="Played before it is measured.", min=1)] = 1,
) -> None:
    """One tick over many dealers."""
    ticking.main(tuple(dealers or ticking.DEALERS), days)


@app.command()
def minute(
    dealers: Annotated[int, typer.Option(help="In all partitions.", min=8)] = of_a_minute.DEALERS,
    owned: Annotated[int, typer.Option(help="Partitions of eight that are played.", min=1)] = 8,
) -> None:
    """Ticks of a minute over a million dealers. 6 GB; half of it with `--owned 4`."""
    of_a_minute.main(dealers, owned)


@app.command()
def decode() -> None:
    """Decoding alone."""
    decoding.main()


if __name__ == "__main__":
    app()
