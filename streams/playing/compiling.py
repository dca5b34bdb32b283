"""A word to who waits: loops are compiled at their first call, and then kept on disk."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from numba.core import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENTENCE: Final = "compiling the detectors: a minute or so, the first time only"


class _Once(event.Listener):
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say: Callable[[str], None] | None = say

    def on_start(self, event: Any) -> None:
        """Something is being compiled; what is found on disk does not come here."""
        del event
        if self._say is not None:
            self._say(SENTENCE)
            self._say = None

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


@contextmanager
def told_once(say: Callable[[str], None]) -> Iterator[None]:
    """Calls `say` with one sentence when anything is compiled inside."""
    with event.install_listener("numba:compile", _Once(say)):
        yield
