"""Messages between the stages that carry a checksum and are empty otherwise."""

from __future__ import annotations

from schemas.alert import Kind
from schemas.named_rows import Levels, Sums
from schemas.wire import Census, DealerCard, Outlook, RatioSums, Reading, Signals


def census(tick: int, partition: int, digest: int) -> Census:
    return Census(
        tick=tick,
        partition=partition,
        records={},
        blurred=False,
        expected_orders=digest,
        largest_expected=0,
        cells=[],
        items=Sums(),
        complaints=Sums(),
        returns=Sums(),
        pools={},
    )


def outlook(tick: int, digest: int) -> Outlook:
    return Outlook(
        tick=tick,
        network=RatioSums("", [], []),
        regions=[],
        tiers=[],
        items=Levels(),
        complaints=Levels(),
        returns=Levels(),
        pools={},
        thresholds={"digest": float(digest)},
        silent=[],
        missing=[],
    )


def signals(tick: int, partition: int, digest: int) -> Signals:
    reading = Reading(
        kind=Kind.ORDER_VOLUME_DROP,
        dealer=DealerCard("d", None, None, None, None),
        log_odds=float(digest),
        onset=0,
        window_from=0,
        observed=0,
        expected=0,
        unit="orders",
        ratio=1,
        chance=1,
        loss_per_week=None,
        currency=None,
        week_value=None,
        network_ratio=1,
        region_ratio=1,
        warming_up=False,
    )
    return Signals(tick, partition, [reading])
