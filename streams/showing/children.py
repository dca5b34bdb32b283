"""Parts of the system as child processes of `demo`: our own commands, supervised.

Each child leads a process group, so that the terminal's Ctrl-C reaches only us and we end the parts
in good order, grandchildren included. A guard per child ends its group when we are gone without a
goodbye (SIGKILL): it waits for a line, which `end` sends, or for the end of the pipe.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from streams.errors import OperationError
from streams.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

STOP_LIMIT_S = 10  # SIGTERM to SIGKILL: a worker saves and leaves within a second
RESTARTS = 3  # of one child: a part that ends more often has a reason that does not go away
LOG_TAIL_LINES = 15
_LOOK_EVERY_S = 0.05
_WRONG_USAGE = 2  # exit code: the next start would end the same way


class Child:
    """One command, running; what it says goes to the file `log`."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, restarts: int = RESTARTS
    ) -> None:
        self.name = name
        self._restarts_left = restarts
        self._command = command
        self._log = log
        self._start()

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """Its process id, which is that of its group."""
        return self._process.pid

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return self._process.wait()

    def restart(self) -> None:
        """Start it again after it ended. Raises OperationError when that happened too often."""
        if not self._restarts_left or self.exit_code == _WRONG_USAGE:
            raise OperationError(self.obituary())
        self.end()
        self._restarts_left -= 1
        self._start()

    def ask_to_end(self) -> None:
        """SIGTERM to its group; what it does then takes a moment."""
        self._signal(signal.SIGTERM)

    def end(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Wait until it is gone; kill what is left of its group after the limit."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(limit_s)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._guard.release()

    def obituary(self) -> str:
        """What to tell people when it ended by itself."""
        lines = self._log.read_text("utf-8", "replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(
            (f"{self.name} ended by itself (exit code {self.exit_code}); its log ends:", *lines)
        )

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                process_group=0,
            )
        self._guard = Guard(self._process.pid)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # nobody is left in the group
            os.killpg(self._process.pid, number)


class Children:
    """All of them: ended when the block ends, whatever ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[Child] = []

    def start(self, name: str, *arguments: str, restarts: int = RESTARTS) -> Child:
        """Start `dealerwatch ARGUMENTS`; its log is NAME.log in the folder."""
        command = (sys.executable, "-m", "streams.cli", *arguments)
        child = Child(name, command, self._folder / f"{name}.log", restarts)
        self._all.append(child)
        return child

    def look_after(self) -> list[str]:
        """Start again whatever failed; returns the names. Raises OperationError after a few times.

        A child that ended with 0 has done its work.
        """
        failed = [child for child in self._all if child.exit_code not in {None, 0}]
        for child in failed:
            child.restart()
        return [child.name for child in failed]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._all:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_LIMIT_S
        for child in self._all:
            child.end(max(deadline - time.monotonic(), _LOOK_EVERY_S))


def _environment() -> dict[str, str]:
    """Ours without settings: children are told all of them by file, and the file must not lose."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("DEALERWATCH_")}
    return kept | {"PYTHONUNBUFFERED": "1"}
