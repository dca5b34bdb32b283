"""Lines of a file in columns, in their order: those of all sources, and those that were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Batch, Source
from schemas.dead_letter import DeadLetter
from schemas.instant import Micros
from schemas.sheet import SOURCES, Sheet

NO_EVENT: Final = np.iinfo(np.int64).max  # time of a refused line: no clock comes near it


@dataclass(frozen=True, slots=True)
class Line:
    """One accepted line: what a clock needs to know of it."""

    chunk: Chunk
    row: int

    @property
    def ts(self) -> Micros:
        """Event time."""
        return int(self.chunk.ts[self.row])

    @property
    def dealer(self) -> str:
        """The dealer's id."""
        return self.chunk.dealer(self.row)

    @property
    def order(self) -> int:
        """Identity of the order this is a line of, 64 bits; 0 for complaints and returns."""
        return self.chunk.order(self.row)


class Chunk:
    """n lines; blank ones are left out."""

    def __init__(
        self, sheet: Sheet, position: Sequence[int], letters: Mapping[int, DeadLetter]
    ) -> None:
        self.ts = sheet.times().copy()  # (n,) event time, NO_EVENT where a line was refused
        self.ts[list(letters)] = NO_EVENT
        self._sheet = sheet
        self._position = np.array(position, np.int64)
        self._letters = letters

    def __len__(self) -> int:
        return len(self.ts)

    def __getitem__(self, row: int) -> Line | DeadLetter:
        return self._letters.get(row) or Line(self, row)

    def dealer(self, row: int) -> str:
        """Id of the dealer of an accepted line."""
        return self._sheet.dealers()[row]

    def order(self, row: int) -> int:
        """Identity of the order of an accepted line, as Line has it."""
        return self._sheet.order(row)

    def batches(self, rows: NDArray[np.int64], topic: str) -> list[Batch]:
        """Accepted rows in columns, by source."""
        kinds = self._sheet.sources()[rows]
        mine = ((source, rows[kinds == number]) for number, source in enumerate(SOURCES))
        return [self._batch(source, some, topic) for source, some in mine if len(some)]

    def _batch(self, source: Source, rows: NDArray[np.int64], topic: str) -> Batch:
        return self._sheet.batch(rows, self._position[rows], (source, topic, 0))
