"""What is under suspicion does not teach, or a change would be learned before it is told.

Suspicion follows the evidence: none below a month's worth of R, full above some years' worth; it
fades slowly, so that a day of good news in the middle of a change teaches little. A dealer
suspected for too long is simply different now: the caller accepts the new level.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.evidence.shiryaev_roberts import NOTHING
from schemas.compiled import compiled

HALF_NATS: Final = float(np.log(1000.0))  # ln R at which a day teaches half
ACCEPT_DAYS: Final = 60.0  # under suspicion, then the new level is the level


@compiled
def suspicion(before: float, log_odds: float, fade: float) -> float:
    """Suspicion today, 0 to 1, from yesterday's and today's evidence (nats; NOTHING: none)."""
    if log_odds <= NOTHING:
        return 0.0
    return max(float(1.0 / (1.0 + np.exp(-1.5 * (log_odds - HALF_NATS)))), fade * before)


@compiled
def frozen(days: float, suspected: float) -> float:
    """Days under suspicion, counted down twice as fast as up."""
    return days + 1.0 if suspected > 0.5 else max(days - 2.0, 0.0)
