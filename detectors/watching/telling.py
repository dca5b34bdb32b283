"""What a reading says beside its chance, in columns by the name of its field; lists (k,)."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np

from detectors.baselines import bulk, worth
from detectors.columns import F64, I64
from detectors.registry import KINDS
from detectors.watching.fleet import CASES, Fleet
from detectors.watching.learning import usual_week
from detectors.watching.shown import Near, Shown
from schemas.alert import Kind

Columns = dict[str, list[Any]]


def of_evidence(fleet: Fleet, kind: Kind, near: Near) -> Columns:
    """How strong it is, which detectors carry it, how large a change they believe in."""
    names = [one.name for one in KINDS[kind]]
    network, region = np.exp(near.factors[:, :2]).T.tolist()
    return {
        "log_odds": near.odds.tolist(),
        "ratio": fleet.evidence.ratio(kind, near.rows, near.carried).tolist(),
        "carried": [dict(zip(names, one, strict=True)) for one in near.carried.tolist()],
        "share": fleet.share(kind, near.rows).tolist(),
        "network_ratio": network,
        "region_ratio": region,
    }


def of_window(near: Near, shown: Shown) -> Columns:
    """What has been seen since the change began, and what would be usual."""
    start = np.minimum(shown.start, near.at).astype(np.int64).tolist()
    return {
        "onset": start,
        "window_from": start,
        "observed": shown.observed.tolist(),
        "expected": shown.expected.tolist(),
        "unit": shown.units,
        "variance": shown.variance.tolist(),
        "ratio_low": _known(shown.low),
        "ratio_high": _known(shown.high),
    }


def of_stakes(fleet: Fleet, kind: Kind, rows: I64, factors: F64) -> Columns:
    """Money; factors: (k, 3) of the trade: orders, their size, price."""
    week = usual_week(fleet, rows)
    lost = np.full(len(rows), np.nan) if kind in CASES else week * (1.0 - factors.prod(axis=1))
    return {
        "loss_per_week": _known(lost),
        "currency": [_currency(fleet, row) for row in rows.tolist()],
        "week_value": _known(week),
        "factors": [tuple(three) for three in factors.tolist()],
        **_come_back(fleet, kind, rows),
    }


def _come_back(fleet: Fleet, kind: Kind, rows: I64) -> Columns:
    """Usual orders that have come back of late, and what they are worth."""
    if kind is not bulk.DETECTOR.kind:
        return {}
    back = fleet.bulk.back[rows]
    return {
        "back": back.tolist(),
        "back_value": _known(back * worth.per_order(fleet.worth, rows)),
    }


def _known(column: F64) -> list[float | None]:
    return [None if isnan(amount) else amount for amount in column.tolist()]


def _currency(fleet: Fleet, row: int) -> str | None:
    code = int(fleet.worth.currency[row])
    return fleet.currencies.all[code] if code >= 0 and not fleet.worth.mixed[row] else None
