"""What the notifier remembers: repeats and how far everything is done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from streams.metrics import Metrics
from streams.notifying.delivery import Delivery, Outcome
from streams.notifying.lanes import LANE_LINES, LANES, Lanes, Offer, Ways
from streams.notifying.offers import Line, Repeats, Watermark

if TYPE_CHECKING:
    from streams.notifying.shelf import Shelf
    from streams.notifying.webhook import Webhook


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3))))
def test_every_line_is_new_at_most_once(read: list[tuple[str, int]]) -> None:
    repeats = Repeats()
    new = [each for each in read if repeats.is_new(Line(*each))]
    assert len(new) == len(set(new))


def test_memory_of_repeats_is_bounded_and_forgets_the_oldest_alert() -> None:
    repeats = Repeats(most=2)
    for alert_id in ("a", "b", "c"):
        assert repeats.is_new(Line(alert_id, 1))
    assert not repeats.is_new(Line("c", 1))
    assert not repeats.is_new(Line("b", 1))
    assert repeats.is_new(Line("a", 1))


@given(st.permutations(range(8)), st.integers(0, 8))
def test_watermark_never_passes_what_is_not_done(order: list[int], ended: int) -> None:
    done = Watermark(0)
    for offset in range(8):
        done.begin(offset)
    for offset in order[:ended]:
        done.end(offset)
    assert done.position == min(order[ended:], default=8)


def test_watermark_passes_over_what_needs_no_work() -> None:
    done = Watermark(5)
    done.pass_over(9)
    assert done.position == 9
    done.begin(9)
    done.pass_over(12)
    assert done.position == 9


class _Never:
    """A receiver that never answers, and a shelf that never holds anything."""

    async def deliver(self, webhook_id: str, body: bytes) -> Delivery:
        await asyncio.Event().wait()
        return Delivery(Outcome.DELIVERED, 1, 0.0, f"{webhook_id} {len(body)}")

    def holds(self, alert_id: str) -> bool:
        return not alert_id


def test_lanes_hold_no_more_than_their_arithmetic_says() -> None:
    async def fill() -> int:
        never = _Never()
        ways = Ways(cast("Webhook", never), cast("Shelf", never))
        lanes = Lanes(ways, Metrics(CollectorRegistry()), 0)
        tasks = [asyncio.create_task(lane) for lane in lanes.work()]
        queued = 0
        try:
            async with asyncio.timeout(0.2):
                while True:
                    await lanes.put(Offer(Line(f"{queued}", 1), b"", queued))
                    queued += 1
        except TimeoutError:
            return queued
        finally:
            for task in tasks:
                task.cancel()

    assert LANE_LINES < asyncio.run(fill()) <= LANES * (LANE_LINES + 1)
