"""What is said of dealers that trade in an unusual pattern: the measures it is made of."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import pattern
from detectors.columns import F64
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Form
from detectors.registry import DETECTORS
from detectors.timeline import DAY
from detectors.watching import measures
from detectors.watching.fleet import Fleet
from detectors.watching.learning import WARM_UP_DAYS
from detectors.watching.measures import MEASURES
from detectors.watching.shown import Near
from schemas.alert import Kind, Unit
from schemas.wire import Measure, Reading

KIND: Final = Kind.UNUSUAL_PATTERN
UNITS: Final = (Unit.ORDERS, Unit.PRICE_INDEX, Unit.COMPLAINTS, Unit.RETURNS)  # as MEASURES
REMARKABLE: Final = 0.8  # probability on one side from which a measure is told


def readings(fleet: Fleet, near: Near) -> list[Reading]:
    """Of each dealer the measure that stands out most, and what goes with it."""
    rows, now, at = near.rows, near.now, near.at
    first_day, evidence = fleet.dealers.standing.first_day, fleet.evidence.of[KIND]
    onset = (ev.onset(evidence, rows) * DAY).astype(np.int64)
    days = np.clip((at - onset) // DAY + 1, 1, pattern.MOST_DAYS)
    found = measures.sums(fleet, rows, now.day, days)
    chance = measures.probabilities(fleet, rows, now.day, days)
    out = np.maximum(chance, 1.0 - chance)
    shares = fleet.share(KIND, rows)
    told = []
    for k, row in enumerate(rows.tolist()):
        lead = int(np.argmax(out[k]))
        observed, expected = _figures(lead, found[k, lead])
        since = min(now.start(now.day - int(days[k]) + 1), at)
        told.append(
            Reading(
                kind=KIND,
                dealer=fleet.dealers.card(row),
                log_odds=float(near.odds[k]),
                onset=since,
                window_from=since,
                observed=observed,
                expected=expected,
                unit=UNITS[lead],
                ratio=observed / expected,
                chance=float(np.clip(2.0 * (1.0 - out[k, lead]), 1e-12, 1.0)),
                loss_per_week=None,
                currency=None,
                week_value=None,
                network_ratio=float(np.exp(near.factors[k, 0])),
                region_ratio=float(np.exp(near.factors[k, 1])),
                warming_up=bool(now.day - first_day[row] < WARM_UP_DAYS),
                measures=_remarkable(found[k], out[k]),
                share=float(shares[k]),
            )
        )
    return told


def _figures(place: int, pair: F64) -> tuple[float, float]:
    """Observed and expected; of prices the index against 1."""
    if DETECTORS[MEASURES[place]].form is Form.RESIDUAL:
        return float(np.exp(pair[0] / max(pair[1], 1e-9))), 1.0
    return round(float(pair[0]), 6), max(float(pair[1]), 1e-6)


def _remarkable(found: F64, out: F64) -> list[Measure]:
    """The measures that stand out, the strongest first; at least two."""
    order = np.argsort(-out, kind="stable").tolist()
    kept = [place for n, place in enumerate(order) if n < 2 or out[place] >= REMARKABLE]
    told = [(place, *_figures(place, found[place])) for place in kept]
    return [Measure(UNITS[place], observed / expected) for place, observed, expected in told]
