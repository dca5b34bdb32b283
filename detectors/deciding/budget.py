"""From the one knob to thresholds: how many false alerts a week the team accepts.

K false alerts a week, shared by n entities (a dealer and kind of which something can be proven, see
`detectors.watching.ability`; the others count a twentieth), are b = 52 K / n a year for each, and
Shiryaev-Roberts evidence crosses ln(365 / b) nats at most b times a year; what the fleet teaches
about that promise is added (`detectors.deciding.calibration`). All entities have the same share: an
entity that can prove something buys the same delay for the same share, whatever its size. Only of
kinds that are no loss (SHARES) an entity has less, so that they cost the others next to nothing.

A fleet too small for its budget does not spend it all. At two a year the line is R = 182 days,
three times the 60 days in which an entity must be able to prove something; lower, evidence would
cross by the passing of time alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, Final

from detectors.registry import KINDS
from schemas.alert import Kind
from schemas.instant import DAY, Micros

WEEKS: Final = 52.0  # in a year, as the knob counts them
MOST_PER_YEAR: Final = 2.0  # false alerts of one entity
LEAST_PER_YEAR: Final = 1e-4
UNKNOWN_PER_YEAR: Final = 1.0 / WEEKS  # before anybody can prove anything
REALISED_DAYS: Final = 28  # over which openings are told
# A dealer that stocks up is worth knowing, one that leaves is worth more: of surges a quarter is
# allowed, for which they wait ln(4) nats longer, and all others ln(1 + 1/16) where all kinds share.
SHARES: Final[Mapping[str, float]] = {Kind.ORDER_VOLUME_SURGE: 0.25}  # of an entity's, else 1


def weighed(sharing: Mapping[str, float]) -> dict[str, float]:
    """Shares by kind as they count in the budget; sharing: dealers with a full share, by kind."""
    return {kind: SHARES.get(kind, 1.0) * sharing[kind] for kind in sorted(sharing)}


def share(false_alerts_per_week: float, sharing: Mapping[str, float], kind: str = "") -> float:
    """False alerts a year of one entity of a kind; sharing: dealers with a full share, by kind."""
    whole = sum(weighed(sharing).values())
    if whole == 0.0:
        return UNKNOWN_PER_YEAR
    per_year = SHARES.get(kind, 1.0) * false_alerts_per_week * WEEKS / whole
    return min(max(per_year, LEAST_PER_YEAR), MOST_PER_YEAR)


def threshold(per_year: float) -> float:
    """Nats for this many false alerts of one entity in a year."""
    return log(365.0 / per_year)


@dataclass(frozen=True)
class Spending:
    """What one kind has of the budget; alerts a week of the whole team."""

    asked: float
    expected: float  # what its threshold stands for
    realised: float  # opened in the last four weeks, true ones included


class Openings:
    """Alerts opened lately, by kind: what the budget has led to."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, int]] = {}  # day since 1970 -> openings; REALISED_DAYS + 1
        self._first: int | None = None

    def note(self, at: Micros, kinds: list[str]) -> None:
        """The openings of one tick."""
        today = (at - 1) // DAY
        self._first = today if self._first is None else self._first
        self._days = {day: n for day, n in self._days.items() if day > today - REALISED_DAYS}
        opened = self._days.setdefault(today, {})
        for kind in kinds:
            if kind in KINDS:  # issues past their deadline and outages are facts, not judgements
                opened[kind] = opened.get(kind, 0) + 1

    def per_week(self, kind: str) -> float:
        """Over the last four weeks, or as many as there are."""
        if self._first is None:
            return 0.0
        days = min(max(self._days) - self._first + 1, REALISED_DAYS)
        return 7.0 * sum(opened.get(kind, 0) for opened in self._days.values()) / days

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [self._first, sorted(self._days.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._first, days = state
        self._days = dict(days)
