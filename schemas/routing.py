"""Which partition a key belongs to: murmur2, as Java, kafka-python and aiokafka clients do it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def partitions_of(keys: Sequence[bytes], partitions: int) -> NDArray[np.int64]:
    """(n,) the partition of each key in a topic of so many partitions."""
