"""Events in the order in which they arrive: delayed, late, twice, and sometimes broken."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streams.simulator.channel import Channel

_MINUTE = 1 / 1440  # in days


class Part(IntEnum):
    """What a row is of."""

    ORDER = 0
    COMPLAINT = 1
    RESOLVED = 2  # the issue of a complaint
    RETURN = 3


class Arrivals(NamedTuple):
    """One entry per arrival; `row` counts within its part."""

    part: NDArray[np.int64]  # a Part
    row: NDArray[np.int64]
    at: NDArray[np.float64]  # event time, days since START


def arrivals(channel: Channel) -> Arrivals:
    """Two in a hundred are late by up to two days, four in a thousand come twice."""
    rng = np.random.default_rng([channel.seed, 100])
    complaints = channel.complaints
    moments = (channel.lines.at, complaints.at, complaints.resolved, channel.returns.at)
    at = np.concatenate(moments)
    part = np.repeat(np.arange(len(Part)), [moment.size for moment in moments])
    row = np.concatenate([np.arange(moment.size) for moment in moments])
    happened = np.flatnonzero(at < channel.days)  # nan compares false: never resolved
    again = happened[rng.random(happened.size) < 0.004]
    shown = np.concatenate([happened, again])
    late = np.where(rng.random(shown.size) < 0.02, rng.uniform(0, 2, shown.size), 0.0)
    arrived = at[shown] + rng.exponential(2 * _MINUTE, shown.size) + late
    order = shown[np.argsort(arrived, kind="stable")]
    return Arrivals(part[order], row[order], at[order])
