"""The census of a tick: what one partition tells the network, in sums of whole numbers."""

from __future__ import annotations

import json

import numpy as np

from detectors.baselines import openings, order_size, order_volume, peer_shift
from detectors.baselines.common_factor import SCALE, keep, scaled
from detectors.columns import F64, I64, Array
from detectors.watching.fleet import Fleet
from detectors.watching.view import TickView
from schemas.compiled import compiled
from schemas.named_rows import Sums
from schemas.wire import CellSums, Census, OpenSums

# by column of ItemVotes: lines are counted whole, everything else in multiples of 1 / SCALE
_UNITS = (1.0, SCALE, SCALE, SCALE, SCALE, 1.0, SCALE, 1.0, *(SCALE,) * 5)


def census(
    fleet: Fleet, view: TickView, partition: int, tick_days: float, pools: dict[str, list[int]]
) -> Census:
    """What was counted in a tick; takes the votes and record counts since the last census."""
    expected = scaled(np.where(view.mature, view.expected, 0.0))
    records, fleet.records = fleet.records, {}
    return Census(
        tick=view.tick,
        partition=partition,
        records=records,
        blurred=view.tick <= fleet.blurred_until,
        expected_orders=int(expected.sum()),
        largest_expected=int(expected.max(initial=0.0)),
        cells=_cells(fleet, view, tick_days, _size_votes(fleet, view, tick_days)),
        items=_items(fleet),
        complaints=_by_sku(fleet, fleet.case_votes[0]),
        returns=_by_sku(fleet, fleet.case_votes[1]),
        pools=pools,
        patterns=fleet.patterns.hand_over(),
        opened=_opened(fleet, view),
        quantities=_by_sku(fleet, fleet.quantity_votes),
    )


def _cells(fleet: Fleet, view: TickView, tick_days: float, sizes: F64) -> list[CellSums]:
    """Sums by cohort; the dealer's own share is kept, so that it can leave itself out."""
    rows = view.rows
    weight = order_volume.peer_weight(fleet.volume, rows)
    bounded = np.minimum(view.orders, 4.0 * view.expected + 4.0)
    observed, expected = scaled(weight * bounded), scaled(weight * view.expected)
    own = fleet.volume.own
    kept = own[rows] * keep(tick_days)
    kept[:, 0] += (observed / SCALE)[:, None]
    kept[:, 1] += (expected / SCALE)[:, None]
    own[rows] = kept
    standing, tiers = fleet.dealers.standing, len(fleet.dealers.tiers)
    cell = standing.region[rows].astype(np.int64) * tiers + standing.tier[rows]
    return _by_cell(fleet, cell, np.stack([observed, expected, *sizes]))


def _by_cell(fleet: Fleet, cell: I64, parts: F64) -> list[CellSums]:
    dealers = fleet.dealers
    cells = len(dealers.regions) * len(dealers.tiers)
    sums = np.stack([np.bincount(cell, part, cells) for part in parts])
    return [
        CellSums(
            dealers.regions.all[code // len(dealers.tiers)],
            dealers.tiers.all[code % len(dealers.tiers)],
            *map(int, sums[:, code]),
        )
        for code in np.flatnonzero(sums.any(axis=0)).tolist()
    ]


def _opened(fleet: Fleet, view: TickView) -> list[OpenSums]:
    """Votes of the dealers with a rhythm on who was open on the day that is over."""
    if view.over is None:
        return []
    names, region = fleet.dealers.regions.all, fleet.dealers.standing.region[view.over.rows]
    sums = [np.bincount(region, vote, len(names)) for vote in openings.votes(view.over).T]
    table = np.stack(sums, axis=1).astype(np.int64).tolist()
    return [OpenSums(names[code], *row) for code, row in enumerate(table) if any(row)]


def _size_votes(fleet: Fleet, view: TickView, tick_days: float) -> F64:
    """(2, k) shift and weight of order sizes; the dealer's own share is kept."""
    votes = np.zeros((2, len(view.rows)))
    bought = np.flatnonzero(view.sizes[:, 1] > 0)
    rows, size = view.rows[bought], fleet.size
    mean, orders = view.sizes[bought, 0] / view.sizes[bought, 1], view.sizes[bought, 1]
    of = order_size.noise(size, rows, fleet.known.size_pools())
    known = size.orders[rows] >= order_size.MIN_ORDERS
    weight = np.where(known, 1.0 - size.suspicion[rows], 0.0) / (of.order / orders + of.latent)
    votes[:, bought] = scaled(np.stack([weight * mean, weight]))
    peer_shift.add_own(
        size.own, size.own_tick, rows, view.tick, tick_days, votes[:, bought] / SCALE
    )
    return votes


@compiled
def _touched(votes: F64) -> I64:
    """Articles (rows) with votes of any sort (columns); numpy's any(axis=1) is 20 times slower."""
    rows = np.empty(len(votes), np.int64)
    count = 0
    for row in range(len(votes)):
        if votes[row, 0] != 0.0 or votes[row, 1] != 0.0:
            rows[count] = row
            count += 1
    return rows[:count]


def _items(fleet: Fleet) -> Sums:
    votes = fleet.votes
    touched = _touched(np.stack([votes.lines + votes.settled, votes.unknown_lines], axis=1))
    counts = [np.rint(column[touched] * unit) for column, unit in zip(votes, _UNITS, strict=True)]
    for column in votes:
        column[touched] = 0.0
    return Sums.of(fleet.known.items.texts(touched), np.stack(counts, axis=1))


def _by_sku(fleet: Fleet, votes: F64) -> Sums:
    """What is handed over of votes (skus, 2), which are then cast."""
    touched = _touched(votes)
    rows = scaled(votes[touched])
    votes[touched] = 0.0
    return Sums.of(fleet.known.skus.texts(touched), rows)


def added(sums: dict[str, list[int]], more: dict[str, list[int]]) -> dict[str, list[int]]:
    """Both, name by name."""
    whole = dict(sums)
    for name, values in more.items():
        before = whole.get(name, [0] * len(values))
        whole[name] = [a + b for a, b in zip(before, values, strict=True)]
    return whole


def pack_pools(pools: dict[str, list[int]]) -> Array:
    """Sums waiting for the next census, as bytes of a snapshot."""
    return np.frombuffer(json.dumps(pools).encode(), np.uint8).copy()


def unpack_pools(array: Array) -> dict[str, list[int]]:
    """What `pack_pools` packed."""
    pools: dict[str, list[int]] = json.loads(array.tobytes())
    return pools
