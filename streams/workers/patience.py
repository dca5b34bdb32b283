"""How long the network waits for partitions that do not report, by the wall clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.workers.gathering import Awaited


class Patience:
    """Ends `limit_s` after the wait began; a new wait begins when anybody reports."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._awaited: Awaited | None = None
        self._since_s = 0.0

    def is_over(self, awaited: Awaited | None, now_s: float) -> bool:
        """True once the same have been awaited for so long; now_s: seconds of a steady clock."""
        if awaited is None or awaited != self._awaited:
            self._awaited, self._since_s = awaited, now_s
            return False
        if now_s - self._since_s < self._limit_s:
            return False
        self._since_s = now_s  # the omission is on its way
        return True
