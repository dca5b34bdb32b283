"""Planted against found: how good were the alerts of a simulated channel?

Pure: labels and alert lines in, numbers out. An alert finds an incident when it opens on the same
entity, in the same kind, between onset and end. What opens on that entity within `_GRACE` after the
end still belongs to it. Inside a shock of its region an alert of a dealer is no false one either,
but it should have been rolled up: it is counted as `shock`. What is no guess but a fact (issues
that are overdue) was not planted and is not false either: it is counted as `facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.alert import STATISTICAL, Kind, Scope
from schemas.instant import DAY, Micros, parse_instant

if TYPE_CHECKING:
    from streams.simulator.labels import Label, Labels

_GRACE: Micros = 28 * DAY
_WEEK: Micros = 7 * DAY


class Opening(NamedTuple):
    """One alert that was opened."""

    kind: Kind
    scope: Scope
    entity: str
    at: Micros


@dataclass(slots=True)
class Row:
    """One kind of incident."""

    planted: int = 0
    days: list[float] = field(default_factory=list)  # from onset to alert, of those found
    repeats: int = 0  # further alerts on a planted incident
    shock: int = 0  # dealer alerts inside a shock of their region
    facts: int = 0  # alerts that cannot be false
    false: int = 0

    @property
    def found(self) -> int:
        """Planted incidents with an alert."""
        return len(self.days)

    @property
    def typical_days(self) -> float | None:
        """Median days from onset to alert; None when nothing was found."""
        return median(self.days) if self.days else None


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """Rows by (kind, scope), and what false alerts cost in the measure of the budget."""

    rows: Mapping[tuple[Kind, Scope], Row]
    weeks: float

    @property
    def false_per_week(self) -> float:
        """What `budget.false_alerts_per_week` accepts."""
        return sum(row.false for row in self.rows.values()) / self.weeks


def openings(lines: Iterable[Mapping[str, Any]]) -> list[Opening]:
    """The alerts that were opened, from lines of the topic or file of alerts."""
    return [
        Opening(Kind(line["kind"]), Scope(line["scope"]), line["entity"], parse_instant(line["at"]))
        for line in lines
        if line["change"] == "opened"
    ]


def score(labels: Labels, opened: Iterable[Opening]) -> Scoreboard:
    """Compare alerts with what was planted."""
    rows: dict[tuple[Kind, Scope], Row] = {}
    for label in labels.incidents:
        rows.setdefault((label.kind, label.scope), Row()).planted += 1
    found: set[int] = set()
    for opening in sorted(opened, key=lambda opening: opening.at):
        row = rows.setdefault((opening.kind, opening.scope), Row())
        _judge(labels, opening, row, found)
    span = parse_instant(labels.end) - parse_instant(labels.start)
    return Scoreboard(rows, span / _WEEK)


def _judge(labels: Labels, opening: Opening, row: Row, found: set[int]) -> None:
    number = _cause(labels, opening)
    if number is not None:
        label = labels.incidents[number]
        if number not in found and opening.at <= parse_instant(label.end):
            found.add(number)
            row.days.append((opening.at - parse_instant(label.onset)) / DAY)
        else:
            row.repeats += 1
    elif _in_shock(labels, opening):
        row.shock += 1
    elif opening.kind not in STATISTICAL:
        row.facts += 1
    else:
        row.false += 1


def _cause(labels: Labels, opening: Opening) -> int | None:
    for number, label in enumerate(labels.incidents):
        same = (label.kind, label.scope, label.entity) == opening[:3]
        if same and _covers(label, opening.at):
            return number
    return None


def _in_shock(labels: Labels, opening: Opening) -> bool:
    if opening.scope is not Scope.DEALER or opening.kind is not Kind.ORDER_VOLUME_DROP:
        return False
    region = labels.regions.get(opening.entity)
    return any(
        label.scope is Scope.REGION and label.entity == region and _covers(label, opening.at)
        for label in labels.incidents
    )


def _covers(label: Label, at: Micros) -> bool:
    return parse_instant(label.onset) <= at <= parse_instant(label.end) + _GRACE
