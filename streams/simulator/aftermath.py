"""What follows orders: complaints with their issues, returns, cancelled orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schemas.alert import Kind
from streams.simulator.catalog import CATEGORIES, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from streams.simulator.catalog import Catalog
    from streams.simulator.dealers import Dealers
    from streams.simulator.incidents import Incident
    from streams.simulator.trade import Lines


@dataclass(frozen=True, slots=True)
class Complaints:
    """One entry per complaint."""

    at: NDArray[np.float64]  # days since START
    dealer: NDArray[np.int64]
    sku: NDArray[np.int64]
    category: NDArray[np.int64]
    issue: NDArray[np.int64]  # number of its issue, -1: none
    resolved: NDArray[np.float64]  # when its issue was resolved; nan: never


@dataclass(frozen=True, slots=True)
class Returns:
    """One entry per return."""

    at: NDArray[np.float64]  # days since START
    dealer: NDArray[np.int64]
    sku: NDArray[np.int64]
    quantity: NDArray[np.int64]
    order: NDArray[np.int64]  # number of the order it names, -1: none


def draw_complaints(
    rng: np.random.Generator,
    dealers: Dealers,
    catalog: Catalog,
    lines: Lines,
    incidents: Sequence[Incident],
) -> Complaints:
    """Some days after an order, more during a spike; every third opens an issue."""
    rate = dealers.complaint / dealers.lines  # per order, drawn per line
    source = np.flatnonzero(rng.random(lines.at.size) < rate[lines.dealer])
    dealer, at = lines.dealer[source], lines.at[source] + rng.gamma(1.5, 3.0, source.size)
    more, when = _spike(rng, dealers.rate * dealers.complaint, incidents, Kind.COMPLAINT_SPIKE)
    sku = np.concatenate([lines.sku[source], pick(rng, catalog.assortment, more)])
    at = np.concatenate([at, when])
    chance = np.array([0.3, 0.2, 0.25, 0.1, 0.15])
    issue = np.where(rng.random(at.size) < 0.3, np.arange(at.size), -1)
    answered = np.where(rng.random(at.size) < 0.97, at + rng.gamma(2.0, 1.2, at.size), np.nan)
    return Complaints(
        at=at,
        dealer=np.concatenate([dealer, more]),
        sku=sku,
        category=rng.choice(len(CATEGORIES), at.size, p=chance),
        issue=issue,
        resolved=np.where(issue >= 0, answered, np.nan),
    )


def draw_returns(
    rng: np.random.Generator,
    dealers: Dealers,
    catalog: Catalog,
    lines: Lines,
    incidents: Sequence[Incident],
) -> Returns:
    """A week after an order, more during a spike; and orders cancelled on the same day."""
    rate = dealers.returned / dealers.lines
    source = np.flatnonzero(rng.random(lines.at.size) < rate[lines.dealer])
    at = lines.at[source] + rng.gamma(2.0, 3.5, source.size)
    more, when = _spike(rng, dealers.rate * dealers.returned, incidents, Kind.RETURN_SPIKE)
    gone = np.flatnonzero(
        (rng.random(int(lines.order.max()) + 1) < 0.003)[lines.order] & lines.named
    )
    parts = (
        (at, lines.dealer[source], lines.sku[source], np.minimum(lines.quantity[source], 2)),
        (when, more, pick(rng, catalog.assortment, more), np.ones(more.size, np.int64)),
        (lines.at[gone] + 0.1, lines.dealer[gone], lines.sku[gone], lines.quantity[gone]),
    )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    named = np.where(lines.named[source], lines.order[source], -1)
    order = np.concatenate([named, np.full(more.size, -1), lines.order[gone]])
    return Returns(columns[0], columns[1], columns[2], columns[3], order)


def _spike(
    rng: np.random.Generator,
    usual_per_day: NDArray[np.float64],
    incidents: Sequence[Incident],
    kind: Kind,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Dealer and moment of what comes on top of the usual while incidents of `kind` last."""
    dealer, at = [np.empty(0, np.int64)], [np.empty(0)]
    for incident in incidents:
        if incident.kind is kind:
            length = incident.end - incident.onset
            extra = rng.poisson(usual_per_day[incident.entity] * (incident.size - 1) * length)
            dealer.append(np.full(extra, incident.entity))
            at.append(rng.uniform(incident.onset, incident.end, extra))
    return np.concatenate(dealer), np.concatenate(at)
