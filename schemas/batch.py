"""Decoded records of one source, in columns: what ingress hands to the core.

A batch keeps the order of its log. Strings that become entities stay strings (interning is state
and belongs to the partition); identities that are only compared are 64-bit hashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray


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
    """Accepted records of one source and partition. Every array and list has length n."""

    source: Source
    topic: str
    partition: int
    position: NDArray[np.int64]  # (n,) offset, or line number from 0 in a file
    raw: list[bytes]  # (n,) the records as received, for dead letters
    ts: NDArray[np.int64]  # (n,) event time, microseconds since 1970 UTC
    event: NDArray[np.uint64]  # (n,) xxh3_64 of event_id
    order: NDArray[np.uint64]  # (n,) xxh3_64 of dealer_id NUL order_id; 0 = no order_id
    dealer: list[str]
    sku: list[str | None]
    quantity: NDArray[np.float64]  # (n,) units; nan where absent (complaints)
    unit_price: NDArray[np.float64]  # (n,) per unit in `currency`; nan where absent
    currency: list[str | None]
    promo: NDArray[np.bool_]
    region: list[str | None]
    tier: list[str | None]
    category: list[str | None]
    issue: dict[int, IssueNote] = field(default_factory=dict)  # row -> issue, complaints only

    def __len__(self) -> int:
        return len(self.raw)

    def part(self, start: int, stop: int) -> Self:
        """Rows start to stop (exclusive), as a batch of their own."""
        rows = slice(start, stop)
        return type(self)(
            source=self.source,
            topic=self.topic,
            partition=self.partition,
            position=self.position[rows],
            raw=self.raw[rows],
            ts=self.ts[rows],
            event=self.event[rows],
            order=self.order[rows],
            dealer=self.dealer[rows],
            sku=self.sku[rows],
            quantity=self.quantity[rows],
            unit_price=self.unit_price[rows],
            currency=self.currency[rows],
            promo=self.promo[rows],
            region=self.region[rows],
            tier=self.tier[rows],
            category=self.category[rows],
            issue={row - start: note for row, note in self.issue.items() if start <= row < stop},
        )
