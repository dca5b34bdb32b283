"""What is known about one entity and kind now, and the alert line that says so."""

from __future__ import annotations

from collections.abc import Mapping
from math import expm1, log
from typing import Final, NamedTuple

import msgspec

from detectors.deciding.bounds import bounds
from detectors.deciding.episode import Episode
from detectors.words.details import Back, Details
from schemas.alert import (
    Change,
    Dealer,
    Draft,
    Effect,
    Evidence,
    Kind,
    Parts,
    Scope,
    Severity,
    Unit,
    Verdict,
    Vertical,
    Window,
)
from schemas.rounding import MOST_MONEY
from schemas.wire import DealerCard, Reading

REGION_FALLS: Final = 0.8  # common factor at which a drop is the region's or the market's too
CERTAIN_NATS: Final = 2.0  # above the threshold
MOST_LOG: Final = 700.0  # of the ratio of two amounts: e^700 is finite …
LEAST_LOG: Final = 1e-9  # … and below this (e^x - 1) / x is 1 + x / 2 to the last digit


class Line(NamedTuple):
    """Where a kind opens, and what that costs."""

    nats: float
    per_year: float  # false alerts of one entity


class Statement(msgspec.Struct, frozen=True):
    """One tick's evidence on one entity, in the terms of an alert."""

    kind: Kind
    scope: Scope
    entity: str
    dealer: DealerCard | None
    stake: float  # money in danger, in weeks of a usual dealer
    onset: int  # microseconds
    window_from: int
    window_to: int  # when this was true
    observed: float
    expected: float
    unit: Unit
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of the trade: orders, size, price
    week_value: float | None = None  # of the usual trade, in `currency`
    statistical: bool = False  # by evidence, not a fact; if not, what follows has no meaning …
    log_odds: float = 0.0
    threshold: float = 0.0
    chance: float | None = None
    warming_up: bool = False  # … to here
    loss_per_week: float | None = None
    currency: str | None = None
    verdict: Verdict | None = None
    named: tuple[str, ...] = ()  # issues, the oldest first
    false_alerts_per_year: float = 0.0  # what the threshold stands for
    measures: tuple[tuple[Unit, float], ...] = ()  # of an unusual pattern: unit, against usual
    variance: float = 0.0  # of what is expected, relative; of the log, for a price index
    ratio_low: float | None = None  # 80 % bounds of the change, where the variance does not say …
    ratio_high: float | None = None  # … them
    telling: bool = True  # the window shows it: fewer (or more) than expected
    detector: tuple[str, Unit] | None = None  # a plugged one, and what it looks at
    back: Back | None = None  # goods that have come back of late

    @property
    def details(self) -> Details:
        """What the sentences say beside the fields of the alert."""
        return Details(self.named, self.measures, self.detector, self.back)

    def begun(self, onset: int) -> Statement:
        """The same of a change that began then."""
        return self if onset == self.onset else msgspec.structs.replace(self, onset=onset)

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, scope and entity: one alert at a time."""
        return (str(self.kind), str(self.scope), self.entity)


def of_reading(reading: Reading, at: int, line: Line, usual_week: Mapping[str, float]) -> Statement:
    """The statement of a dealer's reading at the end of a tick."""
    return Statement(
        kind=reading.kind,
        scope=Scope.DEALER,
        entity=reading.dealer.id,
        dealer=reading.dealer,
        log_odds=reading.log_odds,
        threshold=line.nats,
        false_alerts_per_year=line.per_year,
        variance=reading.variance,
        ratio_low=reading.ratio_low,
        ratio_high=reading.ratio_high,
        telling=reading.telling,
        statistical=True,
        stake=_stake(reading, usual_week),
        onset=reading.onset,
        window_from=reading.window_from,
        window_to=at,
        observed=reading.observed,
        expected=reading.expected,
        unit=Unit(reading.unit),
        chance=reading.chance,
        loss_per_week=_tellable(reading.loss_per_week),
        currency=reading.currency,
        verdict=_verdict(reading),
        warming_up=reading.warming_up,
        measures=tuple((Unit(one.unit), one.ratio) for one in reading.measures),
        factors=reading.factors,
        week_value=reading.week_value,
        back=_back(reading),
    )


def _back(reading: Reading) -> Back | None:
    if not reading.back > 0.0:
        return None
    return Back(reading.back, _tellable(reading.back_value), reading.currency)


def of_outage(source: str, since: int, at: int, expected: float) -> Statement:
    """The statement of a feed that has stopped since a moment."""
    units = {"orders": Unit.ORDERS, "complaints": Unit.COMPLAINTS, "returns": Unit.RETURNS}
    return Statement(
        kind=Kind.FEED_OUTAGE,
        scope=Scope.FEED,
        entity=source,
        dealer=None,
        stake=1.0,
        onset=min(since, at),
        window_from=min(since, at),
        window_to=at,
        observed=0.0,
        expected=expected,
        unit=units.get(source, Unit.EVENTS),
    )


def _tellable(amount: float | None) -> float | None:
    """Money an alert may name: beyond what keeps its cents, none."""
    return None if amount is None or abs(amount) >= MOST_MONEY else amount


def _stake(reading: Reading, usual_week: Mapping[str, float]) -> float:
    usual = usual_week.get(reading.currency or "")
    week = reading.week_value
    if not usual or week is None:
        return 0.5
    if reading.loss_per_week is not None:
        return abs(reading.loss_per_week) / usual  # goods that pile up are at stake too
    # cases put the dealer's trade at risk, the more the stronger they have risen
    return week / usual * min(reading.ratio - 1.0, 4.0) / 4.0


def severity(said: Statement, peak: float) -> Severity:
    """From money against a usual dealer's week, and from certainty; not from the score alone.

    peak: nats, the highest log odds of the episode: what was certain does not become less so while
    the evidence wanders, or an alert would flap between two severities.
    """
    certain = max(said.log_odds, peak) >= said.threshold + CERTAIN_NATS
    if said.kind is Kind.ORDER_VOLUME_SURGE:  # no money is lost: news, unless it is large
        return Severity.WARNING if said.stake >= 1.0 and certain else Severity.INFO
    if said.stake >= 1.0 and (certain or not said.statistical):
        return Severity.CRITICAL
    return Severity.WARNING if said.stake >= 0.2 else Severity.INFO


def _verdict(reading: Reading) -> Verdict:
    if reading.kind in (Kind.ORDER_VOLUME_DROP, Kind.ORDER_VOLUME_SURGE):
        falls = reading.kind is Kind.ORDER_VOLUME_DROP
        if _moves(reading.network_ratio, falls=falls):
            return Verdict.MARKET_WIDE
        if _moves(reading.region_ratio, falls=falls):
            return Verdict.REGIONAL
    return Verdict.DEALER_SPECIFIC


def _moves(ratio: float, *, falls: bool) -> bool:
    return ratio < REGION_FALLS if falls else ratio > 1.0 / REGION_FALLS


def line(
    said: Statement, episode: Episode, change: Change, at: int, related: tuple[str, ...]
) -> Draft:
    """The line of an alert that tells a change at a moment, still without words."""
    parts = _parts(said)
    loss = 0.0 - parts.total if parts else None
    effect = Effect.of(
        said.observed,
        said.expected,
        said.unit,
        Window(from_=said.window_from, to=said.window_to),
        loss_per_week=loss,
        currency=said.currency if loss is not None else None,
    )
    return Draft(
        alert_id=episode.alert_id,
        sequence=episode.sequence,
        status=change.status,
        change=change,
        kind=said.kind,
        scope=said.scope,
        entity=said.entity,
        dealer=_dealer(said.dealer),
        at=at,
        onset=said.onset,
        severity=episode.severity,
        evidence=_evidence(said),
        effect=effect,
        verdict=said.verdict,
        vertical=_vertical(said, effect.ratio),
        parts=parts,
        related=related,
    )


def _vertical(said: Statement, ratio: float | None) -> Vertical | None:
    if said.verdict is None:
        return None
    low, high = said.ratio_low, said.ratio_high
    if low is None and said.variance > 0:
        low, high = bounds(said.observed, said.expected, said.variance, said.unit) or (None, None)
    if ratio is not None and low is not None and high is not None:  # which has been rounded
        low, high = min(low, ratio), max(high, ratio)
    return Vertical(ratio=ratio, chance=said.chance, ratio_low=low, ratio_high=high)


def _dealer(card: DealerCard | None) -> Dealer | None:
    if card is None:
        return None
    return Dealer(
        id=card.id, name=card.name, region=card.region, tier=card.tier, manager=card.manager
    )


def _evidence(said: Statement) -> Evidence:
    if not said.statistical:
        return Evidence()
    return Evidence(
        log_odds=said.log_odds,
        threshold=said.threshold,
        false_alerts_per_year=said.false_alerts_per_year,
    )


def _parts(said: Statement) -> Parts | None:
    """The change in money a week by its factors; null where there is none."""
    if said.loss_per_week is None or said.week_value is None:
        return None
    return parts_of(said.week_value, said.factors, -said.loss_per_week)


def parts_of(before: float, factors: tuple[float, float, float], total: float) -> Parts:
    """Split the change of an amount by its factors (LMDI-I; Ang 2004): exact, whatever their order.

    factors: orders, their size, price; before * their product is what the amount is now, and
    `total` the difference. The logarithmic mean of before and now shares it out by the logs of the
    factors. Without any orders all of it is their number; so it is where the factors are so wild
    that their parts would lose their cents.
    """
    if min(factors) > 0.0:
        logs = [log(factor) for factor in factors]
        whole = min(sum(logs), MOST_LOG)
        mean = before * (expm1(whole) / whole if abs(whole) > LEAST_LOG else 1.0 + 0.5 * whole)
        parts = [mean * one for one in logs]
        if max(map(abs, parts)) < MOST_MONEY:
            return _amounts(*parts)
    return _amounts(total, 0.0, 0.0)


def _amounts(frequency: float, size: float, price: float) -> Parts:
    return Parts.of(order_frequency=frequency, order_size=size, price=price, mix=0.0, lost_skus=0.0)
