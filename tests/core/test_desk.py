"""Evidence that no window shows today opens nothing and ends nothing."""

from __future__ import annotations

from math import log

import pytest
from msgspec import structs

from detectors.deciding.desk import Context, Desk
from schemas.alert import Alert, Kind
from schemas.instant import HOUR
from schemas.routing import partitions_of
from schemas.wire import DealerCard, Reading

LINE = 9.0
KIND = str(Kind.RETURN_SPIKE)


def reading(log_odds: float, *, telling: bool, share: float = 1.0) -> Reading:
    return Reading(
        kind=Kind.RETURN_SPIKE,
        dealer=DealerCard("dealer-1", None, None, None, None),
        log_odds=log_odds,
        onset=0,
        window_from=0,
        observed=7.0 if telling else 1.0,
        expected=2.0,
        unit="returns",
        ratio=3.0,
        chance=1e-4,
        loss_per_week=None,
        currency=None,
        week_value=None,
        network_ratio=1.0,
        region_ratio=1.0,
        warming_up=False,
        variance=0.1,
        telling=telling,
        share=share,
    )


def play(*ticks: tuple[float, bool]) -> list[Alert]:
    """Evidence and whether a window shows it, a tick a day."""
    desk, told = Desk(""), list[Alert]()
    for tick, (log_odds, telling) in enumerate(ticks, 1):
        now = Context(tick, 24 * tick * HOUR, {KIND: LINE}, {KIND: 0.1}, {})
        told += desk.decide([reading(log_odds, telling=telling)], [], now).alerts
    return told


def changes(*ticks: tuple[float, bool]) -> list[str]:
    return [str(alert.change) for alert in play(*ticks)]


def test_evidence_that_no_window_shows_opens_nothing() -> None:
    assert changes((12.0, False), (12.0, False)) == []


def test_alert_goes_on_while_no_window_shows_it() -> None:
    assert changes((10.0, True), (9.5, False), (10.0, True), (10.0, False)) == ["opened"]


def test_alert_ends_when_its_evidence_has_fallen_whatever_windows_show() -> None:
    days = ((10.0, True), (6.5, False), (6.5, False), (6.5, False))
    assert changes(*days) == ["opened", "resolved"]
    assert play(*days)[-1].effect.observed == 7


def test_alert_that_has_ended_opens_on_new_evidence_only() -> None:
    days = ((10.0, True), (6.5, True), (6.5, True), (8.0, False), (9.2, True), (9.6, True))
    assert changes(*days) == ["opened", "resolved", "opened"]


@pytest.mark.parametrize(("later", "opens"), [(17.0, False), (19.5, True)])
def test_evidence_still_far_over_the_line_opens_again_when_it_has_risen_only(
    later: float, opens: bool
) -> None:
    ended = ((20.0, True), (16.5, True), (16.5, True), (16.5, False), (17.0, False))
    assert changes(*ended, (later, True)) == ["opened", "resolved"] + ["opened"] * opens


@pytest.mark.parametrize("reported", [True, False])
def test_alerts_stand_still_while_the_partition_of_their_dealer_does_not_report(
    reported: bool,
) -> None:
    home = int(partitions_of([b"dealer-1"], 8)[0])
    unheard = frozenset() if reported else frozenset({home})
    desk, told = Desk(""), list[str]()
    for tick, readings in enumerate([[reading(10.0, telling=True)], [], [], []], 1):
        here = Context(
            tick,
            24 * tick * HOUR,
            {KIND: LINE},
            {KIND: 0.1},
            {},
            8,
            unheard if tick > 1 else frozenset(),
        )
        told += [str(alert.change) for alert in desk.decide(readings, [], here).alerts]
    assert told == (["opened", "resolved"] if reported else ["opened"])


STANDING = frozenset({(KIND, "dealer", "dealer-1")})


def stand(*ticks: Reading | None) -> list[tuple[str, int]]:
    """The changes and their hours; None: the reading of before stands. A tick an hour."""
    desk, told = Desk(""), list[tuple[str, int]]()
    for tick, one in enumerate(ticks, 1):
        standing = STANDING if one is None else frozenset()
        now = Context(tick, tick * HOUR, {KIND: LINE}, {KIND: 0.1}, {}, standing=standing)
        alerts = desk.decide([] if one is None else [one], [], now).alerts
        told += [(str(alert.change), tick) for alert in alerts]
    return told


def test_alert_stays_open_while_its_reading_stands() -> None:
    assert stand(reading(10.0, telling=True), *[None] * 100) == [("opened", 1)]


def test_standing_evidence_that_has_fallen_ends_its_alert_after_a_day() -> None:
    fallen = [reading(10.0, telling=True), reading(6.9, telling=True), *[None] * 100]
    assert stand(*fallen) == [("opened", 1), ("resolved", 26)]


def test_standing_alert_is_reminded_of() -> None:
    month = 30 * 24
    told = stand(reading(10.0, telling=True), *[None] * (month + 5))
    assert told == [("opened", 1), ("reminded", month + 1)]


def test_reading_that_stands_opens_nothing() -> None:
    assert stand(reading(8.0, telling=True), *[None] * 30) == []


def test_bounds_hold_the_ratio_that_is_shown_to_its_last_digit() -> None:
    observed, expected = 28.0, 1.217934554570487  # 22.9898 as told, 22.9897 before
    one = structs.replace(reading(10.0, telling=True), observed=observed, expected=expected)
    one = structs.replace(one, ratio_low=2.0, ratio_high=observed / expected)
    now = Context(1, 24 * HOUR, {KIND: LINE}, {KIND: 0.1}, {})
    (alert,) = Desk("").decide([one], [], now).alerts
    assert alert.vertical is not None
    low, ratio, high = alert.vertical.ratio_low, alert.vertical.ratio, alert.vertical.ratio_high
    assert low is not None
    assert ratio is not None
    assert high is not None
    assert low <= ratio <= high


def test_line_of_a_slight_share_is_higher_and_says_what_it_stands_for() -> None:
    now = Context(1, 24 * HOUR, {KIND: LINE}, {KIND: 0.1}, {})
    desk = Desk("")
    assert not desk.decide([reading(LINE + 2.9, telling=True, share=0.05)], [], now).alerts
    (alert,) = desk.decide([reading(LINE + 3.1, telling=True, share=0.05)], [], now).alerts
    assert alert.evidence.threshold == pytest.approx(LINE + log(20), rel=1e-5)
    assert alert.evidence.false_alerts_per_year == pytest.approx(0.1 / 20)
