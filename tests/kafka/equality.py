"""Is what the topics hold what an undisturbed run gives? Repeats are allowed where they may be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable

import numpy as np

from schemas import wire
from schemas.batch import Source
from streams.topics import names
from streams.workers.core import Core
from tests.kafka.recount import Logs, Recount, recount, saved_state


def assert_equal_to_recount(logs: Logs, core: Core) -> Recount:
    """State, statistics and dead letters exactly once; messages and alerts repeat identically."""
    expected = recount(logs, core)
    _assert_state(logs, expected)
    assert _once(_outlooks(logs)) == expected.outlooks
    assert _once(_told(logs)) == expected.told
    assert list(dict.fromkeys(logs.values("alerts"))) == expected.alerts
    assert list(dict.fromkeys(logs.values("ledger"))) == expected.alerts
    assert _letters_of_workers(logs) == expected.letters
    _assert_stats(logs, expected)
    return expected


def _assert_state(logs: Logs, expected: Recount) -> None:
    saved = saved_state(logs)
    assert set(saved) == set(expected.state)
    for number, arrays in expected.state.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(saved[number][name], array, f"{number} {name}")


def _assert_stats(logs: Logs, expected: Recount) -> None:
    written = Counter(logs.values("dealer_stats"))
    assert max(written.values()) == 1, "a save was doubled"
    assert set(written) <= set(expected.stats), "statistics that no undisturbed run gives"
    records = [record for part in logs.records["dealer_stats"].values() for record in part]
    assert {record.key.decode(): record.value for record in records} == expected.last_stats


def _letters_of_workers(logs: Logs) -> Counter[bytes]:
    """Without those of lines that could not be published."""
    sources = {getattr(names(logs.settings.topics.prefix), source) for source in Source}
    letters = Counter(logs.values("dead_letters"))
    return Counter({v: n for v, n in letters.items() if json.loads(v)["topic"] in sources})


def _outlooks(logs: Logs) -> Iterable[tuple[Hashable, bytes]]:
    return ((wire.decode(value).tick, value) for value in logs.values("outlook"))


def _told(logs: Logs) -> Iterable[tuple[Hashable, bytes]]:
    for value in logs.values("network"):
        message = wire.decode(value)
        assert not isinstance(message, wire.Outlook | wire.Omission)
        yield (type(message).__name__, message.tick, message.partition), value


def _once(values: Iterable[tuple[Hashable, bytes]]) -> dict[Hashable, bytes]:
    """By identity; a repeat has to be the same."""
    first: dict[Hashable, bytes] = {}
    for identity, value in values:
        assert first.setdefault(identity, value) == value, f"{identity} repeated differently"
    return first
