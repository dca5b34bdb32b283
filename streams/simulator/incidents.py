"""What goes wrong, planted: kind, entity, from, to and size, in the words of the alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schemas.alert import Kind, Scope
from streams.simulator.plan import USUAL, Plan, Row
from streams.simulator.seasons import FIRST_INCIDENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from streams.simulator.dealers import Dealers

_GAP = 30  # days between two incidents of one dealer, so that each has its own cause


@dataclass(frozen=True, slots=True)
class Incident:
    """One planted trouble. `size` is the share that is lost, or the factor of a spike.

    A slow one grows over `ramp` days from its onset on.
    """

    kind: Kind
    scope: Scope
    entity: int  # index of the dealer or region
    onset: float  # days since START
    end: float
    size: float
    ramp: float = 0.0  # days

    def grown(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of it there is at these moments: (len(at),) 0 to 1."""
        begun = at >= self.onset if self.ramp == 0 else (at - self.onset) / self.ramp
        return np.where(at < self.end, np.clip(begun, 0.0, 1.0), 0.0)


def plant(
    rng: np.random.Generator, dealers: Dealers, days: int, plan: Plan = USUAL
) -> list[Incident]:
    """Incidents of single dealers and shocks of regions, after `FIRST_INCIDENT`."""
    shocks = list(_shocks(rng, days, plan.shock_every))
    busy: dict[int, list[tuple[float, float]]] = {}
    found = []
    for row in plan.rows:
        candidates = np.flatnonzero(_settled(dealers, days) & _fits(row, dealers))
        for _ in range(max(1, round(row.per_100 * len(dealers) / 100))):
            incident = _place(rng, candidates, busy, row, days)
            if incident is not None:
                found.append(incident)
    return sorted(found, key=lambda incident: incident.onset) + shocks


def _fits(row: Row, dealers: Dealers) -> NDArray[np.bool_]:
    fits = (dealers.rate >= row.least_rate) & (dealers.rate < row.most_rate)
    return np.asarray(fits & (dealers.rhythm > 0) if row.regular else fits)


def _settled(dealers: Dealers, days: int) -> NDArray[np.bool_]:
    """Dealers with a history before the first incident, who stay."""
    return np.asarray((dealers.opened == 0) & (dealers.closed == days))


def _place(
    rng: np.random.Generator,
    candidates: NDArray[np.int64],
    busy: dict[int, list[tuple[float, float]]],
    row: Row,
    days: int,
) -> Incident | None:
    for _ in range(50 if candidates.size else 0):
        dealer = int(rng.choice(candidates))
        length = float(rng.uniform(*row.lasts))
        onset = float(rng.uniform(FIRST_INCIDENT, max(days - length / 2, FIRST_INCIDENT + 1)))
        taken = busy.setdefault(dealer, [])
        if all(onset > end + _GAP or onset + length < start - _GAP for start, end in taken):
            taken.append((onset, onset + length))
            end = min(onset + length, float(days))
            return Incident(row.kind, Scope.DEALER, dealer, onset, end, row.size, row.ramp)
    return None


def _shocks(rng: np.random.Generator, days: int, every: int) -> Iterator[Incident]:
    """A region loses half of its trade for some days, once in `every` days."""
    for first in range(FIRST_INCIDENT + 30, days - 20, every):
        onset = float(first + rng.uniform(0, 20))
        region = int(rng.integers(0, 6))
        end = onset + float(rng.uniform(6, 12))
        yield Incident(Kind.ORDER_VOLUME_DROP, Scope.REGION, region, onset, end, 0.5)
