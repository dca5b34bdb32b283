"""What looks like trouble and is none: a dealer's own sale, a change to cheaper articles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from streams.simulator.seasons import FIRST_INCIDENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from streams.simulator.catalog import Catalog
    from streams.simulator.dealers import Dealers
    from streams.simulator.incidents import Incident
    from streams.simulator.plan import Plan

_GAP = 30.0  # days from an incident of the same dealer, so that each alert has one cause


class Name(StrEnum):
    """What it is."""

    OWN_SALE = "own_sale"
    MIX_SHIFT = "mix_shift"


@dataclass(frozen=True, slots=True)
class Benign:
    """One harmless event of one dealer."""

    name: Name
    entity: int  # index of the dealer
    onset: float  # days since START
    end: float
    size: float  # a sale: factor of orders; a shift: how strongly cheap articles are preferred


def draw_benign(
    rng: np.random.Generator,
    dealers: Dealers,
    days: int,
    plan: Plan,
    incidents: Sequence[Incident],
) -> list[Benign]:
    """Sales at any time, shifts of the mix apart from the dealer's incidents."""
    return [
        *_own_sales(rng, len(dealers), days, plan),
        *_shifts(rng, dealers, days, plan, incidents),
    ]


def sales(benign: Sequence[Benign], dealers: int, days: int) -> NDArray[np.float64]:
    """Factor of orders: (dealers, days); four days after a sale come a little less."""
    factor = np.ones((dealers, days))
    for one in benign:
        if one.name is Name.OWN_SALE:
            first, last = int(one.onset), int(one.end)
            factor[one.entity, first:last] *= one.size
            factor[one.entity, last : last + 4] *= 0.85
    return factor


def shift_mix(
    rng: np.random.Generator,
    catalog: Catalog,
    sku: NDArray[np.int64],
    buyer: tuple[NDArray[np.int64], NDArray[np.float64]],
    benign: Sequence[Benign],
) -> NDArray[np.int64]:
    """SKU of every line, those inside a shift drawn again. buyer: dealer and moment of each."""
    dealer, at = buyer
    shifted = sku.copy()
    for one in benign:
        if one.name is Name.MIX_SHIFT:
            hit = np.flatnonzero((dealer == one.entity) & (at >= one.onset) & (at < one.end))
            share = np.diff(catalog.assortment[one.entity], prepend=0.0)
            share = share * np.exp(-one.size * catalog.log_price)
            shifted[hit] = rng.choice(share.size, hit.size, p=share / share.sum())
    return shifted


def _own_sales(rng: np.random.Generator, n: int, days: int, plan: Plan) -> Iterator[Benign]:
    counts = rng.poisson(plan.own_sales * days / 365, n)
    for dealer in np.repeat(np.arange(n), counts).tolist():
        onset = float(rng.integers(0, days - 12))
        length = float(rng.integers(3, 11))
        yield Benign(Name.OWN_SALE, dealer, onset, onset + length, float(rng.uniform(1.5, 3.0)))


def _shifts(
    rng: np.random.Generator,
    dealers: Dealers,
    days: int,
    plan: Plan,
    incidents: Sequence[Incident],
) -> Iterator[Benign]:
    candidates = np.flatnonzero((dealers.rate > 1) & (dealers.opened == 0))
    wanted = min(round(plan.mix_shifts * len(dealers) / 100), candidates.size)
    for dealer in rng.choice(candidates, wanted, replace=False).tolist():
        onset = float(rng.uniform(FIRST_INCIDENT, max(days - 40, FIRST_INCIDENT + 1)))
        end = min(onset + float(rng.uniform(40, 90)), float(days))
        own = (one for one in incidents if one.entity == dealer)
        if all(onset > one.end + _GAP or end < one.onset - _GAP for one in own):
            yield Benign(Name.MIX_SHIFT, dealer, onset, end, float(rng.uniform(0.8, 1.8)))
