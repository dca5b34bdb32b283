"""Planted against found, as a timeline of one dealer."""

from __future__ import annotations

from itertools import starmap

import pytest

from schemas.alert import Kind, Scope
from schemas.instant import DAY, format_instant
from streams.showing.scoreboard import Opening, openings, score
from streams.simulator.labels import Label, Labels

DROP, PRICE = Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP


def labels(*incidents: Label) -> Labels:
    return Labels(1, day(0), day(140), {"D1": "north", "D2": "south"}, list(incidents))


def day(number: float) -> str:
    return format_instant(round(number * DAY))


def drop(onset: float, end: float, entity: str = "D1", scope: Scope = Scope.DEALER) -> Label:
    return Label(DROP, scope, entity, day(onset), day(end), 1.0)


def opened(at: float, kind: Kind = DROP, entity: str = "D1") -> Opening:
    return Opening(kind, Scope.DEALER, entity, round(at * DAY))


def test_incident_is_found_by_the_first_alert_in_it() -> None:
    board = score(labels(drop(50, 80)), [opened(60), opened(53.5)])
    row = board.rows[DROP, Scope.DEALER]
    assert (row.planted, row.found, row.typical_days) == (1, 1, 3.5)
    assert (row.repeats, row.false) == (1, 0)


@pytest.mark.parametrize(
    ("at", "found", "repeats", "false"),
    [
        pytest.param(49.9, 0, 0, 1, id="before its onset"),
        pytest.param(80.1, 0, 1, 0, id="after its end, while it still shows"),
        pytest.param(109, 0, 0, 1, id="long after its end"),
    ],
)
def test_alert_outside_an_incident_does_not_find_it(
    at: float, found: int, repeats: int, false: int
) -> None:
    row = score(labels(drop(50, 80)), [opened(at)]).rows[DROP, Scope.DEALER]
    assert (row.found, row.repeats, row.false) == (found, repeats, false)


@pytest.mark.parametrize("alert", [opened(60, kind=PRICE), opened(60, entity="D2")])
def test_alert_of_another_kind_or_dealer_is_false(alert: Opening) -> None:
    board = score(labels(drop(50, 80)), [alert])
    assert board.rows[alert.kind, Scope.DEALER].false == 1
    assert board.rows[DROP, Scope.DEALER].found == 0


def test_dealer_alert_in_a_shock_of_its_region_is_counted_apart() -> None:
    shock = drop(50, 60, entity="north", scope=Scope.REGION)
    board = score(labels(shock), [opened(55), opened(55, entity="D2")])
    row = board.rows[DROP, Scope.DEALER]
    assert (row.shock, row.false) == (1, 1)


def test_two_incidents_of_one_dealer_need_two_alerts() -> None:
    board = score(labels(drop(20, 40), drop(90, 120)), [opened(22), opened(95)])
    assert board.rows[DROP, Scope.DEALER].days == [2, 5]


def test_false_alerts_are_counted_per_week() -> None:
    board = score(labels(), starmap(opened, [(10,), (20,), (30,)]))
    assert board.weeks == 20
    assert board.false_per_week == 3 / 20


def test_fact_is_no_false_alert() -> None:
    board = score(labels(), [opened(40, kind=Kind.ISSUE_OVERDUE)])
    row = board.rows[Kind.ISSUE_OVERDUE, Scope.DEALER]
    assert (row.facts, row.false, board.false_per_week) == (1, 0, 0)


def test_only_lines_that_open_an_alert_count() -> None:
    line = {"kind": "order_volume_drop", "scope": "dealer", "entity": "D1", "at": day(3)}
    lines = [line | {"change": "opened"}, line | {"change": "resolved"}]
    assert openings(lines) == [opened(3)]
