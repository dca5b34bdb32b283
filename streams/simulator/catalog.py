"""What is traded: SKUs with prices, and which dealer buys which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SKUS = 80
CATEGORIES = ("quality", "packaging", "logistics", "design", "service")


@dataclass(frozen=True, slots=True)
class Catalog:
    """`SKUS` products and the dealers' assortments."""

    log_price: NDArray[np.float64]  # (skus,) list price
    spread: NDArray[np.float64]  # (skus,) log-sd between lines
    promoted: NDArray[np.bool_]  # (skus,) on the price list of promotions
    assortment: NDArray[np.float64]  # (dealers, skus) cumulative share of lines, last column 1


def draw_catalog(rng: np.random.Generator, dealers: int) -> Catalog:
    """Prices from 5 to 400; each dealer buys a few SKUs often and some rarely."""
    popularity = rng.dirichlet(np.full(SKUS, 0.7)) + 0.002
    taste = rng.gamma(0.5, size=(dealers, SKUS)) * popularity
    taste[taste < np.quantile(taste, 0.6, axis=1, keepdims=True)] = 0
    return Catalog(
        log_price=rng.uniform(np.log(5), np.log(400), SKUS),
        spread=rng.uniform(0.01, 0.06, SKUS),
        promoted=rng.random(SKUS) < 0.3,
        assortment=np.cumsum(taste, axis=1) / taste.sum(axis=1, keepdims=True),
    )


def pick(
    rng: np.random.Generator, cumulative: NDArray[np.float64], row: NDArray[np.int64]
) -> NDArray[np.int64]:
    """One column per entry of `row`, with the chances of that row: (len(row),)."""
    n, columns = cumulative.shape
    ladder = (cumulative + np.arange(n)[:, None]).ravel()  # rows one above the other: one search
    found = np.searchsorted(ladder, row + rng.random(row.size), side="right")
    return np.asarray(np.minimum(found - row * columns, columns - 1), np.int64)


def sku_id(number: int) -> str:
    """`S007` for 7."""
    return f"S{number:03d}"
