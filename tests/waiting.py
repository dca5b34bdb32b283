"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 30.0  # on a machine that also runs a broker and a compiler
LOOK_EVERY_S = 0.02


def eventually(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Return True as soon as the condition holds, False when it did not within `patience_s`."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
