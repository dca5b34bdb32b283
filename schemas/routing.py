"""Which partition a key belongs to: murmur2, as Java, kafka-python and aiokafka clients choose it.

The hash is that of `org.apache.kafka.common.utils.Utils` (by Austin Appleby, public domain),
computed for all keys of a slice at once. Clients on librdkafka use crc32 unless they set
`partitioner=murmur2_random`; their records land elsewhere and are refused as `misrouted`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SEED = np.uint32(0x9747B28C)
_FACTOR = np.uint32(0x5BD1E995)
_WORD = 4  # bytes


def partitions_of(keys: Sequence[bytes], partitions: int) -> NDArray[np.int64]:
    """(n,) the partition of each key in a topic of so many partitions."""
    return (_murmur2(keys) & np.uint32(0x7FFFFFFF)).astype(np.int64) % partitions


def _murmur2(keys: Sequence[bytes]) -> NDArray[np.uint32]:
    """(n,) the hash of each key. Steps are as many as the longest key has words."""
    size = np.array([len(key) for key in keys], np.uint32)
    words, rest = np.divmod(size, _WORD)
    width = int(words.max(initial=0)) + 1  # words; the last one holds the rest, zero padded
    text = np.array(keys, dtype=f"S{width * _WORD}")
    columns = text.view("<u4").reshape(-1, width)
    state = _SEED ^ size
    for column in range(width - 1):
        word = _scrambled(columns[:, column])
        state = np.where(column < words, state * _FACTOR ^ word, state)
    last = columns[np.arange(len(keys)), words]
    state = np.where(rest > 0, (state ^ last) * _FACTOR, state)
    state = (state ^ (state >> np.uint32(13))) * _FACTOR
    return np.asarray(state ^ (state >> np.uint32(15)), np.uint32)


def _scrambled(word: NDArray[np.uint32]) -> NDArray[np.uint32]:
    word = word * _FACTOR
    return (word ^ (word >> np.uint32(24))) * _FACTOR
