"""The reference: what is an event, and which reason each fault has."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.batch import Source
from schemas.dead_letter import Reason, Refusal
from schemas.events import MODELS, Complaint, Order, Return
from schemas.judge import DEEPEST, LARGEST, judge
from tests.event_samples import (
    COMPLAINT,
    ORDER,
    RETURN,
    SAMPLES,
    complaint,
    order,
    record,
    returned,
    without,
    written,
)


def reason(raw: bytes | None, source: Source | None = None) -> Reason | None:
    """Why a record is refused; None for one that is accepted."""
    answer = judge(raw, source)
    if not isinstance(answer, Refusal):
        return None
    assert answer.detail
    assert answer.detail.isprintable()
    return answer.reason


def test_judge_accepts_each_kind_of_event_in_files_and_topics() -> None:
    for source, sample in SAMPLES.items():
        assert isinstance(judge(record(sample), None), MODELS[source])
        assert isinstance(judge(without(sample, "type"), source), MODELS[source])


def test_judge_reads_all_fields() -> None:
    full = dict.fromkeys(["region", "tier", "order_id"], "x") | {"currency": "USD", "sku": "S"}
    event = judge(order(**full, promo=True), None)
    assert isinstance(event, Order)
    assert (event.quantity, event.unit_price, event.promo, event.currency) == (2, 9.5, True, "USD")
    more = {"category": "quality", "issue_id": "i", "status": "resolved", "due": ORDER["ts"]}
    event = judge(complaint(**full, **more), None)
    assert isinstance(event, Complaint)
    assert (event.issue_id, event.status, event.due) == ("i", "resolved", ORDER["ts"])
    event = judge(returned(**full, unit_price=0, reason="r" * 1_024), None)
    assert isinstance(event, Return)
    assert (event.quantity, event.unit_price, event.sku) == (1, 0, "S")


def test_judge_refuses_what_is_over_64_kib() -> None:
    exactly = order(x="y" * (LARGEST - len(order(x=""))))
    assert len(exactly) == LARGEST
    assert reason(exactly) is None
    assert reason(exactly + b" ") is Reason.TOO_LARGE
    assert reason(b"\xff" * (LARGEST + 1)) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "raw", [b"\xff", b'{"a":"\xc3"}', b'{"a":"\xed\xa0\x80"}', b'"\xc0\x80"', b"\xfe\xff\x00{"]
)
def test_judge_refuses_what_is_not_utf8(raw: bytes) -> None:
    assert reason(raw) is Reason.NOT_UTF8


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"}",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":NaN}',
        b'{"a":[-Infinity]}',
        b'{"a":Infinity}',
        b'{"a":"\t"}',
        b'{"a":"\\x"}',
        b'{"a":"\\u12"}',
        b'{"a":1}\0',
        b"\xef\xbb\xbf" + order(),
        order()[:-1],
        b"[" * 30_000,
        order()[:-1] + b',"x":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
        b"nul",
    ],
)
def test_judge_refuses_what_is_not_json(raw: bytes) -> None:
    assert reason(raw) is Reason.NOT_JSON
    assert reason(raw, Source.ORDERS) is Reason.NOT_JSON


def test_judge_refuses_a_record_without_a_value_as_not_json() -> None:
    assert reason(None, Source.ORDERS) is Reason.NOT_JSON


@pytest.mark.parametrize("raw", [b"[]", b"[{}]", b"1", b"1e999", b'"{}"', b"null", b" true "])
def test_judge_refuses_what_is_not_an_object(raw: bytes) -> None:
    assert reason(raw) is Reason.NOT_AN_OBJECT
    assert reason(raw, Source.ORDERS) is Reason.NOT_AN_OBJECT


@pytest.mark.parametrize(
    ("sample", "field"),
    [
        *((ORDER, field) for field in ORDER),
        *((COMPLAINT, field) for field in COMPLAINT),
        *((RETURN, field) for field in RETURN),
    ],
)
def test_judge_refuses_a_missing_or_null_field(sample: dict[str, Any], field: str) -> None:
    assert reason(without(sample, field)) is Reason.MISSING_FIELD
    assert reason(record(sample, **{field: None})) is Reason.MISSING_FIELD


def test_judge_takes_null_in_an_optional_field_as_absent() -> None:
    optional = ["currency", "order_id", "region", "tier", "promo"]
    assert judge(order(**dict.fromkeys(optional)), None) == judge(order(), None)


def test_judge_names_a_missing_field_before_any_other_fault() -> None:
    assert reason(order(event_id="", quantity="5", sku=None)) is Reason.MISSING_FIELD
    assert reason(order(event_id="", quantity="5")) is Reason.BAD_TYPE


def each(field: str, *values: Any) -> list[tuple[str, Any]]:
    return [(field, value) for value in values]


BAD_TYPES: list[tuple[str, Any]] = [
    *(pair for field in ("event_id", "dealer_id", "sku") for pair in each(field, 5, True, [], {})),
    *each("ts", 1717156800, 1e300, True, "", "yesterday", "2024-05-31"),
    *each("ts", "2024-05-31T12:00:00", "2024-02-30T12:00:00Z", []),
    *each("ts", "2024-12-31T23:59:60Z", "2024-05-31 12:00:00Z"),
    *each("quantity", "5", True, [5], {}),
    *each("unit_price", "0", False, []),
    *each("currency", 978, True, ["EUR"]),
    *((field, 5) for field in ("order_id", "region", "tier")),
    *each("promo", 1, 0, "true", []),
    *each("type", "Order", "refund", "", 5, [], {}, True, "complaint\0"),
]


@pytest.mark.parametrize(("field", "value"), BAD_TYPES)
def test_judge_refuses_a_value_of_another_type(field: str, value: Any) -> None:
    assert reason(order(**{field: value})) is Reason.BAD_TYPE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("status", "open", "", "Resolved", 1, True),
        *each("due", 5, "soon", "2024-05-31", "2024-12-31T23:59:60Z"),
        *((field, 5) for field in ("category", "issue_id", "sku", "order_id")),
    ],
)
def test_judge_refuses_a_complaint_with_a_value_of_another_type(field: str, value: Any) -> None:
    assert reason(complaint(**{field: value})) is Reason.BAD_TYPE


LONG = "中" * 129
CONTROLS = ["\0", "\n", "\x1f", "\x7f", "\x80", "\x85", "\x9f"]
OUT_OF_RANGE: list[tuple[str, Any]] = [
    *((field, "") for field in ("event_id", "dealer_id", "sku")),
    *((field, LONG) for field in ("event_id", "dealer_id", "sku", "order_id", "region", "tier")),
    *((field, f"a{c}") for c in CONTROLS for field in ("event_id", "dealer_id", "sku", "order_id")),
    *((field, "\ud800") for field in ("event_id", "dealer_id", "sku", "region", "tier")),
    *each("quantity", 0, -0.0, -1, 1_000_000_001, 10**400, 1e300, -(10**400)),
    *each("unit_price", -0.01, 1_000_000_001, 10**400),
    *each("currency", "eur", "EU", "EURO", "", "E1R", "ÉUR", "EUR\n"),
]


@pytest.mark.parametrize(("field", "value"), OUT_OF_RANGE)
def test_judge_refuses_a_value_out_of_range(field: str, value: Any) -> None:
    assert reason(order(**{field: value})) is Reason.OUT_OF_RANGE


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5_000, "-" + "9" * 5_000, "1e-999"])
def test_judge_refuses_numbers_that_cannot_be_read(number: str) -> None:
    pairs = [(name, f'"{value}"') for name, value in ORDER.items()]
    assert reason(written([*pairs, ("unit_price", "1"), ("quantity", number)])) is (
        Reason.OUT_OF_RANGE
    )
    assert reason(written([*pairs, ("unit_price", "1"), ("quantity", "1"), ("x", number)])) is None


def test_judge_refuses_long_and_controlled_texts_of_complaints_and_returns() -> None:
    for field in ("category", "issue_id"):
        assert reason(complaint(**{field: LONG})) is Reason.OUT_OF_RANGE
    assert reason(complaint(issue_id="a\x00")) is Reason.OUT_OF_RANGE
    assert reason(complaint(sku="")) is Reason.OUT_OF_RANGE
    assert reason(returned(reason="r" * 1_025)) is Reason.OUT_OF_RANGE
    assert reason(returned(sku="")) is Reason.OUT_OF_RANGE


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "中" * 128},
        {"event_id": "😀" * 128},
        {"dealer_id": " a "},
        {"dealer_id": "\u00a0"},
        {"order_id": ""},
        {"region": ""},
        {"region": "a\nb\x85"},
        {"quantity": 1e9},
        {"quantity": 1e-300},
        {"unit_price": 0},
        {"unit_price": -0.0},
        {"ts": "2024-05-31t12:00:00.123456789+02:00"},
        {"ts": "0001-01-01T00:00:00Z"},
        {"category": 5, "status": "x", "issue_id": [], "reason": "r" * 2_000, "due": 1},
        {"unknown": "\ud800"},
        {"\ud800": 1},
    ],
)
def test_judge_accepts_the_edges_of_the_contract(changes: dict[str, Any]) -> None:
    assert reason(order(**changes)) is None


def test_judge_ignores_fields_of_other_kinds_of_event() -> None:
    assert reason(complaint(quantity="x", unit_price=-1, promo=5, reason=[])) is None
    assert reason(returned(promo=5, category=5, status=5, issue_id=5, due=5)) is None


def test_judge_takes_the_last_of_repeated_keys() -> None:
    pairs = [(name, f'"{value}"') for name, value in COMPLAINT.items()]
    assert reason(written([("type", '"order"'), ("dealer_id", "5"), *pairs])) is None
    assert reason(written([*pairs, ("dealer_id", "5")])) is Reason.BAD_TYPE
    assert reason(written([*pairs, ("dealer_id", "null")])) is Reason.MISSING_FIELD
    assert reason(written([*pairs, ("type", '"order"')])) is Reason.MISSING_FIELD


def test_judge_lets_the_topic_give_the_type() -> None:
    assert reason(without(ORDER, "type"), Source.ORDERS) is None
    assert reason(order(), Source.ORDERS) is None
    assert reason(order(type=None), Source.ORDERS) is None
    for wrong in ("return", "refund", 5, True):
        assert reason(order(type=wrong), Source.ORDERS) is Reason.BAD_TYPE


def test_judge_tolerates_nesting_that_any_machine_can_read() -> None:
    deep = b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1)
    assert reason(order()[:-1] + b',"x":' + deep + b"}") is None
    assert reason(order(x="[" * 2_000)) is None  # brackets in a text are no nesting


def test_judge_says_what_was_found_and_what_is_allowed() -> None:
    answer = judge(order(quantity="five"), None)
    assert isinstance(answer, Refusal)
    assert answer.detail == (
        "quantity is the text 'five'; allowed: How many units: a number above 0, at most 1e9; "
        "fractions are allowed"
    )
    answer = judge(order(dealer_id="\x9b" * 5_000), None)
    assert isinstance(answer, Refusal)
    assert len(answer.detail) < 400
