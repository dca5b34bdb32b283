"""The detectors in river's manner: one stream at a time, `learn_one` and `score_one`.

For notebooks, tests and pipelines of river. The numbers are those of the fleet form to the last
digit: the same compiled steps run on arrays of one entity. Nothing else in the core imports this
module, because river is heavy and the service does not need it.

Features `x` of one step, all optional (None is an empty dict):
    expected   counts: the expected count, default `usual * elapsed`;
               residuals: the precision of their mean, default `usual`
    elapsed    days since the last step, default 1
    spread     standard deviation of the latent, default the parameter
    fading     -ln of the latent's autocorrelation over the step, default `fading * elapsed`
    weight     of the step's evidence, 0 to 1, default 1
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Final

import numpy as np
from river import base

from detectors.columns import F64, I64
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from detectors.registry import DETECTORS

Features = Mapping[Hashable, Any]
FEATURES: Final[frozenset[Hashable]] = frozenset(
    {"expected", "elapsed", "spread", "fading", "weight"}
)
_ROW: Final[I64] = np.zeros(1, np.int64)


class EvidenceOfOne(base.SupervisedAnomalyDetector):
    """What the evidence about one stream says; `detector` and `_evidence` are the subclass's."""

    detector: Detector
    _evidence: ev.Evidence  # of one entity

    @property
    def log_odds(self) -> float:
        """The evidence, ln R in nats; an alarm at ln(365 / b) comes at most b times a year."""
        return float(self.detector.log_odds(self._evidence, _ROW)[0])

    @property
    def onset(self) -> float:
        """When the change most likely began, days since the first step began."""
        return float(ev.onset(self._evidence, _ROW)[0])

    @property
    def sizes(self) -> dict[float, float]:
        """Probability of each size of change, given that there is one."""
        found = ev.posterior(self._evidence, _ROW)[0]
        return dict(zip(self.detector.sizes.tolist(), found.tolist(), strict=True))


class _Change(EvidenceOfOne):
    """What both forms share; see CountChange and MeanChange."""

    form: ClassVar[Form]

    def __init__(self, kind: str, usual: float, spread: float, fading: float) -> None:
        self.kind = kind
        self.usual = usual
        self.spread = spread
        self.fading = fading
        self._start()

    def _start(self) -> None:
        """All state there is."""
        if self.detector.form is not self.form:
            allowed = ", ".join(k for k, one in DETECTORS.items() if one.form is self.form)
            raise ValueError(f"kind is {self.kind!r}; allowed for {type(self).__name__}: {allowed}")
        self._evidence = self.detector.empty(1)
        self._now = 0.0  # days since the first step began

    @property
    def detector(self) -> Detector:  # type: ignore[override]  # which one is a parameter here
        """The entry of the registry; ValueError for a kind that is none."""
        if self.kind not in DETECTORS:
            raise ValueError(f"kind is {self.kind!r}; allowed: {', '.join(DETECTORS)}")
        return DETECTORS[self.kind]

    def learn_one(self, x: Features | None, y: base.typing.Target) -> None:
        """Weigh one step. ValueError for a feature that is none."""
        seen = self._seen(x, y)
        self._now += float(seen.elapsed[0])
        self.detector.step(self._evidence, seen, self._now)

    def score_one(self, x: Features | None, y: base.typing.Target) -> float:
        """The evidence as it would be after this step, in nats; changes nothing."""
        seen = self._seen(x, y)
        copy = ev.Evidence(*(np.array(column) for column in self._evidence))
        self.detector.step(copy, seen, self._now + float(seen.elapsed[0]))
        return float(self.detector.log_odds(copy, _ROW)[0])

    def _seen(self, x: Features | None, y: base.typing.Target) -> ev.Seen:
        given = x or {}
        if unknown := sorted(map(str, given.keys() - FEATURES)):
            allowed = ", ".join(sorted(map(str, FEATURES)))
            raise ValueError(f"features {', '.join(unknown)}; allowed: {allowed}")
        elapsed = given.get("elapsed", 1.0)
        usual = self.usual * elapsed if self.form is Form.COUNT else self.usual
        return ev.Seen(
            rows=_ROW,
            value=_one(y),
            expected=_one(given.get("expected", usual)),
            elapsed=_one(elapsed),
            spread=_one(given.get("spread", self.spread)),
            fading=_one(given.get("fading", self.fading * elapsed)),
            weight=_one(given.get("weight", 1.0)),
        )


def _one(value: Any) -> F64:
    return np.array([float(value)])


class CountChange(_Change):
    """Decides whether events come at another rate than expected, in nats.

    Works on any rate, from several a tick to one in weeks, when the expected count is right:
    season, weekday and closures belong into `expected`. Silence is evidence. Blind to changes
    smaller than the grid's smallest (0.7 of the rate, or 1.7 times it) and to a change that
    `expected` has already learned.

    Parameters:
        kind: an entry of `detectors.registry` that counts: order_volume_drop (default),
            complaint_spike, return_spike, bulk_return. It decides which changes are looked for.
        usual: events a day where `x` names no `expected`; above 0. 1 is a small dealer.
        spread: standard deviation of the log-intensity in control, 0 to about 1. 0.28 is a daily
            variance of 0.08, what dealers of a wholesaler were measured to have; 0 is Poisson.
        fading: -ln of its autocorrelation from day to day, above 0. 0.51 is an autocorrelation of
            0.6.

    A dealer with two orders a day loses half of them:

    >>> rng = np.random.default_rng(7)
    >>> detector = CountChange(usual=2.0)
    >>> for day in range(60):
    ...     detector.learn_one(None, rng.poisson(2.0))
    >>> detector.log_odds < 6  # one false alarm in a year is 5.9 nats
    True
    >>> for day in range(60, 100):
    ...     detector.learn_one(None, rng.poisson(1.0))
    >>> detector.log_odds > 8, 55 < detector.onset < 65
    (True, True)

    Source: Shiryaev 1963, Roberts 1966 (the procedure), Pollak 1987 (mixtures); see
    `detectors.evidence.shiryaev_roberts`.
    """

    form = Form.COUNT

    def __init__(
        self,
        kind: str = "order_volume_drop",
        usual: float = 1.0,
        spread: float = 0.28,
        fading: float = 0.51,
    ) -> None:
        super().__init__(kind, usual, spread, fading)

    @classmethod
    def _unit_test_params(cls) -> Any:
        """What river's own checks build."""
        yield from ({"kind": k} for k, one in DETECTORS.items() if one.form is cls.form)


class MeanChange(_Change):
    """Decides whether the mean of residuals has shifted, in nats.

    Works where residuals are centred on 0 in control and their precision is known; extremes should
    be cut before (at three standard deviations), one of them is weighed as if it were normal.
    Blind to shifts well below the smallest of the grid (3 % of a price) and to slow wandering
    within `spread`.

    Parameters:
        kind: an entry of `detectors.registry` for residuals: unit_price_drop (default; log prices).
        usual: precision (1 / variance) of a step's mean where `x` names no `expected`; at least 0.
            400 is one line with a standard deviation of 5 %.
        spread: standard deviation of the slow drift in control, in the unit of the residuals; 0.015
            is what prices of dealers were measured to have.
        fading: -ln of the drift's autocorrelation from day to day, above 0; 0.051 is 0.95.

    A dealer gives 6 % away:

    >>> rng = np.random.default_rng(7)
    >>> detector = MeanChange()
    >>> for day in range(60):
    ...     detector.learn_one(None, rng.normal(0.0, 0.05))
    >>> detector.log_odds < 6
    True
    >>> for day in range(60, 90):
    ...     detector.learn_one(None, rng.normal(-0.06, 0.05))
    >>> detector.log_odds > 10, 55 < detector.onset < 65
    (True, True)

    Source: as CountChange; the latent drift takes the place of the log-intensity.
    """

    form = Form.RESIDUAL

    def __init__(
        self,
        kind: str = "unit_price_drop",
        usual: float = 400.0,
        spread: float = 0.015,
        fading: float = 0.051,
    ) -> None:
        super().__init__(kind, usual, spread, fading)

    @classmethod
    def _unit_test_params(cls) -> Any:
        """What river's own checks build."""
        yield from ({"kind": k} for k, one in DETECTORS.items() if one.form is cls.form)
