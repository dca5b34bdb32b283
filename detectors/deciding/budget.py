"""From the one knob to thresholds: how many false alerts a week the team accepts.

K false alerts a week, shared by n entities (a dealer and kind that can prove anything at all), are
b = 52 K / n a year for each, and Shiryaev-Roberts evidence crosses ln(365 / b) nats at most b times
a year. No entity may cost more than one false alert a year, however small the fleet.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Final

from detectors.registry import KINDS

WEEKS: Final = 52.0
MOST_PER_YEAR: Final = 1.0  # false alerts of one entity
LEAST_PER_YEAR: Final = 1e-4


def thresholds(false_alerts_per_week: float, able: Mapping[str, int]) -> dict[str, float]:
    """Nats by kind; able: entities by kind of evidence that can prove anything in 60 days."""
    entities = sum(able.values())
    if entities == 0:
        return {kind: threshold(1.0 / WEEKS) for kind in KINDS}
    share = false_alerts_per_week * WEEKS / entities
    return {kind: threshold(share) for kind in KINDS}


def threshold(per_year: float) -> float:
    """Nats for this many false alerts of one entity in a year."""
    return log(365.0 / min(max(per_year, LEAST_PER_YEAR), MOST_PER_YEAR))


def per_year(nats: float) -> float:
    """False alerts of one entity in a year at this threshold."""
    return 365.0 * exp(-nats)
