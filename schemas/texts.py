"""Columns of texts that stay bytes: nothing is made of them until somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled
from schemas.scanning.hashing import xxh64

Bytes = NDArray[np.uint8]
Places = NDArray[np.int32]


@compiled
def _join(buffer: Bytes, start: Places, size: Places, joined: Bytes) -> None:
    to = 0
    for i in range(len(size)):
        for place in range(size[i]):
            joined[to + place] = buffer[start[i] + place]
        to += size[i]


@compiled
def _identify(buffer: Bytes, start: Places, size: Places, identity: NDArray[np.uint64]) -> None:
    for i in range(len(size)):
        identity[i] = xxh64(buffer, start[i], size[i], np.uint64(0))


@dataclass(frozen=True, slots=True)
class Spans:
    """n pieces of one buffer."""

    buffer: Bytes
    start: Places  # (n,) a slice has a few MiB, a record at most a few more
    size: Places  # (n,) bytes

    @classmethod
    def of(cls, pieces: Sequence[bytes]) -> Self:
        """Pieces made one."""
        return cls.adjoining(b"".join(pieces), np.array(list(map(len, pieces)), np.int32))

    @classmethod
    def adjoining(cls, buffer: bytes, size: Places) -> Self:
        """Pieces of these sizes, one after the other."""
        ends = np.cumsum(size, dtype=np.int32)
        return cls(np.frombuffer(buffer, np.uint8), ends - size, size)

    def joined(self) -> bytes:
        """All pieces, one after the other."""
        joined = np.empty(int(self.size.sum(dtype=np.int64)), np.uint8)
        _join(self.buffer, self.start, self.size, joined)
        return joined.tobytes()

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
        return cls.identified(Spans.of([text.encode() for text in texts]))

    @classmethod
    def identified(cls, spans: Spans) -> Self:
        """Pieces that are texts."""
        identity = np.empty(len(spans), np.uint64)
        _identify(spans.buffer, spans.start, spans.size, identity)
        return cls(spans, identity)

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
