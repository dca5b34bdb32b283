"""Columns of texts that stay bytes: nothing is made of them until somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh64_intdigest


@dataclass(frozen=True, slots=True)
class Spans:
    """n pieces of one buffer."""

    buffer: NDArray[np.uint8]
    start: NDArray[np.int32]  # (n,) a slice has a few MiB, a record at most a few more
    size: NDArray[np.int32]  # (n,) bytes

    @classmethod
    def of(cls, pieces: Sequence[bytes]) -> Self:
        """Pieces made one."""
        ends = np.cumsum([0, *map(len, pieces)], dtype=np.int32)
        return cls(np.frombuffer(b"".join(pieces), np.uint8), ends[:-1], np.diff(ends))

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, row: int | np.int64) -> bytes:
        start = self.start[row]
        return self.buffer[start : start + self.size[row]].tobytes()

    def take(self, rows: slice | NDArray[np.int64]) -> Self:
        """These rows, of the same buffer."""
        return type(self)(self.buffer, self.start[rows], self.size[rows])


@dataclass(frozen=True, slots=True)
class Texts:
    """n texts. An absent text is the empty one."""

    spans: Spans  # UTF-8
    identity: NDArray[np.uint64]  # (n,) xxh64 of the bytes

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """A column made of strings."""
        written = [text.encode() for text in texts]
        identity = np.array(list(map(xxh64_intdigest, written)), np.uint64)
        return cls(Spans.of(written), identity)

    def __len__(self) -> int:
        return len(self.spans)

    def __getitem__(self, row: int | np.int64) -> str:
        return self.spans[row].decode()

    def take(self, rows: slice | NDArray[np.int64]) -> Self:
        """These rows."""
        return type(self)(self.spans.take(rows), self.identity[rows])

    def all(self) -> Sequence[str]:
        """Every text."""
        return [self[row] for row in range(len(self))]
