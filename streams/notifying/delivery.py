"""Words for deliveries to a receiver, shared by webhook, notifier and metrics."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.instant import Micros


class Outcome(StrEnum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The end of one delivery."""

    outcome: Outcome
    tries: int
    seconds: float
    detail: str


def wall_clock() -> Micros:
    """The clock on the wall; deliveries happen now, whatever time the events are from."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Timing:
    """Clocks and chance of deliveries: a test brings its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Callable[[], Micros] = wall_clock
    chance: random.Random = field(default_factory=random.Random)
