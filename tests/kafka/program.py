"""Our programs as processes of a test: started, killed, stopped, and gone at the end.

`python -m tests.kafka.program SETTINGS worker SLOT ROLE` runs a worker with the recount core.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.settings import Settings
from streams.logs import configure
from streams.workers import worker
from tests.kafka.recount_core import recount_core

STOP_S = 20.0  # a worker itself gives its agents 10 s


class Program:
    """One process; its log is a file."""

    def __init__(self, settings: Settings, log: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", __name__, settings.model_dump_json(), *arguments]
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    def agents(self) -> list[int]:
        """Process ids of its children."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> float:
        """SIGTERM; gives the seconds it took."""
        started = time.monotonic()
        self._process.terminate()
        assert self._process.wait(STOP_S) == 0, self.log.read_text()[-2_000:]
        return time.monotonic() - started


class Programs:
    """All of a test; killed at its end."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._stack = ExitStack()

    def worker(self, slot: str, role: str = "both") -> Program:
        """A worker with the recount core."""
        program = Program(self._settings, self._folder / f"{slot}.log", "worker", slot, role)
        self._stack.callback(program.kill)
        return program

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def main() -> None:
    """What the process does."""
    settings = Settings.model_validate_json(sys.argv[1])
    _, slot, role = sys.argv[2:]
    configure(settings.log.level)
    worker.run(settings, slot=slot, role=role, core_of=recount_core)


if __name__ == "__main__":
    main()
