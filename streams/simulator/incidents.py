"""What goes wrong, planted: kind, entity, from, to and size, in the words of the alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schemas.alert import Kind, Scope
from streams.simulator.seasons import FIRST_INCIDENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from streams.simulator.dealers import Dealers

_PLAN = (  # kind, size, days it lasts (least, most), incidents per 100 dealers, least orders a day
    (Kind.ORDER_VOLUME_DROP, 1.0, (25, 45), 4.0, 0.15),  # silence
    (Kind.ORDER_VOLUME_DROP, 0.7, (30, 60), 2.5, 0.4),
    (Kind.ORDER_VOLUME_DROP, 0.4, (35, 60), 1.5, 1.5),
    (Kind.UNIT_PRICE_DROP, 0.20, (30, 60), 2.0, 0.3),
    (Kind.UNIT_PRICE_DROP, 0.08, (30, 60), 1.5, 1.0),
    (Kind.COMPLAINT_SPIKE, 6.0, (20, 40), 2.5, 1.5),
    (Kind.RETURN_SPIKE, 6.0, (20, 40), 2.5, 1.2),
)
_GAP = 30  # days between two incidents of one dealer, so that each has its own cause


@dataclass(frozen=True, slots=True)
class Incident:
    """One planted trouble. `size` is the share that is lost, or the factor of a spike."""

    kind: Kind
    scope: Scope
    entity: int  # index of the dealer or region
    onset: float  # days since START
    end: float
    size: float


def plant(rng: np.random.Generator, dealers: Dealers, days: int) -> list[Incident]:
    """Incidents of single dealers and one shock per region half-year, after `FIRST_INCIDENT`."""
    shocks = list(_shocks(rng, days))
    busy: dict[int, list[tuple[float, float]]] = {}
    found = []
    for kind, size, lasts, share, least in _PLAN:
        candidates = np.flatnonzero(_settled(dealers, days) & (dealers.rate >= least))
        for _ in range(max(1, round(share * len(dealers) / 100))):
            incident = _place(rng, candidates, busy, (kind, size, lasts), days)
            if incident is not None:
                found.append(incident)
    return sorted(found, key=lambda incident: incident.onset) + shocks


def _settled(dealers: Dealers, days: int) -> NDArray[np.bool_]:
    """Dealers with a history before the first incident, who stay."""
    return np.asarray((dealers.opened == 0) & (dealers.closed == days))


def _place(
    rng: np.random.Generator,
    candidates: NDArray[np.int64],
    busy: dict[int, list[tuple[float, float]]],
    what: tuple[Kind, float, tuple[int, int]],
    days: int,
) -> Incident | None:
    kind, size, lasts = what
    for _ in range(50 if candidates.size else 0):
        dealer = int(rng.choice(candidates))
        length = float(rng.uniform(*lasts))
        onset = float(rng.uniform(FIRST_INCIDENT, max(days - length / 2, FIRST_INCIDENT + 1)))
        taken = busy.setdefault(dealer, [])
        if all(onset > end + _GAP or onset + length < start - _GAP for start, end in taken):
            taken.append((onset, onset + length))
            return Incident(kind, Scope.DEALER, dealer, onset, min(onset + length, days), size)
    return None


def _shocks(rng: np.random.Generator, days: int) -> Iterator[Incident]:
    """A region loses half of its trade for some days, once in half a year."""
    for first in range(FIRST_INCIDENT + 30, days - 20, 182):
        onset = float(first + rng.uniform(0, 20))
        region = int(rng.integers(0, 6))
        end = onset + float(rng.uniform(6, 12))
        yield Incident(Kind.ORDER_VOLUME_DROP, Scope.REGION, region, onset, end, 0.5)
