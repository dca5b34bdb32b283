"""Well-known detectors, wired as a user of them would: daily figures in, a score per day out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.daily import Daily
from benchmarks.detection.episodes import Scores
from benchmarks.detection.peers import ears, farrington, ratio, streaming, trees
from benchmarks.detection.scenarios import F64, KINDS
from schemas.alert import Kind

Peer = Callable[[Daily, Kind], F64 | None]  # (dealers, days) scores; None: not made for this kind

PEERS: Final[Mapping[str, Peer]] = {
    "7 d / 28 d rule": ratio.score,
    "EARS C2": ears.c2,
    "EARS C3": ears.c3,
    "Farrington": farrington.score,
    "PageHinkley": streaming.page_hinkley,
    "ADWIN": streaming.adwin,
    "GaussianScorer": streaming.gaussian,
    "HalfSpaceTrees": trees.score,
}


def scores(peer: Peer, days: Daily) -> dict[Kind, Scores]:
    """What a peer thinks of every dealer, by kind."""
    found = {kind: peer(days, kind) for kind in KINDS}
    return {kind: Scores(_finite(one), 1) for kind, one in found.items() if one is not None}


def _finite(values: F64) -> NDArray[np.float32]:
    return np.nan_to_num(values, nan=-np.inf, posinf=1e30, neginf=-np.inf).astype(np.float32)
