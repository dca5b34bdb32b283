"""Records in columns while they are being read: what the scanner took, and what others had to read.

First the scanner takes all records of the usual shape at once; then a slower reader enters a row,
or a refusal, for each that is left. Texts lie in one buffer, that of the records themselves; what a
slower reader has found (after an escape, say) is written behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh64_intdigest

from schemas.batch import Batch, IssueNote, Source
from schemas.dead_letter import Refusal
from schemas.instant import Micros, parse_instant
from schemas.rows import ComplaintRow, OrderRow, Row
from schemas.scanning import fields, records
from schemas.texts import Spans, Texts

SOURCES: Final = tuple(Source)
_NUMBERS: Final = {source: number for number, source in enumerate(Source)}
_NAMED_LIKE_NOTHING: Final = 1  # an order whose hash is really 0: 0 means "names no order"


class Sheet:
    """n records in the order given; in the end each is accepted or refused."""

    def __init__(self, values: Sequence[bytes | None]) -> None:
        written = [value or b"" for value in values]
        self.refusals: dict[int, Refusal] = {}
        self._columns = records.blank(len(written))
        self._ends = np.cumsum([len(value) for value in written], dtype=np.int64)
        self._pieces = [b"".join(written)]
        self._length = len(self._pieces[0])  # bytes, what is written behind the records included

    def scan(self, source: Source | None) -> NDArray[np.int64]:
        """Read all records of the usual shape; the rows that are left for slower readers.

        source is the topic's, or None for lines that name their type.
        """
        kind = records.ANY_KIND if source is None else _NUMBERS[source]
        records.scan(self._buffer(), self._ends, kind, self._columns)
        return np.flatnonzero(~self._columns.flag[records.IS_USUAL])

    def enter(self, row: int, read: Row, ts: Micros) -> None:
        """A record as a slower reader understood it."""
        columns = self._columns
        columns.flag[records.IS_USUAL, row] = True
        columns.whole[records.AT, row] = ts
        columns.whole[records.KIND, row] = _NUMBERS[read.source]
        columns.identity[records.EVENT_OF, row] = identity(read.event_id)
        columns.identity[records.ORDER_OF, row] = order_identity(read)
        for field in range(fields.TEXTS):
            self._write(field, row, getattr(read, fields.NAMES[field], None) or "")
        for place, name in ((records.QUANTITY_OF, "quantity"), (records.PRICE_OF, "unit_price")):
            given = getattr(read, name, None)  # adding 0.0 makes -0.0 a plain zero
            columns.amount[place, row] = np.nan if given is None else given + 0.0
        if isinstance(read, OrderRow):
            columns.flag[records.IS_PROMO, row] = bool(read.promo)
        if isinstance(read, ComplaintRow):
            columns.flag[records.IS_RESOLVED, row] = read.status == "resolved"
            if read.due is not None:
                columns.whole[records.DUE_AT, row] = parse_instant(read.due)

    def refuse(self, row: int, refusal: Refusal) -> None:
        """This record is no event, or none of ours."""
        self._columns.flag[records.IS_USUAL, row] = False
        self.refusals[row] = refusal

    def accepted(self) -> NDArray[np.int64]:
        """(k,) rows that are events."""
        return np.flatnonzero(self._columns.flag[records.IS_USUAL])

    def times(self) -> NDArray[np.int64]:
        """(n,) event time, microseconds since 1970 UTC; 0 where nothing was entered."""
        return np.asarray(self._columns.whole[records.AT])

    def sources(self) -> NDArray[np.int64]:
        """(n,) place in SOURCES."""
        return np.asarray(self._columns.whole[records.KIND])

    def order(self, row: int) -> int:
        """Identity of the order this is a line of, 64 bits; 0 for complaints and returns."""
        if SOURCES[self._columns.whole[records.KIND, row]] is not Source.ORDERS:
            return 0
        named, alone = self._columns.identity[[records.ORDER_OF, records.EVENT_OF], row].tolist()
        return int(named or alone)

    def dealers(self) -> Texts:
        """(n,) dealers' ids."""
        return self._texts(fields.DEALER, slice(None))

    def batch(
        self,
        rows: NDArray[np.int64],
        position: NDArray[np.int64],
        place: tuple[Source, str, int],
    ) -> Batch:
        """These rows as a batch; position is that of each; place: source, topic, partition."""
        columns, source = self._columns, place[0]
        return Batch(
            *place,
            position=position,
            raw=self._raw(rows),
            ts=columns.whole[records.AT, rows],
            event=columns.identity[records.EVENT_OF, rows],
            order=columns.identity[records.ORDER_OF, rows],
            dealer=self._texts(fields.DEALER, rows),
            sku=self._texts(fields.SKU, rows),
            quantity=columns.amount[records.QUANTITY_OF, rows],
            unit_price=columns.amount[records.PRICE_OF, rows],
            currency=self._texts(fields.CURRENCY, rows),
            promo=columns.flag[records.IS_PROMO, rows],
            region=self._texts(fields.REGION, rows),
            tier=self._texts(fields.TIER, rows),
            category=self._texts(fields.CATEGORY, rows),
            issue=self._issues(rows) if source is Source.COMPLAINTS else {},
        )

    def _issues(self, rows: NDArray[np.int64]) -> dict[int, IssueNote]:
        """What complaints say of an issue. A `resolved` one without issue_id ends the issue ""."""
        names = self._texts(fields.ISSUE, rows)
        resolved = self._columns.flag[records.IS_RESOLVED, rows]
        due = self._columns.whole[records.DUE_AT, rows].tolist()
        return {
            row: IssueNote(
                issue_id=names[row],
                resolved=bool(resolved[row]),
                due=None if due[row] == records.NO_INSTANT else due[row],
            )
            for row in np.flatnonzero((names.spans.size > 0) | resolved).tolist()
        }

    def _write(self, field: int, row: int, text: str) -> None:
        written = text.encode()
        self._pieces.append(written)
        self._columns.start[field, row], self._columns.size[field, row] = self._length, len(written)
        self._columns.identity[field, row] = xxh64_intdigest(written)
        self._length += len(written)

    def _texts(self, field: int, rows: slice | NDArray[np.int64]) -> Texts:
        columns = self._columns
        spans = Spans(self._buffer(), columns.start[field, rows], columns.size[field, rows])
        return Texts(spans, columns.identity[field, rows])

    def _raw(self, rows: NDArray[np.int64]) -> Spans:
        """(k,) these records as received."""
        ends = self._ends[rows]
        starts = np.where(rows > 0, self._ends[rows - 1], 0)
        return Spans(self._buffer(), starts.astype(np.int32), (ends - starts).astype(np.int32))

    def _buffer(self) -> NDArray[np.uint8]:
        if len(self._pieces) > 1:
            self._pieces = [b"".join(self._pieces)]
        return np.frombuffer(self._pieces[0], np.uint8)


def identity(text: str) -> int:
    """64 bits that stand for a text where texts are only compared."""
    return xxh64_intdigest(text.encode())


def order_identity(read: Row) -> int:
    """Of dealer_id and order_id together; 0 where no order is named (an empty id names none)."""
    if not read.order_id:
        return 0
    named = xxh64_intdigest(read.order_id.encode(), identity(read.dealer_id))
    return named or _NAMED_LIKE_NOTHING
