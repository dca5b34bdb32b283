"""What is said of the dealers whose evidence is near or over the line."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines import rhythm
from detectors.baselines.history import Moment
from detectors.columns import F64, I8, I64, Bool
from detectors.registry import KINDS
from detectors.setup import Setup
from detectors.watching import odd, rarity, telling
from detectors.watching import shown as showing
from detectors.watching.crossings import NEWS, STANDING, cross
from detectors.watching.fleet import Fleet
from detectors.watching.learning import WARM_UP_DAYS
from detectors.watching.shown import Near, Shown
from detectors.watching.view import HOME, TickView
from schemas.alert import Kind
from schemas.wire import Reading

# a chance that comes more often tells nothing, whatever the evidence has added up to
RARE: Final = {Kind.UNIT_PRICE_DROP: 0.01}


class Found(NamedTuple):
    """What one tick has shown."""

    readings: list[Reading]  # by kind and dealer id
    standing: dict[str, list[str]]  # kind -> dealers whose last reading stands
    excursions: dict[str, int]  # kind -> excursions of the evidence into the band about its line
    sharing: dict[str, int]  # kind -> dealers with a full share of its budget …
    slight: dict[str, int]  # … and with a slight one


def readings(setup: Setup, fleet: Fleet, view: TickView, factors: F64) -> Found:
    """What is told of every kind after a tick has been weighed.

    factors: (k, 3) log factors of network, region and tier of the view's dealers.
    """
    say, odds, counted = _cross(fleet, view)
    standing = _standing(fleet, view.rows, say == STANDING)
    counts = (dict(zip(KINDS, column, strict=True)) for column in counted.T.tolist())
    found = Found([], standing, *counts)
    for kind, anew, nats in zip(KINDS, say == NEWS, odds, strict=True):
        if anew.any():
            for here in _by_locale(np.flatnonzero(anew), view):
                carried = fleet.evidence.carried(kind, view.rows[here])
                dealers = _gathered(setup, fleet, view, factors, here, nats[here], carried)
                found.readings.extend(_of_kind(fleet, kind, dealers))
    found.readings.sort(key=lambda reading: (reading.kind, reading.dealer.id))
    return found


def _standing(fleet: Fleet, rows: I64, still: Bool) -> dict[str, list[str]]:
    """Whose last reading stands, by kind; still: (kinds, k)."""
    ids = fleet.dealers.ids.all
    places = ((kind, np.flatnonzero(column)) for kind, column in zip(KINDS, still, strict=True))
    return {kind: [ids[row] for row in rows[here].tolist()] for kind, here in places if len(here)}


def _cross(fleet: Fleet, view: TickView) -> tuple[I8, F64, I64]:
    """(kinds, k) what there is to say, and nats; (kinds, 3) what calibration asks."""
    odds = np.stack([fleet.evidence.log_odds(kind, view.rows) for kind in KINDS])
    threshold = np.array([fleet.known.threshold(kind) for kind in KINDS])
    nominal = np.array([fleet.known.nominal(kind) for kind in KINDS])
    say = np.empty(odds.shape, np.int8)
    counted = np.empty((len(KINDS), 3), np.int64)
    cross(
        fleet.crossings, view.rows, odds, threshold, nominal, view.begins_day,
        HOME in view.ending, say, counted,
    )  # fmt: skip
    return say, odds, counted


def _by_locale(near: I64, view: TickView) -> list[I64]:
    locale = view.locale[near]
    if (locale == locale[0]).all():
        return [near]
    return [near[locale == number] for number in np.unique(locale).tolist()]


def _gathered(
    setup: Setup, fleet: Fleet, view: TickView, factors: F64, here: I64, odds: F64, carried: F64
) -> Near:
    """Some dealers of one locale; here: their places in the view; the others: see Near."""
    number, rows = int(view.locale[here[0]]), view.rows[here]
    start = setup.locales.all[number].time.start
    now = Moment(view.tick, setup.timeline.tick, int(view.day[here[0]]), start)
    days = fleet.dealers.standing.first_day[rows].tolist()
    since = np.array([start(day) for day in days], np.int64)
    end = setup.timeline.end(view.tick)
    return Near(rows, factors[here], since, now, end, odds, carried)


def _of_kind(fleet: Fleet, kind: Kind, near: Near) -> list[Reading]:
    if kind is Kind.UNUSUAL_PATTERN:
        return odd.readings(fleet, near)
    shown = showing.of(fleet, kind, near)
    young = near.now.day - fleet.dealers.standing.first_day[near.rows] < WARM_UP_DAYS
    if kind is Kind.ORDER_VOLUME_DROP:
        by_rhythm = _told_by_rhythm(near.carried)
        young &= ~(by_rhythm & rhythm.plain(fleet.rhythm, near.rows))
        shown = showing.as_rare_as_its_rhythm(fleet, near.rows, shown, by_rhythm)
    return _told(fleet, kind, near, shown, young)


def _told_by_rhythm(carried: F64) -> Bool:
    """(k,) whether the rhythm carries most of the evidence of a drop."""
    place = [one.name for one in KINDS[Kind.ORDER_VOLUME_DROP]].index(rhythm.DETECTOR.name)
    return np.asarray(carried[:, place] > 0.5)


def _told(fleet: Fleet, kind: Kind, near: Near, shown: Shown, young: Bool) -> list[Reading]:
    """The readings; their chance is that of any window."""
    chance = rarity.of_any(shown.chance, showing.looks(kind, near, shown))
    says = shown.told & (chance <= RARE.get(kind, 1.0))
    fleet.crossings.shown[near.rows, list(KINDS).index(kind)] = says
    columns: telling.Columns = {
        "dealer": [fleet.dealers.card(row) for row in near.rows.tolist()],
        "telling": says.tolist(),
        "chance": chance.tolist(),
        "warming_up": young.tolist(),
        **telling.of_evidence(fleet, kind, near),
        **telling.of_window(near, shown),
        **telling.of_stakes(fleet, kind, near.rows, shown.factors),
    }
    each = zip(*columns.values(), strict=True)
    return [Reading(kind=kind, **dict(zip(columns, one, strict=True))) for one in each]
