"""One accepted record, for whoever needs them one by one; many at a time are a Batch."""

from __future__ import annotations

import msgspec

from schemas.batch import Source
from schemas.instant import Micros
from schemas.rows import OrderRow, Row
from schemas.sheet import identity, order_identity


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
        return order_identity(self.row) or identity(self.row.event_id)
