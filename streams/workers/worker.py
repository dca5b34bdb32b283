"""`dealerwatch worker`: the agents as child processes, started again when they end.

An agent that meets an error it cannot judge ends its process (streams/workers/watchdog.py); here it
is started again, with growing pauses. A stop gives them ten seconds to save and leave; during a
rebalance they may not obey in time and are killed, which costs nothing but a repetition. Children
end with us, whatever ends us: each waits for its parent in a thread.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from streams import kafka
from streams.errors import UsageError
from streams.logs import logger
from streams.metrics import must_be_free
from streams.workers.application import run_network, run_watch
from streams.workers.core import real_core

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import SpawnProcess

    from schemas.settings import Settings
    from streams.workers.core import CoreOf

STOP_S = 10.0  # from SIGTERM to SIGKILL: save and leave take 0.1 s
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # between restarts, doubling
GOOD_RUN_S = 60.0  # after which a failure counts as the first
LOOK_EVERY_S = 0.2

_SPAWN = multiprocessing.get_context("spawn")  # fork would copy locks of threads
_ROLES: dict[str, Callable[[Settings, str, CoreOf], None]] = {
    "watch": run_watch,
    "network": run_network,
}

log = logger(__name__)


def run(
    settings: Settings, *, slot: str = "1", role: str = "both", core_of: CoreOf = real_core
) -> None:
    """Run the agents of a role (watch, network, both) until SIGTERM or Ctrl-C.

    `slot` is their static identity in the groups: a restart within the session moves nothing. Two
    workers with one slot end each other. OperationError when no Kafka with our topics answers at
    the start; later the agents are started again until it does. UsageError when two agents are to
    serve their metrics at one port.
    """
    roles = list(_ROLES) if role == "both" else [role]
    _refuse_ports(settings, roles)
    children = [_Child(role, (settings, role, slot, core_of)) for role in roles]
    with _Stop() as stop:
        kafka.must_be_ready(settings)
        while not stop.asked:
            for child in children:
                child.look_after()
            wait([child.sentinel for child in children if child.sentinel], timeout=LOOK_EVERY_S)
        _end(children)


def _refuse_ports(settings: Settings, roles: list[str]) -> None:
    host, port = settings.metrics.host, settings.metrics.port
    if port and len(roles) > 1:
        raise UsageError(
            f"setting metrics.port = {port}: is for one agent; start them apart (--role watch and "
            "--role network, a port each), or leave it 0"
        )
    must_be_free(host, port)


def run_child(settings: Settings, role: str, slot: str, core_of: CoreOf) -> None:
    """What a child process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C: our parent decides
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _ROLES[role](settings, slot, core_of)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass(slots=True)
class _Child:
    """One agent's process, and the next one when it has ended."""

    role: str
    arguments: tuple[Settings, str, str, CoreOf]
    process: SpawnProcess | None = None
    started: float = 0.0  # monotonic seconds
    due: float = 0.0  # of the next start
    pause_s: float = field(default=FIRST_PAUSE_S)

    @property
    def sentinel(self) -> int | None:
        return self.process.sentinel if self.process is not None else None

    def look_after(self) -> None:
        """Notice its end; start it when it is time."""
        now = time.monotonic()
        if self.process is not None and self.process.exitcode is not None:
            self._ended(now)
        if self.process is None and now >= self.due:
            self.process = _SPAWN.Process(target=run_child, args=self.arguments, name=self.role)
            self.process.start()
            self.started = now

    def _ended(self, now: float) -> None:
        assert self.process is not None  # noqa: S101  just looked at
        good = now - self.started > GOOD_RUN_S
        self.pause_s = FIRST_PAUSE_S if good else min(2 * self.pause_s, LONGEST_PAUSE_S)
        log.error(
            "agent_ended",
            role=self.role,
            exit_code=self.process.exitcode,
            restart_in_s=self.pause_s,
        )
        self.due = now + self.pause_s
        self.process = None


def _end(children: list[_Child]) -> None:
    """All at once: SIGTERM, and SIGKILL for those that do not obey."""
    processes = [child.process for child in children if child.process is not None]
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            log.warning("agent_killed", role=process.name)
            process.kill()
            process.join()


class _Stop:
    """SIGTERM or Ctrl-C, as a value; the handlers of before are put back."""

    def __init__(self) -> None:
        self.asked = False

    def _ask(self, *_: object) -> None:
        self.asked = True

    def __enter__(self) -> _Stop:
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
