"""Rows of numbers by name, for messages between the stages: a thousand small objects in three.

Names travel as bytes, one after the other, and are looked up as bytes: a tick names thousands of
articles, and nobody reads them as strings.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

from schemas.texts import Spans, Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIZE: Final = np.dtype("<i4")
_WHOLE: Final = tuple(map(np.dtype, ("<i1", "<i2", "<i4", "<i8")))
_MOST: Final = [int(np.iinfo(dtype).max) for dtype in _WHOLE]
_MEASURED: Final = np.dtype("<f8")


class _NamedRows(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Names, and what is told of them."""

    written: bytes = b""  # the names in UTF-8, one after the other …
    sizes: bytes = b""  # … and how long each is, 4 bytes each, little endian
    numbers: bytes = b""

    @property
    def texts(self) -> Texts:
        """The names, to be looked up."""
        sizes = np.frombuffer(self.sizes, _SIZE).astype(np.int32, copy=False)
        return Texts.identified(Spans.adjoining(self.written, sizes))

    @property
    def names(self) -> Sequence[str]:
        """The names, to be read."""
        return self.texts.all()

    @property
    def _count(self) -> int:
        return len(self.sizes) // _SIZE.itemsize


class Sums(_NamedRows, array_like=True, frozen=True, gc=False):
    """Whole numbers by name; sums over dealers are scaled (detectors.baselines.common_factor).

    The numbers are columns, one after the other, little endian, each as narrow as its numbers
    allow: most columns of most ticks are small counts or zeros.
    """

    widths: bytes = b""  # of a number of each column: 1, 2, 4 or 8 bytes

    @classmethod
    def of(cls, names: Texts, rows: NDArray[np.float64]) -> Self:
        """rows: (names, width) whole numbers below 2**63."""
        whole = np.atleast_2d(rows.astype(np.int64))  # no names have no width
        farthest = np.maximum(whole.max(axis=0, initial=0), -whole.min(axis=0, initial=0))
        dtypes = [_WHOLE[bisect_left(_MOST, far)] for far in farthest.tolist()]
        columns = [column.astype(dtype) for column, dtype in zip(whole.T, dtypes, strict=True)]
        numbers = b"".join(column.tobytes() for column in columns)
        return cls(*_written(names.spans), numbers, bytes(dtype.itemsize for dtype in dtypes))

    def rows(self, width: int) -> NDArray[np.int64]:
        """(names, width)."""
        count = self._count
        rows = np.empty((count, width), np.int64)
        place = 0
        for column, size in enumerate(self.widths):
            dtype = _WHOLE[size.bit_length() - 1]
            rows[:, column] = np.frombuffer(self.numbers, dtype, count, place)
            place += count * size
        return rows

    def table(self) -> dict[str, list[int]]:
        """Numbers by name, to be read."""
        return dict(zip(self.names, self.rows(len(self.widths)).tolist(), strict=True))


class Levels(_NamedRows, array_like=True, frozen=True, gc=False):
    """Measured numbers by name: rows of equal length, 8 bytes each, little endian."""

    @classmethod
    def of(cls, names: Texts, rows: NDArray[np.float64]) -> Self:
        """rows: (names, width)."""
        return cls(*_written(names.spans), rows.astype(_MEASURED).tobytes())

    def rows(self, width: int) -> NDArray[np.float64]:
        """(names, width)."""
        return np.frombuffer(self.numbers, _MEASURED).reshape(-1, width)

    def table(self) -> dict[str, list[float]]:
        """Numbers by name, to be read."""
        width = len(self.numbers) // _MEASURED.itemsize // max(self._count, 1)
        return dict(zip(self.names, self.rows(max(width, 1)).tolist(), strict=True))


def _written(names: Spans) -> tuple[bytes, bytes]:
    return names.joined(), names.size.astype(_SIZE).tobytes()
