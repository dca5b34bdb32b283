"""Days of a dealer as a user would tabulate them: what the peers are fed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from benchmarks.detection.scenarios import F64, I64
from schemas.alert import Kind
from streams.simulator import Channel

RISING: Final = (Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE)


class Daily(NamedTuple):
    """(dealers, days) each, by the time of the event."""

    orders: F64  # distinct
    lines: F64
    value: F64  # sum of unit prices over lines
    complaints: F64
    returns: F64

    def counts(self, kind: Kind) -> F64:
        """What a kind counts."""
        counted = {
            Kind.ORDER_VOLUME_DROP: self.orders,
            Kind.COMPLAINT_SPIKE: self.complaints,
            Kind.RETURN_SPIKE: self.returns,
        }
        return counted[kind]

    def series(self, kind: Kind) -> F64:
        """Values of which a rise is bad: counts, or the day's mean price, drops with a minus."""
        if kind is Kind.UNIT_PRICE_DROP:
            return -self.mean_price()
        return self.counts(kind) if kind in RISING else -self.counts(kind)

    def mean_price(self) -> F64:
        """Mean unit price of the day; a day without lines keeps the price before it."""
        day = np.where(self.lines > 0, np.arange(self.lines.shape[1]), -1)
        last = np.maximum.accumulate(day, axis=1)
        price = self.value / np.maximum(self.lines, 1)
        return np.where(last >= 0, np.take_along_axis(price, np.maximum(last, 0), axis=1), 0.0)


def daily(many: Sequence[Channel]) -> Daily:
    """The days of all dealers, one channel below the other."""
    parts = [_of(channel) for channel in many]
    return Daily(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def window(days: F64, length: int, lag: int = 0) -> F64:
    """Sums over the `length` days that ended `lag` days ago; 0 where there are fewer."""
    total = np.cumsum(np.pad(days, ((0, 0), (1, 0))), axis=1)
    end = np.arange(1, days.shape[1] + 1) - lag
    start = end - length
    known = start >= 0
    sums = total[:, np.maximum(end, 0)] - total[:, np.maximum(start, 0)]
    return np.where(known, sums, 0.0)


def _of(channel: Channel) -> Daily:
    lines = channel.lines
    _, first = np.unique(lines.order, return_index=True)

    def count(dealer: I64, at: F64, weight: F64 | None = None) -> F64:
        day = at.astype(np.int64)
        here = day < channel.days
        cell = dealer[here] * channel.days + day[here]
        size = len(channel.dealers) * channel.days
        total = np.bincount(cell, None if weight is None else weight[here], minlength=size)
        return total.reshape(-1, channel.days).astype(np.float64)

    return Daily(
        orders=count(lines.dealer[first], lines.at[first]),
        lines=count(lines.dealer, lines.at),
        value=count(lines.dealer, lines.at, lines.price),
        complaints=count(channel.complaints.dealer, channel.complaints.at),
        returns=count(channel.returns.dealer, channel.returns.at),
    )
