"""Who waits for the compiler is told so, once."""

from __future__ import annotations

import numba

from streams.playing.compiling import SENTENCE, told_once


def test_compiling_is_told_once_and_running_not_at_all() -> None:
    first = numba.njit(lambda x: x + 1)
    second = numba.njit(lambda x: x + 2)
    said: list[str] = []
    with told_once(said.append):
        assert first(1) == 2
        assert second(1) == 3
    assert said == [SENTENCE]
    with told_once(said.append):
        first(1)
    assert said == [SENTENCE]
