"""The whole channel, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streams.simulator.aftermath import Complaints, Returns, draw_complaints, draw_returns
from streams.simulator.benign import Benign, draw_benign
from streams.simulator.catalog import draw_catalog
from streams.simulator.dealers import Dealers, draw_dealers
from streams.simulator.incidents import Incident, plant
from streams.simulator.plan import USUAL, Plan
from streams.simulator.trade import Lines, cut_prices, draw_lines, draw_orders

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Channel:
    """Everything that happened, and what was planted."""

    seed: int
    days: int
    dealers: Dealers
    incidents: list[Incident]
    benign: list[Benign]
    lines: Lines
    complaints: Complaints
    returns: Returns


def simulate(seed: int, dealers: int, days: int, plan: Plan = USUAL) -> Channel:
    """Draw a channel. Same arguments, same channel."""
    streams = _streams(seed)
    who = draw_dealers(next(streams), dealers, days)
    catalog = draw_catalog(next(streams), dealers)
    incidents = plant(next(streams), who, days, plan)
    # a stream of its own, as the order of arrival has
    benign = draw_benign(np.random.default_rng([seed, 101]), who, days, plan, incidents)
    orders = draw_orders(next(streams), who, days, (incidents, benign))
    lines = draw_lines(next(streams), who, catalog, orders, benign)
    lines = cut_prices(lines, incidents)
    complaints = draw_complaints(next(streams), who, catalog, lines, incidents)
    returns = draw_returns(next(streams), who, catalog, lines, incidents)
    return Channel(seed, days, who, incidents, benign, lines, complaints, returns)


def _streams(seed: int) -> Iterator[np.random.Generator]:
    """Independent random streams, one per part."""
    part = 0
    while True:
        yield np.random.default_rng([seed, part])
        part += 1
