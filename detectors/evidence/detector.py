"""The contract of a detector: a grid of changes, and evidence for many entities in arrays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from detectors.columns import F64, I64
from detectors.evidence import shiryaev_roberts as ev
from schemas.alert import Kind


class Form(StrEnum):
    """What is observed in a step."""

    COUNT = "count"  # a count and its expected value
    RESIDUAL = "residual"  # a mean residual and its precision
    SILENCE = "silence"  # whether there was anything at all, and how likely nothing was


Step = ev.Seen | ev.Silence  # the latter for the form of that name


@dataclass(frozen=True, eq=False)
class Detector:
    """Decides whether a stream has changed by one of a few sizes, in nats.

    Several detectors may look at one kind; each says whether *its* part of it has changed (see
    `detectors.evidence.joint`). The leading one bears the kind's name.
    """

    kind: Kind
    form: Form
    sizes: F64  # (sizes,) ratios of the rate (count, silence) or shifts of the mean (residual)
    falling: bool  # the change looked for is a fall
    hourly: bool = False  # strong enough to be proven within a day: the past is kept by tick
    dated: bool = False  # the service tells its onset by the evidence, not by a window of the past
    part: str = ""  # what of the kind it looks at, when it is not the leading one

    @property
    def name(self) -> str:
        """Its name in the registry and in snapshots."""
        return self.part or str(self.kind)

    def empty(self, n: int, *, dated: bool = True) -> ev.Evidence:
        """No evidence yet for n entities; dated: whether its onset will be asked."""
        latent = self.form is not Form.SILENCE
        return ev.empty(n, len(self.sizes), latent=latent, dated=dated)

    def step(self, evidence: ev.Evidence, seen: Step, now: float) -> None:
        """Weigh one step of some entities, in place; now: days since 1970."""
        if isinstance(seen, ev.Silence):
            ev.step_silence(evidence, seen, now)
        elif self.form is Form.COUNT:
            ev.step_counts(evidence, seen, self.sizes, now)
        else:
            ev.step_residuals(evidence, seen, self.sizes, now)

    def log_odds(self, evidence: ev.Evidence, rows: I64) -> F64:
        """(k,) ln R; an alarm at ln(365 / b) comes at most b times a year by chance."""
        return evidence.log_odds[rows]

    def ratio(self, evidence: ev.Evidence, rows: I64) -> F64:
        """(k,) what is left of the usual, given that there is a change: its posterior mean."""
        mean = ev.posterior(evidence, rows) @ self.sizes
        return np.exp(mean) if self.form is Form.RESIDUAL else np.asarray(mean)
