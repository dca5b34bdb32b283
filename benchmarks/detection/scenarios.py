"""Channels with planted incidents, and what is true about them.

Dealers of several channels are stacked, so that one threshold serves all of them. Days are counted
from the start of a channel; `(dealers, days)` masks say what may happen to whom on which day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.alert import Kind, Scope
from streams.simulator import DENSE, Channel, simulate
from streams.simulator.benign import Name
from streams.simulator.incidents import Incident
from streams.simulator.seasons import FIRST_INCIDENT, windows

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

KINDS: Final = (
    Kind.ORDER_VOLUME_DROP,
    Kind.UNIT_PRICE_DROP,
    Kind.COMPLAINT_SPIKE,
    Kind.RETURN_SPIKE,
)
YOUNG_DAYS: Final = 28  # after its first order a dealer cannot be alerted
AFTER_DAYS: Final = 28  # an alert this long after an incident still belongs to it
AFTER_SHOCK_DAYS: Final = 4
AFTER_SHIFT_DAYS: Final = 14
AFTER_HOLIDAY_DAYS: Final = 3


class Size(NamedTuple):
    """How large the scenarios are."""

    seeds: tuple[int, ...]
    dealers: int
    days: int


FULL: Final = Size(seeds=(11, 12, 13), dealers=400, days=450)
QUICK: Final = Size(seeds=(11,), dealers=200, days=300)


@dataclass(frozen=True)
class Planted:
    """The incidents of one kind; every array has one entry per incident."""

    dealer: I64
    onset: F64
    end: F64
    size: F64
    slow: Bool
    rhythm: I64  # of the dealer: orders every so many days, 0: when it happens
    rate: F64  # of the dealer, orders a day


@dataclass(frozen=True)
class Truth:
    """What is true about the dealers of one or several channels."""

    planted: dict[Kind, Planted]
    free: dict[Kind, Bool]  # (dealers, days) an alert of this kind would be a false one
    shock: Bool  # (dealers, days) the dealer's region has one, or has just had it
    holiday: Bool  # (dealers, days)
    shift: Bool  # (dealers, days) the dealer buys cheaper articles

    @property
    def dealers(self) -> int:
        """How many there are."""
        return len(self.shock)


def channels(size: Size) -> list[Channel]:
    """The scenarios."""
    return [simulate(seed, size.dealers, size.days, DENSE) for seed in size.seeds]


def truth(many: Sequence[Channel]) -> Truth:
    """The truth about the dealers of all these channels, one below the other."""
    first = np.cumsum([0, *(len(channel.dealers) for channel in many)])
    planted = [
        {kind: _planted(channel, kind, int(offset)) for kind in KINDS}
        for channel, offset in zip(many, first[:-1], strict=True)
    ]
    shock, free = _stack(many, _shocks), {kind: _stack(many, _free_of(kind)) for kind in KINDS}
    free[Kind.ORDER_VOLUME_DROP] &= ~shock
    return Truth(
        planted={kind: _joined(one[kind] for one in planted) for kind in KINDS},
        free=free,
        shock=shock & _stack(many, _counted),
        holiday=_stack(many, _holidays),
        shift=_stack(many, _shifts),
    )


def _planted(channel: Channel, kind: Kind, offset: int) -> Planted:
    found = list(_of_dealers(channel, kind))
    dealer = np.array([one.entity for one in found], np.int64)
    return Planted(
        dealer=dealer + offset,
        onset=np.array([one.onset for one in found]),
        end=np.array([one.end for one in found]),
        size=np.array([one.size for one in found]),
        slow=np.array([one.ramp > 0 for one in found], np.bool_),
        rhythm=channel.dealers.rhythm[dealer],
        rate=channel.dealers.rate[dealer],
    )


def _joined(parts: Iterable[Planted]) -> Planted:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Planted(*(np.concatenate(column) for column in columns))


def _of_dealers(channel: Channel, kind: Kind) -> Iterable[Incident]:
    return (i for i in channel.incidents if i.scope is Scope.DEALER and i.kind is kind)


def _stack(many: Sequence[Channel], mask: Callable[[Channel], Bool]) -> Bool:
    return np.concatenate([mask(channel) for channel in many])


def _counted(channel: Channel) -> Bool:
    """Days on which alerts of a dealer count."""
    day, who = np.arange(channel.days), channel.dealers
    since = np.maximum(FIRST_INCIDENT, who.opened + YOUNG_DAYS)
    return np.asarray((day >= since[:, None]) & (day < who.closed[:, None]))


def _free_of(kind: Kind) -> Callable[[Channel], Bool]:
    def free(channel: Channel) -> Bool:
        days = _counted(channel)
        for one in _of_dealers(channel, kind):
            days[one.entity, _span(one.onset, one.end + AFTER_DAYS)] = False
        return days

    return free


def _shocks(channel: Channel) -> Bool:
    days = _never(channel)
    for one in channel.incidents:
        if one.scope is Scope.REGION:
            here = channel.dealers.region == one.entity
            days[here, _span(one.onset, one.end + AFTER_SHOCK_DAYS)] = True
    return days


def _holidays(channel: Channel) -> Bool:
    days = _never(channel)
    for window in windows(channel.days):
        if window.type == "holiday":
            days[:, _span(window.day - 1, window.day + window.days + AFTER_HOLIDAY_DAYS)] = True
    return days


def _shifts(channel: Channel) -> Bool:
    days = _never(channel)
    for one in channel.benign:
        if one.name is Name.MIX_SHIFT:
            days[one.entity, _span(one.onset, one.end + AFTER_SHIFT_DAYS)] = True
    return days


def _never(channel: Channel) -> Bool:
    return np.zeros((len(channel.dealers), channel.days), np.bool_)


def _span(begin: float, end: float) -> slice:
    return slice(max(int(begin), 0), max(int(end) + 1, 0))
