"""Records to the columns of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from schemas.batch import Batch, IssueNote, Source
from schemas.instant import Micros, parse_instant
from schemas.rows import ComplaintRow, OrderRow, Row

_NAMED_LIKE_NOTHING = 1  # an order whose hash is really 0: 0 means "names no order"


class Record(msgspec.Struct, frozen=True, gc=False):
    """One accepted record."""

    position: int  # offset, or line number from 0 in a file
    raw: bytes  # as received, without its line end
    ts: Micros
    row: Row

    @property
    def source(self) -> Source:
        """The source topic it belongs to."""
        return self.row.source

    @property
    def dealer(self) -> str:
        """The dealer's id, also the key on Kafka."""
        return self.row.dealer_id

    @property
    def order(self) -> int:
        """Identity of the order this is a line of, 64 bits; 0 for complaints and returns."""
        if not isinstance(self.row, OrderRow):
            return 0
        return order_hash(self.row) or xxh3_64_intdigest(self.row.event_id.encode())


def order_hash(row: Row) -> int:
    """xxh3_64 of dealer_id NUL order_id; 0 where no order is named (an empty id names none)."""
    if not row.order_id:
        return 0
    named = f"{row.dealer_id}\0{row.order_id}".encode()
    return xxh3_64_intdigest(named) or _NAMED_LIKE_NOTHING


def gather(records: Sequence[Record], source: Source, topic: str, partition: int) -> Batch:
    """Records of one source in columns, in the given order. Empty texts become None."""
    rows = [record.row for record in records]
    return Batch(
        source=source,
        topic=topic,
        partition=partition,
        position=np.array([record.position for record in records], np.int64),
        raw=[record.raw for record in records],
        ts=np.array([record.ts for record in records], np.int64),
        event=np.array([xxh3_64_intdigest(row.event_id.encode()) for row in rows], np.uint64),
        order=np.array([order_hash(row) for row in rows], np.uint64),
        dealer=[row.dealer_id for row in rows],
        sku=_texts(rows, "sku"),
        quantity=_numbers(rows, "quantity"),
        unit_price=_numbers(rows, "unit_price"),
        currency=[row.currency for row in rows],
        promo=np.array(_values(rows, "promo"), np.bool_),
        region=[row.region or None for row in rows],
        tier=[row.tier or None for row in rows],
        category=_texts(rows, "category"),
        issue=_issues(rows) if source is Source.COMPLAINTS else {},
    )


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    """One field of rows of one kind; None throughout where that kind does not have it."""
    if rows and name in rows[0].__struct_fields__:
        return list(map(attrgetter(name), rows))
    return [None] * len(rows)


def _texts(rows: Sequence[Row], name: str) -> list[str | None]:
    return [text or None for text in _values(rows, name)]


def _numbers(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """(n,) one number each, nan where absent; adding 0.0 makes -0.0 a plain zero."""
    return np.array(_values(rows, name), np.float64) + 0.0


def _issues(rows: Sequence[Row]) -> dict[int, IssueNote]:
    """What complaints say of an issue. A `resolved` one without issue_id ends the issue ""."""
    return {
        number: IssueNote(
            issue_id=row.issue_id or "",
            resolved=row.status == "resolved",
            due=None if row.due is None else parse_instant(row.due),
        )
        for number, row in enumerate(rows)
        if isinstance(row, ComplaintRow) and (row.issue_id or row.status == "resolved")
    }
