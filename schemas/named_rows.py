"""Rows of numbers by name, for messages between the stages: a thousand small objects in three.

Names travel as bytes, one after the other, and are looked up as bytes: a tick names thousands of
articles, and nobody reads them as strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

from schemas.texts import Spans, Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIZE: Final = np.dtype("<i4")
_WHOLE: Final = np.dtype("<i8")
_MEASURED: Final = np.dtype("<f8")


class _NamedRows(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Names, and what is told of them."""

    written: bytes = b""  # the names in UTF-8, one after the other …
    sizes: bytes = b""  # … and how long each is, 4 bytes each, little endian
    numbers: bytes = b""  # rows of equal length, 8 bytes each, little endian

    @property
    def texts(self) -> Texts:
        """The names, to be looked up."""
        sizes = np.frombuffer(self.sizes, _SIZE).astype(np.int32, copy=False)
        return Texts.identified(Spans.adjoining(self.written, sizes))

    @property
    def names(self) -> Sequence[str]:
        """The names, to be read."""
        return self.texts.all()


class Sums(_NamedRows, array_like=True, frozen=True, gc=False):
    """Whole numbers by name; sums over dealers are scaled (detectors.columns.scaled)."""

    @classmethod
    def of(cls, names: Texts, rows: NDArray[np.float64]) -> Self:
        """rows: (names, width) whole numbers below 2**63."""
        return cls(*_written(names.spans), rows.astype(_WHOLE).tobytes())

    def rows(self, width: int) -> NDArray[np.int64]:
        """(names, width)."""
        return np.frombuffer(self.numbers, _WHOLE).reshape(-1, width)


class Levels(_NamedRows, array_like=True, frozen=True, gc=False):
    """Measured numbers by name."""

    @classmethod
    def of(cls, names: Texts, rows: NDArray[np.float64]) -> Self:
        """rows: (names, width)."""
        return cls(*_written(names.spans), rows.astype(_MEASURED).tobytes())

    def rows(self, width: int) -> NDArray[np.float64]:
        """(names, width)."""
        return np.frombuffer(self.numbers, _MEASURED).reshape(-1, width)


def _written(names: Spans) -> tuple[bytes, bytes]:
    return names.joined(), names.size.astype(_SIZE).tobytes()
