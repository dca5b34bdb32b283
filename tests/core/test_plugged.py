"""Detectors of river plugged in by settings: what they see and say, and what they cannot do."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from detectors.evidence.plugged import MOST_DAYS, Watch, check
from detectors.setup import Setup
from schemas.alert import Alert, Kind, Severity
from schemas.plugged import Plugged
from tests.core.channel import Channel, name, when
from tests.core.playing import Player, Told, settings

PAGE_HINKLEY: dict[str, Any] = {"path": "river.drift.PageHinkley", "parameters": {"threshold": 20}}
GAUSSIAN: dict[str, Any] = {"path": "river.anomaly.GaussianScorer", "threshold": 0.999}


def series(days: int = 400, seed: int = 1) -> list[float]:
    """Noise, and from day 200 on three deviations less."""
    rng = random.Random(seed)
    return [rng.gauss(0.0 if day < 200 else -3.0, 1.0) for day in range(days)]


@pytest.mark.parametrize(
    "plugged",
    [
        PAGE_HINKLEY,
        GAUSSIAN,
        {"path": "river.drift.ADWIN"},
        {"path": "river.drift.KSWIN"},
        {
            "path": "river.anomaly.HalfSpaceTrees",
            "threshold": 0.8,
            "parameters": {"window_size": 50},
        },
        {"path": "river.anomaly.StandardAbsoluteDeviation", "threshold": 4.0},
    ],
)
def test_restart_on_any_day_gives_the_same_alarms(plugged: dict[str, Any]) -> None:
    setting = Plugged(**plugged)
    through, restarted, alarms = Watch(setting), Watch(setting), []
    for day, residual in enumerate(series(seed=3)):
        if day % 37 == 0:
            restarted = Watch(setting, json.loads(json.dumps(restarted.days)))
        alarm = through.feed(residual)
        assert restarted.feed(residual) == alarm
        alarms += [day] if alarm else []
    assert alarms
    assert not through.disabled


def test_memory_of_a_watch_is_bounded() -> None:
    watch = Watch(Plugged(**PAGE_HINKLEY))
    for residual in series(3 * MOST_DAYS):
        watch.feed(residual)
        assert len(watch.days) < MOST_DAYS


def test_detector_that_raises_is_disabled_with_its_reason() -> None:
    watch = Watch(Plugged(path="river.anomaly.LODA", threshold=1e9))
    watch._detector = None
    assert not watch.feed(1.0)
    assert "AttributeError" in watch.disabled
    assert not watch.feed(1.0)


@pytest.mark.parametrize(
    ("plugged", "told"),
    [
        ({"path": "river.drift.Nothing"}, r"detectors\.0\.path = river\.drift\.Nothing: river has"),
        ({"path": "river.drift.base"}, r"detectors\.0\.path = .*"),
        (
            {"path": "river.drift.PageHinkley", "parameters": {"delay": 1}},
            r"detectors\.0\.parameters = delay: river\.drift\.PageHinkley takes .*min_instances",
        ),
        ({**GAUSSIAN, "threshold": None}, r"detectors\.0\.threshold = none: .* gives scores"),
        ({**PAGE_HINKLEY, "threshold": 1.0}, r"detectors\.0\.threshold = 1\.0: .* no scores"),
    ],
)
def test_wrong_settings_are_named_with_what_is_allowed(plugged: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check([Plugged(**plugged)])


@pytest.mark.parametrize("path", ["os.system", "river.compose.Pipeline", "river.drift", "river"])
def test_only_detectors_of_river_have_a_path(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        Plugged(path=path)


def play(*plugged: dict[str, Any], **others: Any) -> Told:
    channel = Channel(dealers=8, days=60).at("day 45", dealer=3, orders_per_day=9.0)
    chosen = settings(detectors=plugged, budget={"false_alerts_per_week": 0.001})
    return Player(Setup(chosen), **others).play(channel)


def of(told: Told) -> list[Alert]:
    return [one for one in told.alerts if one.kind is Kind.UNUSUAL_PATTERN]


def test_alarm_is_told_by_its_detectors_name() -> None:
    (alert, *_) = [one for one in of(play(PAGE_HINKLEY)) if one.entity == name(3)]
    assert when("day 46") <= alert.at <= when("day 56")
    assert "noticed by PageHinkley in its orders" in alert.message.en
    assert "由 PageHinkley 在订单数中发现" in alert.message.zh
    assert alert.severity is Severity.INFO
    assert alert.evidence.log_odds is None


def test_only_named_dealers_are_watched() -> None:
    assert of(play({**PAGE_HINKLEY, "dealers": [name(1)]})) == []


def test_splits_and_restarts_change_nothing() -> None:
    plain = play(PAGE_HINKLEY, GAUSSIAN).lines
    assert plain
    assert play(PAGE_HINKLEY, GAUSSIAN, partitions=3).lines == plain
    assert play(PAGE_HINKLEY, GAUSSIAN, restart_at=range(150, 240, 3)).lines == plain
