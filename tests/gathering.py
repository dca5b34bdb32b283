"""Records that tests make one by one, in columns, as the core takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.batch import Batch, Source
from schemas.record import Record
from schemas.sheet import Sheet


def gather(records: Sequence[Record], source: Source, topic: str, partition: int) -> Batch:
    """Records of one source in columns, in the given order.

    To scan their bytes again costs a tenth of entering what was read of them row by row.
    """
    sheet = Sheet([record.raw for record in records])
    for row in sheet.scan(source).tolist():
        sheet.enter(row, records[row].row, records[row].ts)
    position = np.array([record.position for record in records], np.int64)
    return sheet.batch(np.arange(len(records)), position, (source, topic, partition))
