"""Decoded events as compact rows, and the compiled decoders that make them.

Each row has the fields of its model in `schemas.events` under the same names. A decoder may refuse
what the model accepts (then `judge` decides), never the other way round; what a decoder cannot
check, `usual` does, narrowly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from schemas.batch import Source
from schemas.events import LONGEST_NAME, LONGEST_REASON, MOST, SOURCES
from schemas.instant import parse_instant

_Identity = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
_Label = Annotated[str, Meta(max_length=LONGEST_NAME)]
_Quantity = Annotated[float, Meta(gt=0, le=MOST)]
_Price = Annotated[float, Meta(ge=0, le=MOST)]
_Code = Annotated[str, Meta(min_length=3, max_length=3)]


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the three kinds of rows share."""

    source: ClassVar[Source]

    event_id: _Identity
    ts: str
    dealer_id: _Identity
    currency: _Code | None = None
    order_id: _Label | None = None
    region: _Label | None = None
    tier: _Label | None = None

    def usual(self) -> bool:
        """Whether ids and currency are surely right. No control character is printable."""
        ids = f"{self.event_id}{self.dealer_id}{self.order_id}"
        return ids.isprintable() and _usual_code(self.currency)


class OrderRow(Row, frozen=True, kw_only=True, gc=False):
    """One line of an order."""

    source: ClassVar[Source] = Source.ORDERS

    type: Literal["order"] | None = None
    sku: _Identity
    quantity: _Quantity
    unit_price: _Price
    promo: bool | None = None

    def usual(self) -> bool:
        """As Row, and the product."""
        ids = f"{self.event_id}{self.dealer_id}{self.order_id}{self.sku}"
        return ids.isprintable() and _usual_code(self.currency)


class ComplaintRow(Row, frozen=True, kw_only=True, gc=False):
    """One complaint, or the end of its issue."""

    source: ClassVar[Source] = Source.COMPLAINTS

    type: Literal["complaint"] | None = None
    sku: _Identity | None = None
    category: _Label | None = None
    issue_id: _Label | None = None
    status: Literal["opened", "resolved"] | None = None
    due: str | None = None

    def usual(self) -> bool:
        """As Row, and product, issue and deadline."""
        ids = f"{self.sku}{self.issue_id}"
        return super().usual() and ids.isprintable() and _usual_due(self.due)


class ReturnRow(Row, frozen=True, kw_only=True, gc=False):
    """Goods that came back."""

    source: ClassVar[Source] = Source.RETURNS

    type: Literal["return"] | None = None
    sku: _Identity | None = None
    quantity: _Quantity
    unit_price: _Price | None = None
    reason: Annotated[str, Meta(max_length=LONGEST_REASON)] | None = None

    def usual(self) -> bool:
        """As Row, and the product."""
        return super().usual() and f"{self.sku}".isprintable()


def _usual_code(code: str | None) -> bool:
    return code is None or (code.isascii() and code.isalpha() and code.isupper())


def _usual_due(due: str | None) -> bool:
    try:
        return due is None or parse_instant(due) is not None
    except ValueError:
        return False


class Kind(msgspec.Struct, frozen=True):
    """The one field that says what a line of a file is."""

    type: Literal["order", "complaint", "return"]


ROWS: dict[Source, type[OrderRow | ComplaintRow | ReturnRow]] = {
    row.source: row for row in (OrderRow, ComplaintRow, ReturnRow)
}
"""The row of each source topic."""

_DECODE = {source: msgspec.json.Decoder(row).decode for source, row in ROWS.items()}
_DECODE_KIND = msgspec.json.Decoder(Kind).decode
# By type, not by Source: the hash of an enum costs as much as a fifth of the decoding.
_DECODE_TYPE = {kind: _DECODE[source] for kind, source in SOURCES.items()}


def reader(source: Source | None) -> Callable[[bytes], Row]:
    """What decodes records of a topic, or lines that name their type where source is None.

    It raises msgspec.MsgspecError, UnicodeDecodeError or RecursionError for what it refuses.
    """
    return _decode_line if source is None else _DECODE[source]


def _decode_line(line: bytes) -> Row:
    return _DECODE_TYPE[_DECODE_KIND(line).type](line)
