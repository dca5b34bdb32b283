"""The scoreboard as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.table import Table

from schemas.alert import Scope

if TYPE_CHECKING:
    from streams.showing.scoreboard import Row, Scoreboard

_COLUMNS = ("kind", "planted", "found", "days", "again", "shock", "fact", "false")


def board_table(board: Scoreboard, accepted_per_week: float) -> Table:
    """By kind, of dealers where no other scope is named; days to find are the median."""
    table = Table(
        title="planted against found",
        box=SIMPLE,
        padding=(0, 0),  # nine columns in a terminal of 80
        caption=f"{board.false_per_week:.2f} false alerts a week; "
        f"{accepted_per_week:g} accepted (budget.false_alerts_per_week)",
    )
    for number, column in enumerate(_COLUMNS):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for (kind, scope), row in sorted(board.rows.items()):
        table.add_row(kind if scope is Scope.DEALER else f"{kind}, {scope}", *_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    days = "" if row.typical_days is None else f"{row.typical_days:.1f}"
    numbers = (row.repeats, row.shock, row.facts, row.false)
    return str(row.planted), str(row.found), days, *(str(number) for number in numbers)
