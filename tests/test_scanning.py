"""The compiled scanner takes what is usual, reads it as the slow readers do, leaves the rest."""

from __future__ import annotations

import json
import random
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh64_intdigest

from schemas.batch import Batch, Source
from schemas.decode import RawSlice, decode_records, decode_slice
from schemas.instant import parse_instant
from schemas.record import Record
from schemas.scanning.fields import NAMES, UNKNOWN, field_of
from schemas.scanning.hashing import xxh64
from schemas.scanning.tokens import instant
from schemas.sheet import Sheet
from schemas.texts import Texts
from tests.event_samples import SAMPLES, order, record, records
from tests.gathering import gather

TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["经销商", "é", "😀", "\x7f", "\x85", "\xa0", '"', "\\", "x" * 128, "中" * 43]),
)
NUMBERS = st.one_of(
    st.integers(0, 10**16),
    st.floats(0, 1e10),
    st.decimals(0, 10_000, places=4).map(float),
    st.sampled_from([0.1, 1e9, 1e-7, 123456789012345, 1234567890123456]),
)
INSTANTS = st.one_of(
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    st.from_regex(
        r"[0-2]\d{3}-[01]\d-[0-3]\d[Tt][0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,9})?([Zz]|[+-][0-2]\d:[0-6]\d)",
        fullmatch=True,
    ),
)
ORDINARY = st.fixed_dictionaries(
    {"event_id": TEXTS, "ts": INSTANTS, "dealer_id": TEXTS, "sku": TEXTS}
    | {"quantity": NUMBERS, "unit_price": NUMBERS},
    optional={
        **dict.fromkeys(("order_id", "region", "tier", "category", "issue_id", "reason"), TEXTS),
        "type": st.sampled_from(["order", "complaint", "return", "other"]),
        "currency": st.sampled_from(["EUR", "eur", "EURO", None]),
        "promo": st.sampled_from([True, False, None]),
        "status": st.sampled_from(["opened", "resolved", "lost"]),
        "due": INSTANTS,
        "unknown": st.one_of(TEXTS, NUMBERS, st.lists(NUMBERS, max_size=1)),
    },
)


@st.composite
def ordinary(draw: st.DrawFn) -> bytes:
    """Records that are nearly all right, in any order of fields, spaced out or not."""
    event = draw(ORDINARY)
    names = draw(st.permutations(list(event)))
    space = draw(st.sampled_from(["", " ", "\t\r\n"]))
    separators = (f"{space},{space}", f"{space}:{space}")
    moved = {name: event[name] for name in names}
    raw = json.dumps(moved, ensure_ascii=draw(st.booleans()), separators=separators)
    return f"{space}{raw}{space}".encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An ordinary record in which a byte or two have changed."""
    raw = draw(ordinary())
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(st.binary(max_size=2)) + raw[at + draw(st.integers(0, 2)) :]


def slowly(values: list[bytes], source: Source) -> Batch:
    """What the readers without the scanner make of a slice."""
    decoded = decode_records(values, range(len(values)), source)
    return gather([one for one in decoded if isinstance(one, Record)], source, source, 0)


def said(batch: Batch) -> dict[str, object]:
    """A batch as plain values."""
    values = {field.name: getattr(batch, field.name) for field in fields(batch)}
    for name, value in values.items():
        if isinstance(value, Texts):
            values[name] = (value.all(), value.identity.tolist())
        elif isinstance(value, np.ndarray):
            values[name] = [repr(one) for one in value.tolist()]  # nan is nan, 0.0 is not -0.0
    values["raw"] = [batch.raw[row] for row in range(len(batch))]
    return values


@settings(max_examples=1_500)
@given(
    st.lists(st.one_of(ordinary(), damaged(), records()), min_size=1, max_size=4),
    st.sampled_from(list(Source)),
)
def test_scanned_columns_are_those_of_the_slow_readers(values: list[bytes], source: Source) -> None:
    found, by = Sheet(values), slowly(values, source)
    taken = set(range(len(values))) - set(found.scan(source).tolist())
    expected = {int(at): row for row, at in enumerate(by.position)}
    assert taken <= expected.keys()
    for row in taken:
        position = np.array([row])
        mine = found.batch(position, position, (source, source, 0))
        assert said(mine) == said(by.part(expected[row], expected[row] + 1))


@settings(max_examples=500)
@given(st.lists(st.one_of(ordinary(), damaged(), records()), max_size=6))
def test_slice_of_scanned_and_other_records_is_what_the_slow_readers_make(
    values: list[bytes],
) -> None:
    by = slowly(values, Source.ORDERS)
    keys: list[bytes | None] = [b""] * len(values)
    for row, at in enumerate(by.position):
        keys[at] = by.dealer.spans[row]
    raw = RawSlice(Source.ORDERS, Source.ORDERS, 0, range(len(values)), keys, values)
    assert said(decode_slice(raw, 1)[0]) == said(by)


@pytest.mark.parametrize("source", [None, *Source])
def test_scanner_takes_ordinary_records_itself(source: Source | None) -> None:
    raws = [
        record(sample, region="North", order_id="a b", more=[None, True, 1.5][number])
        for number, sample in enumerate(SAMPLES.values())
    ]
    raws += [raw.replace(b"North", "中国".encode()).replace(b": ", b"\n:\t") for raw in raws]
    if source is not None:
        raws = raws[list(Source).index(source) :: 3]
    assert not len(Sheet(raws).scan(source))


def test_scanner_leaves_a_record_that_is_too_large() -> None:
    large = order(unknown="x" * 64 * 1024)
    assert Sheet([order(), large, order()]).scan(Source.ORDERS).tolist() == [1]


def test_scanner_leaves_a_tombstone_and_takes_what_stands_around_it() -> None:
    assert Sheet([None, order(), b"", order(), None]).scan(Source.ORDERS).tolist() == [0, 2, 4]


@given(INSTANTS)
def test_scanned_instant_is_the_parsed_one(text: str) -> None:
    try:
        expected = parse_instant(text)
    except ValueError:
        expected = None
    at, usual = instant(np.frombuffer(f'x{text}"'.encode(), np.uint8), 1, len(text))
    assert not usual or at == expected


@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
def test_compiled_hash_is_that_of_the_library(text: bytes, seed: int) -> None:
    buffer = np.frombuffer(b"xyz" + text, np.uint8)
    assert int(xxh64(buffer, 3, len(text), np.uint64(seed))) == xxh64_intdigest(text, seed)


def test_fields_are_found_by_their_names_only() -> None:
    chance = random.Random(1)
    others = ["", "x", "Sku", "skus", "sk", "event-id", "x" * 300, "商"]
    others += ["".join(chance.sample(name, len(name))) for name in NAMES for _ in range(20)]
    for name in (*NAMES, *others):
        written = name.encode()
        found = field_of(np.frombuffer(b'"' + written, np.uint8), 1, 1 + len(written))
        assert found == (NAMES.index(name) if name in NAMES else UNKNOWN)
