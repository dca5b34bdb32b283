"""Events to try things on, and records made from them, whole and broken."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from schemas.batch import Source

ORDER: dict[str, Any] = {
    "type": "order",
    "event_id": "e1",
    "ts": "2024-05-31T12:00:00Z",
    "dealer_id": "D1",
    "sku": "S1",
    "quantity": 2,
    "unit_price": 9.5,
}
COMPLAINT: dict[str, Any] = {
    "type": "complaint",
    "event_id": "e2",
    "ts": "2024-05-31T12:00:00Z",
    "dealer_id": "D1",
}
RETURN: dict[str, Any] = {
    "type": "return",
    "event_id": "e3",
    "ts": "2024-05-31T12:00:00Z",
    "dealer_id": "D1",
    "quantity": 1,
}
SAMPLES: dict[Source, dict[str, Any]] = {
    Source.ORDERS: ORDER,
    Source.COMPLAINTS: COMPLAINT,
    Source.RETURNS: RETURN,
}
FIELDS = [
    *("type", "event_id", "ts", "dealer_id", "sku", "quantity", "unit_price", "currency"),
    *("order_id", "region", "tier", "promo", "category", "issue_id", "status", "due", "reason"),
    "unknown",
]
VALUES = [
    *("null", "true", "false", "0", "-0", "-0.0", "5", "5.0", "5e0", "1e9", "1000000001", "-1"),
    *("1e-400", "1e999", "-1e999", "9" * 400, "9" * 5_000, "0.1", "1.7976931348623157e308"),
    *("NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "[]", "{}", "[1, [2]]"),
    *('""', '"x"', '"5"', '"EUR"', '"eur"', '"EU"', '"EURO"', '"\\u0410BC"', '"opened"'),
    *('"resolved"', '"open"', '"order"', '"complaint"', '"return"', '"refund"'),
    *('"2024-05-31T12:00:00Z"', '"2024-05-31t12:00:00.123456789+02:00"', '"2024-05-31 12:00:00Z"'),
    *('"2024-02-30T12:00:00Z"', '"2024-05-31T12:00:00"', '"0001-01-01T00:00:00+01:00"'),
    *('"a b"', '"\\u0000"', '"\\u007f"', '"\x7f"', '"\\u0085"', '"\x85"', '"\\u00a0"', '"\\n"'),
    *('"\\ud800"', '"\\ud83d\\ude00"', '"😀"', '"\\udc00\\ud800"', '"中文"', '" x "', '"\\/"'),
    *(f'"{"x" * n}"' for n in (128, 129, 1_024, 1_025)),
    *(f'"{"中" * n}"' for n in (128, 129)),
    '"\n"',
    '"\\x"',
    "[" * 600 + "]" * 600,
    "[" * 400 + "]" * 400,
]


def order(**changes: Any) -> bytes:
    """An order line as a record, with changed fields."""
    return record(ORDER, **changes)


def complaint(**changes: Any) -> bytes:
    """A complaint as a record, with changed fields."""
    return record(COMPLAINT, **changes)


def returned(**changes: Any) -> bytes:
    """A return as a record, with changed fields."""
    return record(RETURN, **changes)


def record(sample: dict[str, Any], **changes: Any) -> bytes:
    """A sample as a record, with changed fields."""
    return json.dumps({**sample, **changes}).encode()


def without(sample: dict[str, Any], field: str) -> bytes:
    """A sample as a record, without one field."""
    return json.dumps({key: value for key, value in sample.items() if key != field}).encode()


def written(pairs: list[tuple[str, str]]) -> bytes:
    """A record from names and JSON texts; names may repeat and texts need not be JSON."""
    inside = ",".join(f"{json.dumps(name)}: {text}" for name, text in pairs)
    return f"{{{inside}}}".encode("utf-8", "surrogatepass")


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """Records near the contract: a sample, some fields changed, doubled, left out, moved."""
    sample = draw(st.sampled_from([ORDER, COMPLAINT, RETURN]))
    pairs = [(name, json.dumps(value)) for name, value in sample.items()]
    changes = st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES))
    for change in draw(st.lists(changes, max_size=3)):
        pairs.insert(draw(st.integers(0, len(pairs))), change)
    if draw(st.integers(0, 4)) == 0:
        pairs.pop(draw(st.integers(0, len(pairs) - 1)))
    raw = written(pairs)
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=3)) + raw[at + draw(st.integers(0, 2)) :]
    return raw
