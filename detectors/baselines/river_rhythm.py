"""The detector of rhythm in river's manner; the numbers are those of the fleet form.

Like `detectors.evidence.river_form`, nothing else in the core imports this module.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
from river import base

from detectors.baselines import rhythm, rhythm_break
from detectors.columns import F64, I64
from detectors.evidence.river_form import EvidenceOfOne
from detectors.evidence.shiryaev_roberts import Evidence

Features = Mapping[Hashable, Any]
FEATURES: Final[frozenset[Hashable]] = frozenset({"length", "opened"})
_ROW: Final[I64] = np.zeros(1, np.int64)
_NOTHING_ELSE: Final[F64] = np.array([np.nan])  # no count model is asked


class RhythmBreak(EvidenceOfOne):
    """Decides whether somebody who came regularly has fallen out of rhythm, in nats.

    Takes one step a day: y is how often they came that day, mostly 0. Learns the rhythm by itself,
    from three gaps and 14 days on; before that the evidence is nothing. Silence shorter than the
    stream's own gaps is no evidence, and who never had a rhythm is judged by the gaps alone. Blind
    to whoever keeps coming, however little they do then.

    Features `x` of one day, both optional (None is an empty dict):
        length  operating days in it, 0 to about 2, default 1: 0 on a weekly day of rest
        opened  share of the peers that are open, 0 to 1, default 1: on a holiday nobody is silent

    Parameters:
        skipping: share of cycles skipped before the stream has shown its own, above 0, below 1.

    A dealer orders every second Tuesday, and stops:

    >>> detector = RhythmBreak()
    >>> for day in range(182):
    ...     detector.learn_one(None, int(day % 14 == 1))
    >>> detector.log_odds < 6  # one false alarm in a year is 5.9 nats
    True
    >>> for day in range(28):
    ...     detector.learn_one(None, 0)
    >>> detector.log_odds > 6
    True

    Source: `detectors.evidence.renewal` (survival of a renewal process), Shiryaev 1963 and Roberts
    1966 (the procedure).
    """

    detector = rhythm.DETECTOR

    def __init__(self, skipping: float = rhythm.SKIPPING) -> None:
        self.skipping = skipping
        self._pools = rhythm.Pools(np.log(rhythm.SHAPE_PRIOR), skipping, rhythm.TRUST)
        self._rhythm, self._evidence = rhythm.empty(1), self.detector.empty(1)
        self._days = 0  # learned

    def learn_one(self, x: Features | None, y: base.typing.Target) -> None:
        """Weigh one day. ValueError for a feature that is none."""
        self._step(self._rhythm, self._evidence, x, y)
        self._days += 1

    def score_one(self, x: Features | None, y: base.typing.Target) -> float:
        """The evidence as it would be after this day, in nats; changes nothing."""
        known = rhythm.Rhythm._make(np.array(column) for column in self._rhythm)
        evidence = Evidence._make(np.array(column) for column in self._evidence)
        self._step(known, evidence, x, y)
        return float(self.detector.log_odds(evidence, _ROW)[0])

    def _step(
        self, known: rhythm.Rhythm, evidence: Evidence, x: Features | None, y: base.typing.Target
    ) -> None:
        length, opened = _read(x or {})
        known.length[:] = length
        orders, age = np.array([float(y)]), np.array([self._days])
        day = rhythm.day(known, _ROW, orders, age, self._pools)
        judged = rhythm_break.judge(known, day, opened, _NOTHING_ELSE, self._pools)
        rhythm.learn(known, day, opened, judged.silent, np.zeros(1), self._pools)
        step = rhythm_break.step(day, judged, np.ones(1))
        self.detector.step(evidence, step, float(self._days + 1))

    @classmethod
    def _unit_test_params(cls) -> Any:
        """What river's own checks build."""
        yield {}


def _read(given: Features) -> tuple[float, F64]:
    """Length of the day, and (1,) the share of open peers."""
    if unknown := sorted(map(str, given.keys() - FEATURES)):
        allowed = ", ".join(sorted(map(str, FEATURES)))
        raise ValueError(f"features {', '.join(unknown)}; allowed: {allowed}")
    return float(given.get("length", 1.0)), np.array([float(given.get("opened", 1.0))])
