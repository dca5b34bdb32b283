"""Master data of dealers, from the topic and from files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import parse_instant
from schemas.master import DealerRecord, parse_dealer, parse_dealers

FULL = {
    "dealer_id": "D1",
    "name": "Alpha 有限公司",
    "region": "North",
    "tier": "gold",
    "manager": "Li",
    "channels": ["mail", "chat"],
    "currency": "CNY",
    "opened": "2020-02-29",
    "unknown": {"x": 1},
}


def test_dealer_of_the_topic_is_read_whole() -> None:
    dealer = parse_dealer(json.dumps(FULL, indent=1).encode())
    assert dealer == DealerRecord(
        dealer_id="D1",
        name="Alpha 有限公司",
        region="North",
        tier="gold",
        manager="Li",
        channels=("mail", "chat"),
        currency="CNY",
        opened="2020-02-29",  # type: ignore[arg-type]  # as written outside
    )
    assert dealer.opened == parse_instant("2020-02-29T00:00:00Z")


def test_csv_and_ndjson_give_the_same_dealers() -> None:
    lines = (json.dumps(FULL) + '\n\n{"dealer_id": "D2", "name": null}\n').encode()
    table = (
        "\ufeffdealer_id, Name,region,tier,manager,channels,currency,opened,more\r\n"
        "D1,Alpha 有限公司,North,gold,Li,mail; chat,CNY,2020-02-29T00:00:00Z,\r\n"
        ",,\r\n"
        '"D2",,,,,,,\r\n'
    ).encode()
    assert parse_dealers(table, "d.csv") == parse_dealers(lines, "d.ndjson")
    assert list(parse_dealers(table, "d.csv")) == ["D1", "D2"]


def test_dealer_survives_its_own_json() -> None:
    dealer = parse_dealer(json.dumps(FULL).encode())
    assert parse_dealer(dealer.model_dump_json().encode()) == dealer
    assert parse_dealer(dealer.model_dump_json(exclude_none=True).encode()) == dealer


def test_last_line_of_a_dealer_counts() -> None:
    dealers = parse_dealers(b"dealer_id,tier\nA,gold\nB,\nA,silver\n", "d.csv")
    assert [(one.dealer_id, one.tier) for one in dealers.values()] == [("A", "silver"), ("B", None)]


def test_file_without_dealers_is_empty() -> None:
    assert parse_dealers(b"", "d.csv") == parse_dealers(b"dealer_id,name\n", "d.csv") == {}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name\nx\n", r"d line 2: dealer_id is missing; needed: The dealer"),
        (b"dealer_id,currency\nA,eur\n", r"d line 2: currency is the text 'eur'; allowed: .*upper"),
        (b"dealer_id,opened\nA,2023-02-29\n", r"d line 2: opened is the text '2023-02-29'; allow"),
        (b"dealer_id\nA\n\nB,C\n", r"d line 4: 2 cells; allowed are 1"),
        (b'dealer_id\n"A', r"d line 2: not CSV"),
        (b"dealer_id\nA\n\xff\n", r"d line 3: not UTF-8"),
        (b'{"dealer_id":"A"}\n{"dealer_id":5}', r"d line 2: dealer_id is the number 5"),
        (b'{"dealer_id":"A"}\n[1]', r"d line 2: a list; needed is one JSON object"),
        (b'{"dealer_id":"A"}\n{', r"d line 2: not JSON"),
        (b'{"dealer_id":"A","opened":5}', r"d line 1: opened is the number 5; allowed: .*date"),
        (b'{"dealer_id":"A","channels":[5]}', r"d line 1: channels is .*allowed: "),
    ],
)
def test_file_errors_name_line_field_value_and_what_is_allowed(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_dealers(data, "d")


@pytest.mark.parametrize("value", [b"", b"[]", b"{", b"\xff", b'{"name":"x"}'])
def test_bad_dealer_of_the_topic_is_an_error(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"^dealers"):
        parse_dealer(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_dealers_or_a_clear_error(data: bytes) -> None:
    try:
        parse_dealers(data, "d")
    except ValueError as error:
        assert str(error).startswith("d line")  # noqa: PT017  either outcome is right
