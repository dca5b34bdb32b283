from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from streams.workers import rows
from streams.workers.rows import DamagedStateError, Standing

STANDING = Standing(7, 3, {"orders": 12, "outlook": 2})
DTYPES = st.sampled_from(["f4", "f8", "i4", "i8", "u8", "?", "U5", "S3"])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
STATES = st.dictionaries(
    st.text(max_size=12), DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, SHAPES)), max_size=5
)


def written(state: rows.Arrays, owner: str = "part-0") -> dict[bytes, bytes]:
    made = rows.rows_of(owner, state, STANDING, {"dealers": 5})
    return {key: value for key, value in made if value is not None}


@given(STATES)
def test_state_comes_back_from_its_rows(state: rows.Arrays) -> None:
    saved = rows.saved_in("part-0", written(state))
    assert saved is not None
    assert saved.head.standing == STANDING
    assert saved.head.counts == {"dealers": 5}
    assert list(saved.arrays) == list(state)
    for name, array in state.items():
        assert saved.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(saved.arrays[name], array)


def test_state_comes_back_writable() -> None:
    saved = rows.saved_in("part-0", written({"level": np.zeros(3)}))
    assert saved is not None
    assert saved.arrays["level"].flags.writeable


def test_state_need_not_be_contiguous() -> None:
    every_second = np.arange(10.0)[::2]
    saved = rows.saved_in("part-0", written({"a": every_second, "b": np.ones((4, 3)).T}))
    assert saved is not None
    assert saved.arrays["a"].tolist() == every_second.tolist()
    assert saved.arrays["b"].shape == (3, 4)


def test_rows_are_small_enough_for_a_broker() -> None:
    noise = np.random.default_rng(1).random(400_000)  # 3.2 MB, does not compress
    made = rows.rows_of("part-0", {"noise": noise}, STANDING, {})
    assert len(made) == 5
    assert max(len(value or b"") for _, value in made) <= rows.ROW_BYTES
    assert rows.is_head(made[-1][0])


def test_rows_of_a_larger_snapshot_before_are_deleted() -> None:
    made = rows.rows_of("part-0", {}, STANDING, {}, rows_before=3)
    assert [key for key, value in made if value is None] == [b"part-0/1", b"part-0/2"]


def test_rows_of_others_do_not_matter() -> None:
    both = written({"a": np.ones(1)}, "part-0") | written({"a": np.zeros(1)}, "network")
    saved = rows.saved_in("part-0", both)
    assert saved is not None
    assert saved.arrays["a"].tolist() == [1.0]
    assert rows.saved_in("part-1", both) is None


def test_a_missing_row_is_noticed() -> None:
    kept = written({"a": np.ones(1)})
    del kept[b"part-0/0"]
    with pytest.raises(DamagedStateError, match="row 0 of 1 is missing"):
        rows.saved_in("part-0", kept)


def test_an_altered_row_is_noticed() -> None:
    kept = written({"a": np.ones(1)})
    kept[b"part-0/0"] = written({"a": np.zeros(1)})[b"part-0/0"]
    with pytest.raises(DamagedStateError, match="checksum differs"):
        rows.saved_in("part-0", kept)


def test_another_schema_is_refused() -> None:
    with pytest.raises(DamagedStateError, match="schema 99; this version reads 1"):
        rows.read_head(b'{"schema":99}')


def test_objects_are_no_state() -> None:
    with pytest.raises(TypeError, match="names: state must be plain values"):
        written({"names": np.array([None, "a"], object)})
