"""What is written about names is read again, number by number."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from schemas.named_rows import Levels, Sums
from schemas.texts import Texts

NAMES = st.lists(st.text(max_size=5), max_size=6, unique=True)
WIDTHS = st.integers(1, 4)
WHOLE = st.integers(-(2**53), 2**53) | st.integers(-300, 300)  # floats hold these exactly
MEASURED = st.floats(allow_nan=False)


@given(NAMES, WIDTHS, st.data())
def test_whole_numbers_of_any_size_come_back(
    names: list[str], width: int, data: st.DataObject
) -> None:
    rows = data.draw(arrays(np.int64, (len(names), width), elements=WHOLE))
    sent = msgspec.msgpack.encode(Sums.of(Texts.of(names), rows.astype(np.float64)))
    told = msgspec.msgpack.decode(sent, type=Sums)
    assert told.names == names
    assert told.rows(width).tolist() == rows.tolist()
    assert told.table() == dict(zip(names, rows.tolist(), strict=True))


@given(NAMES, WIDTHS, st.data())
def test_measured_numbers_come_back_to_the_last_digit(
    names: list[str], width: int, data: st.DataObject
) -> None:
    rows = data.draw(arrays(np.float64, (len(names), width), elements=MEASURED))
    sent = msgspec.msgpack.encode(Levels.of(Texts.of(names), rows))
    told = msgspec.msgpack.decode(sent, type=Levels)
    assert told.texts.identity.tolist() == Texts.of(names).identity.tolist()
    assert told.names == names
    assert told.rows(width).tolist() == rows.tolist()
    assert told.table() == dict(zip(names, rows.tolist(), strict=True))


def test_columns_of_small_numbers_take_a_byte_each() -> None:
    names = Texts.of(f"s{number}" for number in range(100))
    rows = np.zeros((100, 13))
    rows[:, 1] = 2.0**20
    assert len(Sums.of(names, rows).numbers) == 100 * (12 + 4)


def test_nothing_has_no_width() -> None:
    assert Sums().rows(13).shape == (0, 13)
    assert Sums.of(Texts.of([]), np.zeros((0, 13))).rows(13).shape == (0, 13)
