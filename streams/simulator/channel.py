"""The whole channel, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streams.simulator.aftermath import Complaints, Returns, draw_complaints, draw_returns
from streams.simulator.catalog import draw_catalog
from streams.simulator.dealers import Dealers, draw_dealers
from streams.simulator.incidents import Incident, plant
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
    lines: Lines
    complaints: Complaints
    returns: Returns


def simulate(seed: int, dealers: int, days: int) -> Channel:
    """Draw a channel. Same arguments, same channel."""
    streams = _streams(seed)
    who = draw_dealers(next(streams), dealers, days)
    catalog = draw_catalog(next(streams), dealers)
    incidents = plant(next(streams), who, days)
    orders = draw_orders(next(streams), who, days, incidents)
    lines = cut_prices(draw_lines(next(streams), who, catalog, orders, days), incidents)
    complaints = draw_complaints(next(streams), who, catalog, lines, incidents)
    returns = draw_returns(next(streams), who, catalog, lines, incidents)
    return Channel(seed, days, who, incidents, lines, complaints, returns)


def _streams(seed: int) -> Iterator[np.random.Generator]:
    """Independent random streams, one per part."""
    part = 0
    while True:
        yield np.random.default_rng([seed, part])
        part += 1
