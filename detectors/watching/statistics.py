"""What `dealer-stats` says of a dealer: exact sums, and what was expected of the last days."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from detectors.baselines import history as past
from detectors.columns import F64, I64
from detectors.setup import Setup
from detectors.watching.fleet import COMPLAINTS, LINES, ORDERS, RETURN_UNITS, RETURNS, UNITS, Fleet
from detectors.watching.intake import key_of
from detectors.watching.learning import USUAL_THRESHOLD
from detectors.watching.reading import WARM_UP_DAYS
from detectors.watching.tally import LAST_7, LAST_28, TOTAL
from schemas.alert import Kind
from schemas.stats import (
    DealerInfo,
    DealerStats,
    DealerStatus,
    Detectable,
    Issues,
    Recent,
    Totals,
)

SPANS: Final = {LAST_7: 7, LAST_28: 28}  # local days of what was expected
TIMED: Final = (0.5, 0.0)  # changes whose proof is timed: half the orders, none at all
HORIZON_DAYS: Final = 365.0


def changed(fleet: Fleet) -> I64:
    """Rows of the dealers whose sums differ from those at the end of the day before.

    Money changes only with lines, so the dealers' own sums tell of all changes.
    """
    return fleet.tally.changed()


def stats(setup: Setup, fleet: Fleet, rows: I64, at: int) -> list[DealerStats]:
    """Statistics of some dealers at a moment, by dealer id."""
    day = setup.timeline.day(setup.timeline.number(at - 1))
    recent = {
        span: {
            kind: past.last_days(fleet.history[kind], rows, day, days)
            for kind in (Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP)
        }
        for span, days in SPANS.items()
    }
    proof = _proof_days(fleet, rows)
    accounts = _accounts(fleet, rows)
    built = [
        _of(fleet, row, at, day, accounts[n], {s: {k: v[n] for k, v in kinds.items()} for s, kinds
            in recent.items()}, proof[n])
        for n, row in enumerate(rows.tolist())
    ]  # fmt: skip
    return sorted(built, key=lambda one: one.dealer.id)


def _of(
    fleet: Fleet, row: int, at: int, day: int, accounts: dict[str, int],
    recent: dict[int, dict[Kind, F64]], proof: F64,
) -> DealerStats:  # fmt: skip
    card, issues = fleet.dealers.card(row), fleet.issues.count(row, at)
    sums = {span: _sums(fleet, row, span, accounts) for span in (TOTAL, *SPANS)}
    week, month = (Recent(**sums[span], **_figures(sums[span], recent[span])) for span in SPANS)
    return DealerStats(
        dealer=DealerInfo(
            id=card.id, name=card.name, region=card.region, tier=card.tier, manager=card.manager
        ),
        at=at,
        status=_status(fleet, row, day),
        totals=Totals(**sums[TOTAL]),
        d7=week,
        d28=month,
        issues=Issues(open=issues.open, overdue=issues.overdue, oldest=issues.oldest),
        detectable=tuple(
            Detectable(
                kind=Kind.ORDER_VOLUME_DROP,
                ratio=ratio,
                within_days=float(days) if days <= HORIZON_DAYS else None,
            )
            for ratio, days in zip(TIMED, proof, strict=True)
        ),
    )


def _accounts(fleet: Fleet, rows: I64) -> list[dict[str, int]]:
    """Of each dealer the rows of its money, by currency in alphabetical order."""
    codes = np.arange(len(fleet.currencies))
    keys = key_of(np.repeat(rows, len(codes)), np.tile(codes, len(rows)))
    found = fleet.accounts.lookup(keys).reshape(len(rows), len(codes))
    ordered = sorted((name, code) for code, name in enumerate(fleet.currencies.all))
    return [
        {name: account for name, code in ordered if (account := of_row[code]) >= 0}
        for of_row in found.tolist()
    ]


def _sums(fleet: Fleet, row: int, span: int, accounts: dict[str, int]) -> dict[str, Any]:
    sums = fleet.tally.amounts(row, span)
    value = {currency: fleet.money.amount(one, span, 0) for currency, one in accounts.items()}
    return {
        "orders": int(sums[ORDERS]),
        "lines": int(sums[LINES]),
        "returns": int(sums[RETURNS]),
        "complaints": int(sums[COMPLAINTS]),
        "units": sums[UNITS],
        "return_units": sums[RETURN_UNITS],
        "value": {c: amount for c, amount in value.items() if span == TOTAL or amount},
    }


def _figures(sums: dict[str, Any], recent: dict[Kind, F64]) -> dict[str, float | None]:
    orders, units, value = sums["orders"], sums["units"], sums["value"]
    average = float(next(iter(value.values())) / units) if units and len(value) == 1 else None
    shift, precision = recent[Kind.UNIT_PRICE_DROP]
    return {
        "expected_orders": float(recent[Kind.ORDER_VOLUME_DROP][past.EXPECTED]),
        "average_unit_price": average,
        "price_index": float(np.exp(shift / precision)) if precision > 0 else None,
        "complaint_rate": sums["complaints"] / orders if orders else None,
        "return_rate": sums["returns"] / orders if orders else None,
    }


def _status(fleet: Fleet, row: int, day: int) -> DealerStatus:
    standing = fleet.dealers.standing
    if standing.dormant[row]:
        return DealerStatus.DORMANT
    young = day - int(standing.first_day[row]) < WARM_UP_DAYS
    return DealerStatus.NEW if young else DealerStatus.ACTIVE


def _proof_days(fleet: Fleet, rows: I64) -> F64:
    """(k, 2) days until a change of each timed size has earned its threshold, on average.

    A Poisson stream of rate L earns L (1 - r + r ln r) nats a day after a change to r.
    """
    threshold = fleet.known.thresholds.get(Kind.ORDER_VOLUME_DROP, USUAL_THRESHOLD)
    level = np.maximum(fleet.volume.level[rows], 1e-9)[:, None]
    ratio = np.array(TIMED)
    gain = 1.0 - ratio + np.where(ratio > 0, ratio * np.log(np.maximum(ratio, 1e-9)), 0.0)
    return np.asarray(threshold / (level * gain))
