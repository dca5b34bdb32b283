"""Loops over dealers, compiled: the one place that touches numba's untyped decorator.

No fastmath and no parallel loops: the order of every sum is the order written, so that the same
input gives the same bytes on every machine. Compiled code is cached beside the source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled at its first call (and cached on disk); its types stay as written."""
    return cast("F", numba.njit(cache=True, error_model="numpy", nogil=True)(function))
