"""All statistical detectors. To add one: a file with its baseline and a DETECTOR, and a line.

A detector is a grid of changes and the form of its likelihood;
`detectors.evidence.shiryaev_roberts` does the rest, for one entity or for a fleet. The contract
tests run on whatever stands in this table. Detectors of the same kind are one verdict
(`detectors.evidence.joint`): the first of them leads, and bears the kind's name.
"""

from __future__ import annotations

from typing import Final

from detectors.baselines import (
    bulk,
    case_rate,
    order_size,
    order_volume,
    pattern,
    rhythm,
    unit_price,
)
from detectors.evidence.detector import Detector
from schemas.alert import Kind

DETECTORS: Final[dict[str, Detector]] = {
    detector.name: detector
    for detector in (
        order_volume.DETECTOR,
        rhythm.DETECTOR,
        order_size.SMALLER,
        order_volume.SURGE,
        order_size.LARGER,
        unit_price.DETECTOR,
        *case_rate.DETECTORS,
        bulk.DETECTOR,
        pattern.DETECTOR,
    )
}
KINDS: Final[dict[Kind, tuple[Detector, ...]]] = {
    lead.kind: tuple(one for one in DETECTORS.values() if one.kind is lead.kind)
    for lead in DETECTORS.values()
    if not lead.part
}
