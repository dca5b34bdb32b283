"""Rows of the channel as records of the event contract."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from streams.simulator.arrival import Part, arrivals
from streams.simulator.catalog import CATEGORIES, sku_id
from streams.simulator.dealers import REGIONS, TIERS, dealer_id
from streams.simulator.seasons import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from streams.simulator.channel import Channel


class Record(msgspec.Struct, omit_defaults=True):
    """One event; what it does not have is left out."""

    type: str
    event_id: str
    ts: str
    sku: str
    dealer_id: str
    region: str
    tier: str
    quantity: int | None = None
    unit_price: float | None = None
    order_id: str | None = None
    promo: bool | None = None
    category: str | None = None
    issue_id: str | None = None
    status: str | None = None


def records(channel: Channel) -> Iterator[Record]:
    """All events in order of arrival."""
    coming = arrivals(channel)
    make: dict[int, Callable[[int, str], Record]] = {
        Part.ORDER: _orders(channel),
        Part.COMPLAINT: _complaints(channel, resolved=False),
        Part.RESOLVED: _complaints(channel, resolved=True),
        Part.RETURN: _returns(channel),
    }
    rows = zip(coming.part.tolist(), coming.row.tolist(), _stamps(coming.at), strict=True)
    for part, row, ts in rows:
        yield make[part](row, ts)


def _orders(channel: Channel) -> Callable[[int, str], Record]:
    lines, trader = channel.lines, _trader(channel)
    rows = _rows(lines.dealer, lines.sku, lines.quantity, np.round(lines.price, 2))
    tags = _rows(lines.order, lines.named, lines.promo)

    def record(row: int, ts: str) -> Record:
        dealer, sku, quantity, price = rows[row]
        order, named, promo = tags[row]
        who, region, tier = trader[dealer]
        return Record(
            "order", f"o{row}", ts, sku_id(sku), who, region, tier, quantity, price,
            order_id=f"A{order}" if named else None,
            promo=promo or None,
        )  # fmt: skip

    return record


def _complaints(channel: Channel, *, resolved: bool) -> Callable[[int, str], Record]:
    complaints, trader = channel.complaints, _trader(channel)
    rows = _rows(complaints.dealer, complaints.sku, complaints.category, complaints.issue)
    letter, status = ("d", "resolved") if resolved else ("c", None)

    def record(row: int, ts: str) -> Record:
        dealer, sku, category, issue = rows[row]
        who, region, tier = trader[dealer]
        return Record(
            "complaint", f"{letter}{row}", ts, sku_id(sku), who, region, tier,
            category=CATEGORIES[category],
            issue_id=f"I{issue}" if issue >= 0 else None,
            status=status,
        )  # fmt: skip

    return record


def _returns(channel: Channel) -> Callable[[int, str], Record]:
    returns, trader = channel.returns, _trader(channel)
    rows = _rows(returns.dealer, returns.sku, returns.quantity, returns.order)

    def record(row: int, ts: str) -> Record:
        dealer, sku, quantity, order = rows[row]
        who, region, tier = trader[dealer]
        return Record(
            "return", f"r{row}", ts, sku_id(sku), who, region, tier, quantity,
            order_id=f"A{order}" if order >= 0 else None,
        )  # fmt: skip

    return record


def _rows(*columns: NDArray[Any]) -> list[tuple[Any, ...]]:
    """Columns as rows of plain Python values, which is what a record is made of."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _trader(channel: Channel) -> list[tuple[str, str, str]]:
    """dealer_id, region and tier of every dealer."""
    rows = _rows(channel.dealers.region, channel.dealers.tier)
    return [(dealer_id(n), REGIONS[region], TIERS[tier]) for n, (region, tier) in enumerate(rows)]


def _stamps(at: NDArray[np.float64]) -> list[str]:
    """Days since START as RFC 3339 to the millisecond."""
    start = np.datetime64(START.replace(tzinfo=None), "ms")
    moments = start + np.round(at * timedelta(days=1).total_seconds() * 1000).astype("m8[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(moments, unit="ms").tolist()]
