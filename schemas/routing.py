"""Which partition a key belongs to: murmur2, as Java, kafka-python and aiokafka clients choose it.

The hash is that of `org.apache.kafka.common.utils.Utils` (by Austin Appleby, public domain),
compiled. Clients on librdkafka use crc32 unless they set `partitioner=murmur2_random`; their
records land elsewhere and are refused as `misrouted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled
from schemas.texts import Bytes, Places, Spans

_SEED: Final = np.uint32(0x9747B28C)
_FACTOR: Final = np.uint32(0x5BD1E995)
_POSITIVE: Final = np.uint32(0x7FFFFFFF)
_WORD: Final = 4  # bytes


def partitions_of(keys: Sequence[bytes], partitions: int) -> NDArray[np.int64]:
    """(n,) the partition of each key in a topic of so many partitions."""
    spans = Spans.of(keys)
    homes = np.zeros(len(keys), np.int64)
    _find_homes(spans.buffer, spans.start, spans.size, partitions, homes)
    return homes


def misrouted(
    dealers: Spans, keys: Sequence[bytes], partition: int, partitions: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(n,) where a record's key is not its dealer or its partition not the dealer's; and (n,) that.

    dealers: ids in UTF-8, of as many records as there are keys.
    """
    homes = np.zeros(len(dealers), np.int64)
    _find_homes(dealers.buffer, dealers.start, dealers.size, partitions, homes)
    given = Spans.of(keys)
    wrong = homes != partition
    _compare(
        dealers.buffer, dealers.start, dealers.size, given.buffer, given.start, given.size, wrong
    )
    return wrong, homes


@compiled
def _find_homes(
    buffer: Bytes, start: Places, size: Places, partitions: int, homes: NDArray[np.int64]
) -> None:
    for row in range(len(start)):
        digest = _murmur2(buffer, start[row], size[row])
        homes[row] = np.int64(digest & _POSITIVE) % partitions


@compiled
def _compare(  # noqa: PLR0913, PLR0917  two columns, compiled
    buffer: Bytes, start: Places, size: Places, other: Bytes, other_start: Places,
    other_size: Places, differs: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Mark the rows in which two columns of bytes differ."""
    for row in range(len(start)):
        if size[row] != other_size[row]:
            differs[row] = True
            continue
        for place in range(size[row]):
            if buffer[start[row] + place] != other[other_start[row] + place]:
                differs[row] = True
                break


@compiled
def _murmur2(buffer: Bytes, start: int, size: int) -> np.uint32:
    state = np.uint32(_SEED ^ np.uint32(size))
    whole = start + size // _WORD * _WORD
    for at in range(start, whole, _WORD):
        word = np.uint32(0)
        for place in range(_WORD):
            word |= np.uint32(np.uint32(buffer[at + place]) << np.uint32(8 * place))
        word = np.uint32(word * _FACTOR)
        word = np.uint32((word ^ (word >> np.uint32(24))) * _FACTOR)
        state = np.uint32(np.uint32(state * _FACTOR) ^ word)
    if whole < start + size:
        for place in range(start + size - whole):
            state ^= np.uint32(np.uint32(buffer[whole + place]) << np.uint32(8 * place))
        state = np.uint32(state * _FACTOR)
    state = np.uint32((state ^ (state >> np.uint32(13))) * _FACTOR)
    return state ^ (state >> np.uint32(15))
