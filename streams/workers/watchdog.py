"""A process that cannot do its work ends, so that its supervisor can start it again.

Three ways of dying alive were seen: the event loop blocked, the consumer's group lost for ever
with the process idle, and an error inside a task that nobody awaits. Ending without a goodbye is
right in all of them: nothing is committed that is not saved, and the next process goes on there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from streams.logs import logger
from streams.workers.slices import check_group

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import faust

BLOCKED_S = 30.0  # a tick of a million dealers takes seconds, not tens of them
NO_FLOW_S = 60.0  # a rebalance takes at most the session and the rebalance timeout, 10 + 30 s
LOOK_EVERY_S = 1.0

EXIT_CODE = 1
log = logger(__name__)


def die(event: str, **facts: object) -> NoReturn:
    """End this process now: no commit, no goodbye to the group, no cleanup that could hang."""
    log.critical(event, exc_info=sys.exc_info()[1], **facts)
    sys.stderr.flush()
    os._exit(EXIT_CODE)


async def or_die(work: Coroutine[object, object, None], event: str) -> None:
    """Await `work`; any error ends the process. Cancelling is no error."""
    try:
        await work
    except Exception:  # noqa: BLE001  whatever is not a bad record ends us before a commit
        die(event)


class Watchdog:
    """Ends the process when its event loop is blocked or no records can flow for a minute."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self._beat = self._flow = time.monotonic()

    async def pulse(self) -> None:
        """Runs in the event loop, for ever."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        while True:
            self._beat = time.monotonic()
            if check_group(self._app):
                self._flow = self._beat
            await asyncio.sleep(LOOK_EVERY_S)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            if now - self._beat > BLOCKED_S:
                die("event_loop_blocked", seconds=round(now - self._beat))
            if now - self._flow > NO_FLOW_S:
                die("no_records_can_flow", seconds=round(now - self._flow))
