"""Tables of identities against a dict that does the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from detectors.columns import I64, U64
from detectors.watching.ids import RowIndex, SeenEvents

WINDOW = 100
# Few identities, so that they meet again; some of one home place, so that they collide.
IDENTITIES = st.sampled_from([*range(1, 30), *(k << 20 | 5 for k in range(30)), 2**64 - 1])
MOMENTS = st.integers(-500, 500)


def events(pairs: list[tuple[int, int]]) -> tuple[U64, I64]:
    return (
        np.array([event for event, _ in pairs], np.uint64),
        np.array([at for _, at in pairs], np.int64),
    )


class SeenModel(RuleBasedStateMachine):
    """The first content wins; a repeat within the window of it is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = SeenEvents()
        self.model: dict[int, int] = {}

    def fresh(self, event: int, at: int) -> bool:
        if event in self.model and abs(at - self.model[event]) <= WINDOW:
            return False
        self.model[event] = at
        return True

    @rule(pairs=st.lists(st.tuples(IDENTITIES, MOMENTS), max_size=40))
    def admit(self, pairs: list[tuple[int, int]]) -> None:
        expected = [self.fresh(event, at) for event, at in pairs]
        assert self.seen.admit(*events(pairs), WINDOW, -1000).tolist() == expected

    @rule()
    def restart(self) -> None:
        arrays = self.seen.snapshot("s")
        self.seen = SeenEvents()
        self.seen.restore("s", arrays)

    @invariant()
    def remembers_what_the_model_does(self) -> None:
        arrays = self.seen.snapshot("s")
        told = dict(zip(arrays["s.keys"].tolist(), arrays["s.ts"].tolist(), strict=True))
        assert told == self.model


class RowModel(RuleBasedStateMachine):
    """Rows in order of appearance."""

    def __init__(self) -> None:
        super().__init__()
        self.index = RowIndex()
        self.model: dict[int, int] = {}

    @rule(wanted=st.lists(IDENTITIES, max_size=40))
    def rows(self, wanted: list[int]) -> None:
        expected = [self.model.setdefault(one, len(self.model)) for one in wanted]
        assert self.index.rows(np.array(wanted, np.uint64)).tolist() == expected

    @rule(wanted=st.lists(IDENTITIES, max_size=40))
    def lookup(self, wanted: list[int]) -> None:
        found = self.index.lookup(np.array(wanted, np.uint64))
        assert found.tolist() == [self.model.get(one, -1) for one in wanted]

    @rule()
    def restart(self) -> None:
        keys = self.index.keys[: self.index.count]
        self.index = RowIndex()
        self.index.rebuild(keys)

    @invariant()
    def keys_stand_by_row(self) -> None:
        assert self.index.count == len(self.model)
        assert self.index.keys[: self.index.count].tolist() == list(self.model)


TestSeenEvents = SeenModel.TestCase
TestRowIndex = RowModel.TestCase
TestSeenEvents.settings = TestRowIndex.settings = settings(max_examples=40, stateful_step_count=30)


def many(count: int, seed: int) -> U64:
    return np.random.default_rng(seed).integers(1, 2**63, count).astype(np.uint64)


def test_seen_grow_and_lose_nothing_within_the_window() -> None:
    seen, ids = SeenEvents(), many(20_000, seed=1)
    for start in range(0, len(ids), 700):
        part = ids[start : start + 700]
        assert seen.admit(part, np.full(len(part), start), 10**9, -(10**9)).all()
    assert not seen.admit(ids, np.zeros(len(ids), np.int64), 10**9, -(10**9)).any()


def test_seen_forget_what_can_no_longer_repeat() -> None:
    """Ten days of 5,000 events, of which one day counts: the table does not hold ten days."""
    seen = SeenEvents()
    for day in range(10):
        assert seen.admit(many(5_000, day), np.full(5_000, day), 0, day - 1).all()
    kept = seen.snapshot("s")["s.ts"]
    assert len(kept) < 25_000
    assert {8, 9} <= set(kept.tolist())


@given(st.lists(st.tuples(IDENTITIES, MOMENTS), max_size=60), st.integers(0, 60))
def test_seen_do_not_depend_on_how_events_are_sliced(
    pairs: list[tuple[int, int]], cut: int
) -> None:
    whole, parts = SeenEvents(), SeenEvents()
    together = whole.admit(*events(pairs), WINDOW, -1000).tolist()
    apart = [
        fresh
        for piece in (pairs[:cut], pairs[cut:])
        for fresh in parts.admit(*events(piece), WINDOW, -1000).tolist()
    ]
    assert together == apart


def test_rows_grow_and_keep_their_numbers() -> None:
    index, ids = RowIndex(), many(20_000, seed=2)
    for start in range(0, len(ids), 700):
        index.rows(ids[start : start + 700])
    assert index.lookup(ids).tolist() == list(range(len(ids)))
    assert index.rows(ids).tolist() == list(range(len(ids)))
