"""What is said of the dealers whose evidence is near or over the line."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.baselines import history as past
from detectors.baselines import rhythm
from detectors.baselines.history import Moment, Windows
from detectors.baselines.price_lines import OWN_TERM
from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Form
from detectors.registry import DETECTORS, KINDS
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching import noise, odd, rarity
from detectors.watching.crossings import cross
from detectors.watching.fleet import CASES, Fleet
from detectors.watching.learning import WARM_UP_DAYS, usual_week
from detectors.watching.view import HOME, TickView
from schemas.alert import Kind, Unit
from schemas.wire import Reading

LEAST_CASES: Final = 2.0  # one case proves nothing, however rare cases are
_PLACE: Final = {kind: place for place, kind in enumerate(KINDS)}
UNITS: Final = {
    Kind.ORDER_VOLUME_DROP: Unit.ORDERS,
    Kind.UNIT_PRICE_DROP: Unit.PRICE_INDEX,
    Kind.COMPLAINT_SPIKE: Unit.COMPLAINTS,
    Kind.RETURN_SPIKE: Unit.RETURNS,
}


class Found(NamedTuple):
    """What one tick has shown."""

    readings: list[Reading]  # by kind and dealer id
    excursions: dict[str, int]  # kind -> excursions of the evidence into the band about its line
    sharing: dict[str, int]  # kind -> dealers with a full share of its budget …
    slight: dict[str, int]  # … and with a slight one


def readings(setup: Setup, fleet: Fleet, view: TickView, factors: F64) -> Found:
    """What is told of every kind after a tick has been weighed.

    factors: (k, 3) log factors of network, region and tier of the view's dealers.
    """
    at, length = setup.timeline.end(view.tick), setup.timeline.tick
    found = Found([], {}, {}, {})
    for kind in KINDS:
        near = np.flatnonzero(_near(fleet, kind, view, found))
        for number in np.unique(view.locale[near]).tolist():
            here = near[view.locale[near] == number]
            start = setup.locales.all[number].time.start
            now = Moment(view.tick, length, int(view.day[here[0]]), start)
            found.readings.extend(_of_kind(fleet, kind, view.rows[here], factors[here], now, at))
    found.readings.sort(key=lambda reading: (reading.kind, reading.dealer.id))
    return found


def _near(fleet: Fleet, kind: Kind, view: TickView, found: Found) -> Bool:
    """(k,) whether a dealer is told of; counts what calibration wants to know."""
    near = np.empty(len(view.rows), np.bool_)
    found.excursions[kind], found.sharing[kind], found.slight[kind] = cross(
        fleet.crossings,
        view.rows,
        _PLACE[kind],
        fleet.evidence.log_odds(kind, view.rows),
        fleet.known.threshold(kind),
        fleet.known.nominal(kind),
        HOME in view.ending,
        near,
    )
    return near


def _of_kind(
    fleet: Fleet, kind: Kind, rows: I64, factors: F64, now: Moment, at: int
) -> list[Reading]:
    if kind is Kind.UNUSUAL_PATTERN:
        return odd.readings(fleet, rows, factors, now, at)
    standing, detector = fleet.dealers.standing, DETECTORS[kind]
    age = now.day - standing.first_day[rows]
    windows = past.windows(fleet.history[kind], rows, now)
    since = np.array([now.start(day) for day in standing.first_day[rows].tolist()], np.int64)
    if kind is Kind.UNIT_PRICE_DROP:
        shown = _of_prices(fleet, windows, since)
    else:
        best = past.likeliest(windows, detector.falling, since)
        shown = _of_counts(fleet, kind, rows, windows, best, at)
    start, observed, expected, variance, chance, told = shown
    young = age < WARM_UP_DAYS
    if kind is Kind.ORDER_VOLUME_DROP:
        by_rhythm = _told_by_rhythm(fleet, rows)
        young &= ~(by_rhythm & rhythm.plain(fleet.rhythm, rows))
        rare = rhythm.chance(fleet.rhythm, rows, fleet.known.rhythm_pools())
        chance = np.where(by_rhythm & (observed == 0), np.minimum(chance, rare), chance)
    shortest = np.full(len(rows), float(at - windows.start[0]))
    if detector.form is Form.COUNT and detector.falling:
        shortest = np.maximum(shortest, (at - start) / expected)  # in which one is expected
    chance = rarity.of_any(
        chance, rarity.looks(at - np.maximum(since, windows.start[-1]), shortest)
    )
    odds, ratio = fleet.evidence.log_odds(kind, rows), fleet.evidence.ratio(kind, rows)
    carried = fleet.evidence.carried(kind, rows)
    week, shares = usual_week(fleet, rows), fleet.share(kind, rows)
    loss = np.full(len(rows), np.nan) if kind in CASES else week * (1.0 - observed / expected)
    return [
        Reading(
            kind=kind,
            dealer=fleet.dealers.card(int(row)),
            log_odds=float(odds[k]),
            onset=min(int(start[k]), at),
            window_from=min(int(start[k]), at),
            observed=float(observed[k]),
            expected=float(expected[k]),
            unit=UNITS[kind],
            ratio=float(ratio[k]),
            variance=float(variance[k]),
            telling=bool(told[k]),
            chance=float(chance[k]),
            loss_per_week=None if np.isnan(loss[k]) else float(loss[k]),
            currency=_currency(fleet, int(row)),
            week_value=None if np.isnan(week[k]) else float(week[k]),
            network_ratio=float(np.exp(factors[k, 0])),
            region_ratio=float(np.exp(factors[k, 1])),
            warming_up=bool(young[k]),
            carried={one.name: float(x) for one, x in zip(KINDS[kind], carried[k], strict=True)},
            share=float(shares[k]),
        )
        for k, row in enumerate(rows)
    ]


def _told_by_rhythm(fleet: Fleet, rows: I64) -> Bool:
    """(k,) whether the rhythm carries most of the evidence of a drop."""
    kind = Kind.ORDER_VOLUME_DROP
    place = [one.name for one in KINDS[kind]].index(rhythm.DETECTOR.name)
    return np.asarray(fleet.evidence.carried(kind, rows)[:, place] > 0.5)


# start, observed, expected, relative variance of what is expected, chance, whether it tells
Shown = tuple[F64, F64, F64, F64, F64, Bool]


def _of_counts(fleet: Fleet, kind: Kind, rows: I64, windows: Windows, best: I64, at: int) -> Shown:
    every = np.arange(len(rows))
    start = windows.start[best]
    observed = np.round(windows.observed[every, best], 6)
    expected = np.maximum(windows.expected[every, best], 1e-6)
    days = np.maximum((at - start) / DAY, 1e-3)
    variance = noise.own_variance(fleet, kind, rows, days) + noise.level_variance(fleet, kind, rows)
    falling = DETECTORS[kind].falling
    chance = rarity.few_or_many(observed, expected, variance, falling=falling)
    told = observed < expected if falling else (observed > expected) & (observed >= LEAST_CASES)
    return start.astype(np.float64), observed, expected, variance, chance, told


def _of_prices(fleet: Fleet, windows: Windows, since: I64) -> Shown:
    drift = fleet.known.pools["drift"][0] + OWN_TERM**2 / 10.0
    total, precision = windows.observed, np.maximum(windows.expected, 1e-9)
    # evidence of the mean: its square over twice its variance, drift of the dealer included
    strength = total**2 / (2.0 * precision * (1.0 + precision * drift))
    known = windows.start[None, :] >= since[:, None]
    best = np.argmax(np.where((total < 0) & known, strength, -1.0), axis=1)
    every = np.arange(len(best))
    mean = total[every, best] / precision[every, best]
    deviation = np.sqrt(1.0 / precision[every, best] + drift)
    chance = special.ndtr(mean / deviation)
    index = np.exp(mean)
    start = windows.start[best].astype(np.float64)
    return start, index, np.ones(len(best)), deviation**2, chance, index < 0.9999


def _currency(fleet: Fleet, row: int) -> str | None:
    code = int(fleet.worth.currency[row])
    return fleet.currencies.all[code] if code >= 0 and not fleet.worth.mixed[row] else None
