"""What `dealer-stats` says of a dealer: exact sums, and what was expected of the last days.

Worked out in columns and in pieces, so that a line costs microseconds and memory stays small.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Final

import numpy as np

from detectors.baselines import history as past
from detectors.columns import F64, I64
from detectors.setup import Setup
from detectors.watching import ability
from detectors.watching.fleet import Fleet
from detectors.watching.learning import WARM_UP_DAYS
from detectors.watching.sums import SpanSums, sums
from schemas.alert import Kind
from schemas.instant import format_instant
from schemas.rounding import significants
from schemas.stats import DealerStatus
from schemas.stats_line import IssueCounts, Proof, RecentSums, Stats, StatsLine, Sums, Who, line_of

PIECE: Final = 2_000  # dealers worked out at once: 6 MB, 15 ms
DAYS: Final = (7, 28)  # local days of what was expected
PROVEN: Final = Kind.ORDER_VOLUME_DROP
TIMED: Final = (0.5, 0.0)  # changes whose proof is timed: half the orders, none at all
NO_ISSUES: Final = IssueCounts(0, 0, None)
MOST_LOG: Final = 30.0  # of a price index: beyond any price there is


def changed(fleet: Fleet) -> I64:
    """Rows of the dealers to be told of anew at the end of an event day.

    Their sums differ from those at the end of the day before (money changes only with lines, so the
    dealers' own sums tell of all changes), or they have fallen asleep.
    """
    return np.union1d(fleet.tally.changed(), np.flatnonzero(fleet.dealers.standing.dozed))


def lines(setup: Setup, fleet: Fleet, rows: I64, at: int) -> Iterator[StatsLine]:
    """Statistics of some dealers at a moment, by dealer id; to be used up before the next cut."""
    ids = fleet.dealers.ids.all
    ordered = np.array(sorted(rows.tolist(), key=ids.__getitem__), np.int64)
    today = setup.locales.at(setup.timeline.number(at - 1)).day
    for start in range(0, len(ordered), PIECE):
        yield from map(line_of, _piece(fleet, ordered[start : start + PIECE], at, today))


def _piece(fleet: Fleet, rows: I64, at: int, today: I64) -> Iterator[Stats]:
    """today: (locales,) local days."""
    day = today[fleet.dealers.standing.locale[rows]]
    (total, *spans), (_, *averages) = sums(fleet, rows)
    recent = [
        map(RecentSums, *span, *_figures(fleet, rows, day, days, span, average))
        for days, span, average in zip(DAYS, spans, averages, strict=True)
    ]
    return map(
        Stats,
        repeat(Stats.SCHEMA),
        _who(fleet, rows),
        repeat(format_instant(at)),
        _status(fleet, rows, day),
        map(Sums, *total),
        *recent,
        _issues(fleet, rows, at),
        _proofs(fleet, rows, day),
    )


def _figures(
    fleet: Fleet, rows: I64, day: I64, days: int, span: SpanSums, average: F64
) -> list[list[float | None]]:
    """The columns that RecentSums has beyond Sums."""
    expected = past.last_days(fleet.history[Kind.ORDER_VOLUME_DROP], rows, day, days)
    shift, precision = past.last_days(fleet.history[Kind.UNIT_PRICE_DROP], rows, day, days).T
    index = np.clip(shift / np.where(precision > 0, precision, np.nan), -MOST_LOG, MOST_LOG)
    orders = np.array([n or np.nan for n in span.orders])
    return [
        _told(column)
        for column in (
            expected[:, past.EXPECTED],
            average,
            np.exp(index),
            np.array(span.complaints) / orders,
            np.array(span.returns) / orders,
        )
    ]


def _told(figures: F64) -> list[float | None]:
    """Rounded; None for nan."""
    return [None if x != x else x for x in significants(figures).tolist()]  # noqa: PLR0124


def _who(fleet: Fleet, rows: I64) -> Iterator[Who]:
    for row in rows.tolist():
        card = fleet.dealers.card(row)
        yield Who(card.id, card.name, card.region, card.tier, card.manager)


def _status(fleet: Fleet, rows: I64, day: I64) -> list[str]:
    standing = fleet.dealers.standing
    young = day - standing.first_day[rows] < WARM_UP_DAYS
    status = np.where(young, DealerStatus.NEW.value, DealerStatus.ACTIVE.value)
    status = np.where(standing.dormant[rows], DealerStatus.DORMANT.value, status)
    return [str(one) for one in status.tolist()]


def _issues(fleet: Fleet, rows: I64, at: int) -> Iterator[IssueCounts]:
    for row in rows.tolist():
        if row not in fleet.issues:
            yield NO_ISSUES
            continue
        count = fleet.issues.count(row, at)
        oldest = None if count.oldest is None else format_instant(count.oldest)
        yield IssueCounts(count.open, count.overdue, oldest)


def _proofs(fleet: Fleet, rows: I64, day: I64) -> Iterator[tuple[Proof, ...]]:
    """Days until a change of each timed size has earned its threshold, on average."""
    proofs = [ability.proof_days(fleet, PROVEN, rows, day, ratio) for ratio in TIMED]
    told = [_told(np.where(np.isfinite(days), days, np.nan)) for days in proofs]
    for of_dealer in zip(*told, strict=True):
        yield tuple(map(Proof, repeat(PROVEN.value), TIMED, of_dealer))
