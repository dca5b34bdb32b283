"""Rows of numbers by name, for messages between the stages: a thousand small objects in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHOLE: Final = np.dtype("<i8")
_MEASURED: Final = np.dtype("<f8")


class Sums(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Whole numbers by name; sums over dealers are scaled (detectors.columns.scaled)."""

    names: list[str] = msgspec.field(default_factory=list)
    numbers: bytes = b""  # rows of equal length, 8 bytes each, little endian

    @classmethod
    def of(cls, names: list[str], rows: NDArray[np.float64]) -> Self:
        """rows: (names, width) whole numbers below 2**63."""
        return cls(names, rows.astype(_WHOLE).tobytes())

    def rows(self, width: int) -> NDArray[np.int64]:
        """(names, width)."""
        return np.frombuffer(self.numbers, _WHOLE).reshape(-1, width)


class Levels(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Measured numbers by name."""

    names: list[str] = msgspec.field(default_factory=list)
    numbers: bytes = b""  # rows of equal length, 8 bytes each, little endian

    @classmethod
    def of(cls, names: list[str], rows: NDArray[np.float64]) -> Self:
        """rows: (names, width)."""
        return cls(names, rows.astype(_MEASURED).tobytes())

    def rows(self, width: int) -> NDArray[np.float64]:
        """(names, width)."""
        return np.frombuffer(self.numbers, _MEASURED).reshape(-1, width)
