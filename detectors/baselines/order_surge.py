"""How far the orders of a step may speak for order_volume_surge (detector: order_volume.SURGE)."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines.order_volume import Volume
from detectors.columns import F64
from detectors.evidence import shiryaev_roberts as ev

MOST_A_DAY: Final = 6.0  # times the usual: the largest surge looked for


def bounded(volume: Volume, seen: ev.Seen, promoted: F64) -> F64:
    """(k,) orders of a step as far as they may speak for a surge.

    promoted: (k,) those at planned prices. They were to be expected, so they say nothing: together
    no more than what is expected anyway.

    Orders of one visit are no independent news: who orders once a month may come with nine papers
    at once. So a day says no more than what the largest change looked for would bring, and one.
    """
    count, rows = seen.value, seen.rows
    most = MOST_A_DAY * volume.level[rows] + 1.0
    today = volume.day_orders[rows]
    unplanned = np.maximum(count - promoted, np.minimum(count, seen.expected))
    return np.clip(most - (today - count), 0.0, unplanned)
