"""Decoded records of one source, in columns: what ingress hands to the core.

A batch keeps the order of its log. Names of entities stay texts (to number them is state, and the
partition's); identities that are only compared are 64-bit hashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from schemas.texts import Spans, Texts


class Source(StrEnum):
    """The source topics, in the fixed order in which a cut is applied (design: State advances)."""

    ORDERS = "orders"
    COMPLAINTS = "complaints"
    RETURNS = "returns"


@dataclass(frozen=True, slots=True)
class IssueNote:
    """What a complaint says of its issue."""

    issue_id: str
    resolved: bool
    due: int | None  # microseconds since 1970 UTC


@dataclass(frozen=True, slots=True)
class Batch:
    """Accepted records of one source and partition. Every column has length n."""

    source: Source
    topic: str
    partition: int
    position: NDArray[np.int64]  # (n,) offset, or line number from 0 in a file
    raw: Spans  # (n,) the records as received, for dead letters
    ts: NDArray[np.int64]  # (n,) event time, microseconds since 1970 UTC
    event: NDArray[np.uint64]  # (n,) identity of event_id
    order: NDArray[np.uint64]  # (n,) identity of dealer_id and order_id; 0 = no order_id
    dealer: Texts
    sku: Texts
    quantity: NDArray[np.float64]  # (n,) units; nan where absent (complaints)
    unit_price: NDArray[np.float64]  # (n,) per unit in `currency`; nan where absent
    currency: Texts
    promo: NDArray[np.bool_]
    region: Texts
    tier: Texts
    category: Texts
    issue: dict[int, IssueNote] = field(default_factory=dict)  # row -> issue, complaints only

    def __len__(self) -> int:
        return len(self.position)

    def part(self, start: int, stop: int) -> Self:
        """Rows start to stop (exclusive), as a batch of their own."""
        rows = slice(start, stop)
        return replace(
            self,
            position=self.position[rows],
            raw=self.raw.take(rows),
            ts=self.ts[rows],
            event=self.event[rows],
            order=self.order[rows],
            dealer=self.dealer.take(rows),
            sku=self.sku.take(rows),
            quantity=self.quantity[rows],
            unit_price=self.unit_price[rows],
            currency=self.currency.take(rows),
            promo=self.promo[rows],
            region=self.region.take(rows),
            tier=self.tier.take(rows),
            category=self.category.take(rows),
            issue={row - start: note for row, note in self.issue.items() if start <= row < stop},
        )
