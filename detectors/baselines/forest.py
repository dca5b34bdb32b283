"""A forest of half-space trees in arrays: what river's has learned, asked about many dealers.

`river.anomaly.HalfSpaceTrees` learns (`detectors.deciding.forests`); here its trees lie in heap
order (children of node i: 2i + 1, 2i + 2), and one compiled loop gives the sum that river
normalises into its score. All masses are whole numbers, so both agree to the last digit.

Source: Tan, Ting, Liu 2011 (half-space trees); river 0.26, anomaly/hst.py.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64
from schemas.compiled import compiled

TREES: Final = 10
HEIGHT: Final = 8
WINDOW: Final = 250  # dealer-days from which the masses come (river's default)
INNER: Final = 2**HEIGHT - 1
NODES: Final = 2 ** (HEIGHT + 1) - 1
MOST: Final = TREES * WINDOW * NODES  # the largest sum there can be


class Forest(NamedTuple):
    """The trees of one tier."""

    feature: I64  # (TREES, INNER) column of x that is compared …
    threshold: F64  # … below it: to the left
    mass: I64  # (TREES, NODES) how many of the last full window came through


def empty() -> Forest:
    """A forest that has not seen a full window."""
    return Forest(
        np.zeros((TREES, INNER), np.int64),
        np.zeros((TREES, INNER)),
        np.zeros((TREES, NODES), np.int64),
    )


@compiled
def sums(forest: Forest, x: F64) -> I64:
    """(k,) masses on the way of each x (k, features), doubled at every level: large = usual."""
    found = np.zeros(len(x), np.int64)
    for k in range(len(x)):
        for tree in range(TREES):
            node = 0
            for depth in range(HEIGHT + 1):
                mass = forest.mass[tree, node]
                found[k] += mass << depth
                if depth == HEIGHT or mass < 0.1 * WINDOW:
                    break
                left = x[k, forest.feature[tree, node]] < forest.threshold[tree, node]
                node = 2 * node + (1 if left else 2)
    return found


def score(found: I64) -> F64:
    """(k,) river's score of these sums: 0 usual to 1 unusual."""
    return np.asarray(1.0 - found / MOST)


def pack(forest: Forest) -> bytes:
    """The forest as bytes, for a message."""
    parts = (
        forest.feature.astype("<i1"),
        forest.threshold.astype("<f8"),
        forest.mass.astype("<i4"),
    )
    return b"".join(part.tobytes() for part in parts)


def unpack(data: bytes) -> Forest:
    """What `pack` packed."""
    at = TREES * INNER
    feature = np.frombuffer(data, "<i1", at).reshape(TREES, INNER)
    threshold = np.frombuffer(data, "<f8", at, at).reshape(TREES, INNER)
    mass = np.frombuffer(data, "<i4", TREES * NODES, 9 * at).reshape(TREES, NODES)
    return Forest(feature.astype(np.int64), threshold.astype(np.float64), mass.astype(np.int64))
