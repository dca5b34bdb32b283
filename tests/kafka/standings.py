"""Waiting until the workers have come to the end of the logs."""

from __future__ import annotations

import asyncio
import time

from schemas.settings import Settings
from streams import kafka
from streams.ticking import ticks
from streams.topics import names
from streams.workers.rows import is_head, read_head

PATIENCE_S = 90.0


async def all_saved(settings: Settings) -> None:
    """Every partition has saved its last cut, and the network has decided the last tick."""
    deadline = time.monotonic() + PATIENCE_S
    while (missing := await _behind(settings)) is not None:
        assert time.monotonic() < deadline, f"still behind: {missing}"
        await asyncio.sleep(0.5)


async def _behind(settings: Settings) -> str | None:
    plan = settings.topics
    async with kafka.consumer(settings.broker, max_wait_ms=20) as client:
        goal = await ticks.progress_of(client, plan)
    state = await kafka.read_whole(
        settings.broker, names(plan.prefix).state, range(plan.partitions)
    )
    heads = {
        number: read_head(value).standing
        for number, rows in state.items()
        for key, value in rows.items()
        if is_head(key)
    }
    for number, progress in enumerate(goal):
        cut = heads[number].cut if number in heads else 0
        if progress.last is None or cut < progress.last.number:
            return f"partition {number} saved cut {cut} of {progress.last}"
    rows = (await kafka.read_whole(settings.broker, names(plan.prefix).network_state, [0]))[0]
    decided = [read_head(value).standing for key, value in rows.items() if is_head(key)]
    tick = goal[0].tick
    if tick is not None and (not decided or decided[0].tick != tick):
        return f"network saved {decided} of tick {tick}"
    return "network undecided" if decided and decided[0].positions["undecided"] else None
