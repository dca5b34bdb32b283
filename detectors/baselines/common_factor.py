"""What happens to everybody is nobody's alert: the common factor of a dealer's peers.

A dealer's expected orders are multiplied by what its peers did in the same ticks: the network's
ratio of observed to expected, the region's ratio to the network, the tier's ratio to the network,
each without the dealer itself. Three speeds are kept (the tick alone, half-lives of four hours and
of a day); the slow one rules, a faster one only when it disagrees by three standard deviations, so
that a holiday is followed at once and noise is not. Season, promotions and shutdowns need no terms
of their own.

Sums over dealers are sums of scaled integers: they do not depend on how dealers are split into
partitions.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I32, I64
from schemas.compiled import compiled

HALF_LIVES: Final = (0.0, 4.0 / 24.0, 1.0)  # days; the first is the tick alone
SPEEDS: Final = len(HALF_LIVES)
SCALE: Final = float(1 << 20)  # of the integers: a millionth of an order
NETWORK_PRIOR: Final = 0.5**2  # variance of a plausible log factor of the network …
GROUP_PRIOR: Final = 0.15**2  # … and of a region or tier against the network
EXCESS: Final = 1.6  # variance of a sum of orders, over Poisson's
SURE: Final = 3.0  # standard deviations
UNEVEN: Final = 0.35  # deviation of a dealer's share in what happens to everybody


class PeerSums(NamedTuple):
    """Fading sums: observed and expected orders, and what peer_shift adds; last axis: speeds."""

    network: F64  # (4, SPEEDS) observed, expected; shift and weight of order sizes
    region: F64  # (regions, 4, SPEEDS)
    tier: F64  # (tiers, 4, SPEEDS)


def keep(tick_days: float) -> F64:
    """(SPEEDS,) what is left of a sum after a tick."""
    return np.array([0.0 if h == 0 else 0.5 ** (tick_days / h) for h in HALF_LIVES])


def scaled(values: F64) -> F64:
    """The values as whole multiples of 1 / SCALE, still as floats (exact up to 2**53)."""
    return np.asarray(np.rint(values * SCALE))


@compiled
def _ratio(
    seen: F64, expected: F64, own: F64, base: F64, prior: float, ratio: F64, deviation: F64
) -> None:
    """Log of observed over expected by speed, leave-one-out, shrunk unless significant."""
    for s in range(len(ratio)):
        observed = max(seen[s] - own[0, s], 0.0)
        mean = max(expected[s] - own[1, s], 0.0) * np.exp(base[s])
        variance = EXCESS / max(mean, 0.5)
        raw = np.log((observed + 0.5) / (mean + 0.5))
        z = abs(raw) / np.sqrt(variance)
        trust = max(prior / (prior + variance), 1.0 / (1.0 + np.exp(-3.0 * (z - SURE))))
        ratio[s] = raw * trust
        deviation[s] = np.sqrt(variance)


@compiled
def fastest(ratio: F64, deviation: F64) -> float:
    """The slow ratio, unless a faster one disagrees by three standard deviations."""
    best = float(ratio[-1])
    for s in range(len(ratio) - 2, -1, -1):
        if abs(ratio[s] - best) > SURE * deviation[s]:
            best = float(ratio[s])
    return best


@compiled
def log_factors(rows: I64, region: I32, tier: I32, own: F64, sums: PeerSums, parts: F64) -> None:
    """Fill parts (k, 3): log factor of network, region and tier for each row.

    region, tier: (n,) codes; own: (n, 2, SPEEDS) the dealer's own share of the sums, orders.
    """
    speeds = own.shape[2]
    net, group, deviation = np.empty(speeds), np.empty(speeds), np.empty(speeds)
    flat = np.zeros(speeds)
    for k in range(len(rows)):
        i = rows[k]
        _ratio(sums.network[0], sums.network[1], own[i], flat, NETWORK_PRIOR, net, deviation)
        parts[k, 0] = fastest(net, deviation)
        of = sums.region[region[i]]
        _ratio(of[0], of[1], own[i], net, GROUP_PRIOR, group, deviation)
        parts[k, 1] = fastest(group, deviation)
        of = sums.tier[tier[i]]
        _ratio(of[0], of[1], own[i], net, GROUP_PRIOR, group, deviation)
        parts[k, 2] = fastest(group, deviation)


def unevenness(log_factor: F64) -> F64:
    """(k,) variance of the log-intensity, where all are by so much off what is usual.

    A shock of a region, a season, a holiday concerns one dealer more than the next.
    """
    return (UNEVEN * log_factor) ** 2
