"""Alerts as they are sent: complete, consistent, the same bytes for the same content."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.alert import (
    Alert,
    Change,
    Dealer,
    Effect,
    Evidence,
    Horizontal,
    Kind,
    Parts,
    Scope,
    Severity,
    SkuChange,
    Status,
    Suppressed,
    SuppressedReason,
    Unit,
    Verdict,
    Window,
    alert_id,
    encode,
)
from schemas.instant import DAY
from tests.samples import AT, alert, draft, effect

CONTRACT_FIELDS = (
    "schema alert_id sequence status change kind scope entity dealer at onset severity evidence "
    "effect verdict vertical horizontal parts skus related forecast members members_total "
    "suppressed message links"
)


def test_alert_has_every_field_of_the_contract_in_its_order() -> None:
    assert " ".join(json.loads(encode(alert()))) == CONTRACT_FIELDS


def test_alert_reads_back_equal_and_to_the_same_bytes() -> None:
    sent = alert()
    received = Alert.model_validate_json(encode(sent))
    assert received == sent
    assert encode(received) == encode(sent)


def test_alert_is_one_line_of_utf8() -> None:
    line = encode(alert(dealer=Dealer(id="16029", name="两\n行")))
    assert b"\n" not in line
    assert "两" in line.decode()


def test_times_are_utc_with_z() -> None:
    written = json.loads(encode(alert()))
    assert written["at"] == "2011-10-03T00:00:00Z"
    assert written["effect"]["window"] == {
        "from": "2011-09-05T00:00:00Z",
        "to": "2011-10-03T00:00:00Z",
    }


def test_numbers_are_rounded_when_the_alert_is_made() -> None:
    written = json.loads(encode(alert(evidence=Evidence(
        log_odds=10.123456789, threshold=9, false_alerts_per_year=1 / 3
    ))))  # fmt: skip
    assert written["evidence"]["log_odds"] == 10.1235
    assert written["evidence"]["false_alerts_per_year"] == 0.333333
    assert written["effect"]["expected"] == 14.6123
    assert written["effect"]["loss_per_week"] == 1240.56


def test_effect_in_money_keeps_the_cents() -> None:
    assert effect(1234567.891, 2234567.891, Unit.VALUE).observed == 1234567.89


def test_effect_without_expectation_has_no_ratio() -> None:
    assert effect(3, 0, Unit.ISSUES).ratio is None


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.sampled_from(Unit))
def test_effect_ratio_is_that_of_the_numbers_shown(
    observed: float, expected: float, unit: Unit
) -> None:
    shown = effect(observed, expected, unit)
    if shown.ratio is not None and shown.observed is not None and shown.expected:
        assert shown.ratio == pytest.approx(shown.observed / shown.expected, rel=6e-6)


def test_effect_refuses_unrounded_numbers() -> None:
    with pytest.raises(ValidationError, match="not rounded"):
        Effect(observed=1.23456789, expected=1, unit=Unit.ORDERS, ratio=1,
               window=Window(from_=0, to=1))  # fmt: skip


@given(st.lists(st.floats(-1e9, 1e9), min_size=5, max_size=5))
def test_parts_add_up_to_the_cent(amounts: list[float]) -> None:
    parts = Parts.of(*amounts)
    written = json.loads(encode(parts))
    total = written.pop("total")
    assert sum(round(part * 100) for part in written.values()) == round(total * 100)


def test_quoted_money_has_six_digits_and_no_parts_of_a_cent() -> None:
    amounts = [SkuChange(sku="x", change_per_week=x).change_per_week for x in (1.23456, 123456.78)]
    assert amounts == [1.23, 123457.0]


def test_alert_id_depends_on_everything_it_names() -> None:
    ids = {
        alert_id(kind, scope, entity, tick)
        for kind in (Kind.RETURN_SPIKE, Kind.COMPLAINT_SPIKE)
        for scope in (Scope.DEALER, Scope.SKU)
        for entity in ("1", "11")
        for tick in (1, 11)
    }
    assert len(ids) == 16


def test_severities_are_ranked() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == list(Severity)


CONTRADICTIONS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": Status.RESOLVED}),
    ("onset", {"onset": AT + 1}),
    ("window", {"at": AT - 1}),
    ("dealer is given", {"dealer": None}),
    ("dealer.id", {"dealer": Dealer(id="other")}),
    ("verdict is missing", {"verdict": None}),
    ("vertical is missing", {"vertical": None}),
    ("need evidence", {"evidence": Evidence()}),
    ("members_total", {"members": ("a",)}),
    ("parts are null", {"parts": None}),
    ("must be minus", {"parts": Parts.of(-1, 0, 0, 0, 0)}),
    ("scope dealer only", {"scope": Scope.SKU, "verdict": Verdict.REGIONAL}),
    ("go together", {"scope": Scope.FEED}),
    ("at least 1 character", {"entity": "", "scope": Scope.SKU}),
    ("at most 50", {"members": tuple(map(str, range(51))), "members_total": 51}),
    ("Extra inputs", {"colour": "red"}),
]


@pytest.mark.parametrize(("what", "wrong"), CONTRADICTIONS, ids=[c[0] for c in CONTRADICTIONS])
def test_alert_that_contradicts_itself_cannot_be_made(what: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=what):
        draft(**wrong)


def test_overdue_issue_has_no_verdict() -> None:
    with pytest.raises(ValidationError, match="statistical kinds only"):
        draft(kind=Kind.ISSUE_OVERDUE, verdict=Verdict.REGIONAL)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Window(from_=1, to=0), "must not be after"),
        (lambda: Horizontal(cohort="North/gold", cohort_ratio=1, rank=3, of=2), "rank=3"),
        (lambda: Suppressed(reason=SuppressedReason.ROLLED_UP), "into is missing"),
        (
            lambda: Effect.of(1, 2, Unit.ORDERS, Window(from_=0, to=DAY), 5, None),
            "currency is missing",
        ),
        (lambda: Evidence(log_odds=float("inf")), "finite"),
    ],
)
def test_part_that_contradicts_itself_cannot_be_made(make: Any, what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        make()


def test_change_tells_the_status() -> None:
    assert {change for change in Change if change.status is Status.RESOLVED} == {Change.RESOLVED}
