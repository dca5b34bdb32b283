"""Columns that grow keep what they hold, and take no memory for what nobody has written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.baselines import history as past
from detectors.columns import F32, F64, I64, Bool, capacity_of, grown

STATUS: Final = Path("/proc/self/statm")  # sizes of this process, in pages
MB: Final = 1e6


class Some(NamedTuple):
    """Columns of several widths, one of which does not begin as zeros."""

    wide: F64  # (n, 4, 9)
    narrow: F32  # (n, 3)
    when: I64  # (n,)
    flag: Bool  # (n,)
    nothing: F64  # (n, 0)


def made(n: int) -> Some:
    return Some(
        wide=np.zeros((n, 4, 9)),
        narrow=np.zeros((n, 3), np.float32),
        when=np.full(n, -1),
        flag=np.zeros(n, np.bool_),
        nothing=np.zeros((n, 0)),
    )


@given(
    st.integers(0, 700), st.integers(0, 900), st.lists(st.integers(0, 699), max_size=12),
    st.sampled_from([0, 1, 7]),
)  # fmt: skip
def test_what_was_written_is_kept_and_the_rest_is_as_made(
    room: int, rows: int, written: list[int], value: int
) -> None:
    columns, places = made(room), np.array([one for one in written if one < room], np.int64)
    for column in columns:
        column[places] = value  # also zeros, where a column does not begin with them
    larger = grown(columns, made, rows)
    assert capacity_of(larger) >= max(room, rows)
    expected = made(capacity_of(larger))
    for column in expected:
        column[places] = value
    for new, as_wanted in zip(larger, expected, strict=True):
        assert_array_equal(new, as_wanted)


@given(st.integers(1, 300), st.integers(1, 700), st.integers(0, 100))
def test_history_with_room_keeps_every_dealer_in_every_bin(room: int, rows: int, days: int) -> None:
    history, everybody = past.empty(room, past.TICKS), np.arange(room)
    counted: F64 = 1.0 + everybody.astype(np.float64)
    for day in range(days):
        past.begin_day(history, everybody, day)
        past.record(history, everybody, 24 * day, np.full(room, day), counted, 2 * counted)
    larger = past.with_room(history, rows)
    for new, old in zip(larger, history, strict=True):
        assert_array_equal(new[:, :room], old)
        assert not new[:, room:].any()


@pytest.mark.skipif(not STATUS.exists(), reason="the memory of a process is read from /proc")
def test_growing_takes_no_memory_for_what_was_never_written() -> None:
    grown(made(1), made, 2)  # what compiling takes is not what is measured
    before = _resident()
    columns = made(100_000)
    columns.wide[:1_000] = 1.0
    for rows in (150_000, 300_000):
        columns = grown(columns, made, rows)
    assert columns.wide.nbytes > 100 * MB
    assert _resident() - before < 30 * MB


def _resident() -> float:
    return int(STATUS.read_text().split()[1]) * float(os.sysconf("SC_PAGESIZE"))
