"""The fast way agrees with the reference, and columns hold what the records said."""

from __future__ import annotations

import gzip
import math
from base64 import b64decode
from dataclasses import fields, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh64_intdigest

from schemas.batch import Source
from schemas.chunk import NO_EVENT, Line
from schemas.dead_letter import DeadLetter, Reason, Refusal
from schemas.decode import RawSlice, decode_chunk, decode_lines, decode_records, decode_slice
from schemas.events import MODELS
from schemas.instant import parse_instant
from schemas.judge import judge
from schemas.record import Record
from schemas.routing import partitions_of
from schemas.rows import ROWS
from schemas.sheet import identity
from tests.event_samples import (
    ORDER,
    SAMPLES,
    complaint,
    order,
    record,
    records,
    returned,
)
from tests.gathering import gather

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail.ndjson.gz"
ANY_SOURCE = st.sampled_from([None, *Source])


def sliced(*values: bytes | None, source: Source = Source.ORDERS) -> RawSlice:
    """Records of one partition, each with the key of dealer D1."""
    keys = [b"D1"] * len(values)
    return RawSlice(source, source, 0, range(10, 10 + len(values)), keys, values)


@settings(max_examples=1_500)
@given(st.lists(records(), min_size=1, max_size=3), ANY_SOURCE)
def test_decoder_accepts_and_refuses_what_the_reference_does(
    raws: list[bytes], source: Source | None
) -> None:
    decoded = decode_records(raws, range(len(raws)), source)
    for number, (raw, one) in enumerate(zip(raws, decoded, strict=True)):
        event = judge(raw, source)
        if isinstance(event, Refusal):
            assert one == event
            continue
        assert isinstance(one, Record)
        assert msgspec.structs.asdict(one.row) == event.model_dump()
        assert (one.ts, one.source) == (parse_instant(event.ts), event.source)
        assert (one.position, one.raw) == (number, raw)


@settings(max_examples=500)
@given(st.lists(st.one_of(st.none(), st.binary(max_size=60), records()), max_size=8))
def test_decoder_never_raises_and_answers_for_every_record(values: list[bytes | None]) -> None:
    batch, letters = decode_slice(sliced(*values), 1)
    assert sorted([*batch.position.tolist(), *(one.offset for one in letters)]) == list(
        range(10, 10 + len(values))
    )


def test_decoder_has_the_fields_of_the_models() -> None:
    for source, model in MODELS.items():
        assert set(ROWS[source].__struct_fields__) == set(model.model_fields)


def test_fast_decoder_takes_ordinary_records_without_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("schemas.decode.judge", None)  # who calls it fails
    raws = [record(sample, region="中国", order_id="a b") for sample in SAMPLES.values()]
    assert all(isinstance(one, Record) for one in decode_records(raws, range(3), None))


def test_columns_hold_what_the_records_said() -> None:
    full = order(currency="USD", order_id="A1", region="North", tier="gold", promo=True)
    batch, letters = decode_slice(sliced(full, order(event_id="e2", unit_price=-0.0)), 1)
    assert not letters
    assert (batch.source, batch.topic, batch.partition) == (Source.ORDERS, "orders", 0)
    assert batch.position.tolist() == [10, 11]
    assert [batch.raw[0], batch.raw[1]] == [full, order(event_id="e2", unit_price=-0.0)]
    assert batch.ts.tolist() == [parse_instant(str(ORDER["ts"]))] * 2
    assert batch.event.tolist() == [identity("e1"), identity("e2")]
    assert batch.order.tolist() == [xxh64_intdigest(b"A1", identity("D1")), 0]
    assert (batch.dealer.all(), batch.sku.all()) == (["D1", "D1"], ["S1", "S1"])
    assert batch.quantity.tolist() == [2.0, 2.0]
    assert [math.copysign(1, price) for price in batch.unit_price.tolist()] == [1, 1]
    assert (batch.currency.all(), batch.promo.tolist()) == (["USD", ""], [True, False])
    assert (batch.region.all(), batch.tier.all()) == (["North", ""], ["gold", ""])
    assert (batch.category.all(), batch.issue) == (["", ""], {})


def test_columns_are_empty_where_a_source_has_no_such_field() -> None:
    batch, _ = decode_slice(sliced(complaint(category="design"), source=Source.COMPLAINTS), 1)
    assert batch.category.all() == ["design"]
    assert [math.isnan(batch.quantity[0]), math.isnan(batch.unit_price[0])] == [True, True]
    batch, _ = decode_slice(sliced(returned(), source=Source.RETURNS), 1)
    assert (batch.quantity.tolist(), math.isnan(batch.unit_price[0])) == ([1.0], True)
    for source in Source:
        batch, letters = decode_slice(sliced(source=source), 1)
        assert (len(batch), letters) == (0, [])
        assert all(len(getattr(batch, field.name)) == 0 for field in fields(batch)[3:])


def test_columns_take_an_empty_text_as_absent() -> None:
    batch, _ = decode_slice(sliced(order(order_id="", region="", tier="")), 1)
    assert (batch.order.tolist(), batch.region.all(), batch.tier.all()) == ([0], [""], [""])


def test_columns_note_the_issues_of_complaints() -> None:
    due = "2024-06-01T00:00:00Z"
    batch, _ = decode_slice(
        sliced(
            complaint(),
            complaint(issue_id="i1", due=due),
            complaint(issue_id="i1", status="resolved"),
            complaint(status="resolved"),
            source=Source.COMPLAINTS,
        ),
        1,
    )
    notes = {row: (one.issue_id, one.resolved, one.due) for row, one in batch.issue.items()}
    assert notes == {
        1: ("i1", False, parse_instant(due)),
        2: ("i1", True, None),
        3: ("", True, None),
    }


def test_records_name_the_order_they_are_a_line_of() -> None:
    named, unnamed, complained = (
        one
        for one in decode_lines([order(order_id="A"), order(), complaint(order_id="A")], "f", 0)
        if isinstance(one, Record)
    )
    assert named.order == gather([named], Source.ORDERS, "f", 0).order[0] != 0
    assert unnamed.order == identity("e1")
    assert (complained.order, complained.dealer) == (0, "D1")


@pytest.mark.parametrize("key", [None, b"", b"d1", b"D1 ", b"\xff"])
def test_record_whose_key_is_not_its_dealer_is_misrouted(key: bytes | None) -> None:
    batch, (letter,) = decode_slice(replace(sliced(order()), keys=[key]), 1)
    assert (len(batch), letter.reason) == (0, Reason.MISROUTED)
    assert "dealer_id" in letter.detail


def test_record_in_a_partition_that_is_not_its_keys_is_misrouted_with_the_cure() -> None:
    home = int(partitions_of([b"D1"], 8)[0])
    for partition in range(8):
        batch, letters = decode_slice(replace(sliced(order()), partition=partition), 8)
        assert len(batch) == (partition == home)
        assert [one.reason for one in letters] == [Reason.MISROUTED] * (partition != home)
        assert all("partitioner=murmur2_random" in one.detail for one in letters)
        assert all(f"allowed is {home}" in one.detail for one in letters)


def test_record_of_a_dealer_with_any_name_is_routed_by_its_utf8() -> None:
    for dealer in ("经销商", "a b", "😀" * 128, "x" * 128):
        key = dealer.encode()
        home = int(partitions_of([key], 8)[0])
        routed = replace(sliced(order(dealer_id=dealer)), keys=[key], partition=home)
        assert len(decode_slice(routed, 8)[0]) == 1


def test_letters_come_in_log_order_with_the_record_and_without_a_date() -> None:
    keys = [b"D1", b"other", b"D1", b"D1"]
    values = [b"{", order(), None, order()]
    batch, letters = decode_slice(replace(sliced(*values), keys=keys), 1)
    assert batch.position.tolist() == [13]
    assert [(one.offset, str(one.reason)) for one in letters] == [
        (10, "not_json"),
        (11, "misrouted"),
        (12, "not_json"),
    ]
    assert [b64decode(one.raw_base64) for one in letters] == [b"{", order(), b""]
    assert {(one.topic, one.partition, one.at) for one in letters} == {("orders", 0, None)}


def test_lines_are_numbered_from_zero_and_blank_ones_count() -> None:
    lines = [b"", order(), b" \t", b"nonsense", complaint()]
    answers = decode_lines(lines, "events.ndjson", 100)
    assert [one.position for one in answers if isinstance(one, Record)] == [101, 104]
    (letter,) = [one for one in answers if isinstance(one, DeadLetter)]
    assert (letter.topic, letter.partition, letter.offset) == ("events.ndjson", 0, 103)


def test_chunk_holds_what_the_lines_hold() -> None:
    lines = [order(order_id="A"), b"", b"no", complaint(), order(sku="\u2028x"), returned(), b" "]
    chunk, one_by_one = decode_chunk(lines, "f", 7), decode_lines(lines, "f", 7)
    records = [one for one in one_by_one if isinstance(one, Record)]
    assert [chunk[row] for row in range(len(chunk)) if chunk.ts[row] == NO_EVENT] == [
        one for one in one_by_one if isinstance(one, DeadLetter)
    ]
    found = [one for row in range(len(chunk)) if isinstance(one := chunk[row], Line)]
    assert [(one.ts, one.dealer, one.order) for one in found] == [
        (one.ts, one.dealer, one.order) for one in records
    ]
    for batch in chunk.batches(np.array([one.row for one in found]), "f"):
        mine = [one for one in records if one.source is batch.source]
        assert batch.position.tolist() == [one.position for one in mine]
        assert [batch.raw[row] for row in range(len(batch))] == [one.raw for one in mine]
        assert batch.dealer.all() == [one.dealer for one in mine]


def test_lines_of_all_kinds_come_in_order_and_gather_into_batches() -> None:
    lines = [order(), returned(), complaint(), order(event_id="e9")]
    answers = [one for one in decode_lines(lines, "f", 0) if isinstance(one, Record)]
    assert [one.source for one in answers] == ["orders", "returns", "complaints", "orders"]
    orders = [one for one in answers if one.source is Source.ORDERS]
    assert gather(orders, Source.ORDERS, "f", 0).position.tolist() == [0, 3]


@given(st.lists(records(), max_size=6), st.integers(0, 6))
def test_lines_give_the_same_however_they_are_cut(lines: list[bytes], at: int) -> None:
    whole = decode_lines(lines, "f", 0)
    at = min(at, len(lines))
    assert decode_lines(lines[:at], "f", 0) + decode_lines(lines[at:], "f", at) == whole


def test_line_that_was_cut_after_a_mebibyte_is_too_large() -> None:
    (letter,) = decode_lines([b"x" * ((1 << 20) + 1)], "f", 0)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is Reason.TOO_LARGE
    assert "more than 1,048,576 bytes" in letter.detail


def test_all_lines_of_the_real_wholesaler_are_accepted() -> None:
    if not REAL.exists():
        pytest.skip(f"no real data at {REAL.name}: the smoke test needs ../shared/data")
    with gzip.open(REAL) as packed:
        answers = decode_lines(packed.read().splitlines(), REAL.name, 0)
    assert len(answers) == 404_876
    assert all(isinstance(one, Record) for one in answers)
