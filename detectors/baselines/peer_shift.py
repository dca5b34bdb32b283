"""When everybody's orders become smaller, nobody's have: the common shift of a dealer's peers.

The counterpart of `detectors.baselines.common_factor` for the size of orders: a dealer's mean
residual of a tick is compared with those of its peers in the same ticks: the network's, its
region's against the network, its tier's against the network, each without the dealer itself, at the
same three speeds.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines.common_factor import HALF_LIVES, SPEEDS, SURE, PeerSums, fastest
from detectors.columns import F64, I32, I64
from schemas.compiled import compiled

NETWORK_PRIOR: Final = 0.3**2  # variance of a plausible shift of the network …
GROUP_PRIOR: Final = 0.1**2  # … and of a region or tier against the network
SHIFT, WEIGHT = 2, 3  # rows of the sums, after observed and expected orders


@compiled
def add_own(own: F64, own_tick: I64, rows: I64, tick: int, tick_days: float, votes: F64) -> None:
    """Add the votes (2, k), shift and weight, of some dealers to their own shares of the sums."""
    for k in range(len(rows)):
        i = rows[k]
        days = (tick - own_tick[i]) * tick_days
        own_tick[i] = tick
        for s in range(SPEEDS):
            keep = 0.5 ** (days / HALF_LIVES[s]) if HALF_LIVES[s] > 0.0 else 0.0
            for part in range(2):
                own[i, part, s] = keep * own[i, part, s] + votes[part, k]


@compiled
def _mean(sums: F64, own: F64, base: F64, prior: float, mean: F64, deviation: F64) -> None:
    """Mean residual by speed, leave-one-out, over the base, shrunk unless significant."""
    for s in range(SPEEDS):
        weight = max(sums[WEIGHT, s] - own[1, s], 1e-6)
        variance = 1.0 / weight
        raw = (sums[SHIFT, s] - own[0, s]) / weight - base[s]
        z = min(abs(raw) / np.sqrt(variance), 100.0)
        trust = max(prior / (prior + variance), 1.0 / (1.0 + np.exp(-3.0 * (z - SURE))))
        mean[s] = raw * trust
        deviation[s] = np.sqrt(variance)


@compiled
def shifts(rows: I64, region: I32, tier: I32, own: F64, sums: PeerSums, out: F64) -> None:
    """Fill out (k,) with the common shift of each row: network, region and tier.

    region, tier: (n,) codes; own: (n, 2, SPEEDS) the dealer's own share of the sums.
    """
    net, group, deviation = np.empty(SPEEDS), np.empty(SPEEDS), np.empty(SPEEDS)
    flat = np.zeros(SPEEDS)
    for k in range(len(rows)):
        i = rows[k]
        _mean(sums.network, own[i], flat, NETWORK_PRIOR, net, deviation)
        out[k] = fastest(net, deviation)
        _mean(sums.region[region[i]], own[i], net, GROUP_PRIOR, group, deviation)
        out[k] += fastest(group, deviation)
        _mean(sums.tier[tier[i]], own[i], net, GROUP_PRIOR, group, deviation)
        out[k] += fastest(group, deviation)
