"""A feed that stops, for everybody."""

from __future__ import annotations

import json

import numpy as np
import pytest

from detectors.deciding.feed import (
    LEAST_GAPS,
    LONGEST_TIMES,
    SURE,
    SUSPECT,
    FollowingFeed,
    OrderFeed,
)


def test_orders_that_come_are_no_outage() -> None:
    feed = OrderFeed()
    for tick in range(100):
        feed.tick(tick, 1, 50.0)
    assert not feed.suspect
    assert not feed.out


def test_silence_is_suspected_then_sure() -> None:
    feed, states = OrderFeed(), []
    for tick in range(20):
        feed.tick(tick, 0, 1.0)
        states.append((feed.suspect, feed.out))
    assert states.index((True, False)) == SUSPECT - 1
    assert states.index((True, True)) == SURE - 1
    assert feed.since == 0


def test_one_record_ends_the_silence() -> None:
    feed = OrderFeed()
    for tick in range(20):
        feed.tick(tick, 0, 1.0)
    feed.tick(20, 1, 1.0)
    assert not feed.suspect
    feed.tick(21, 0, 1.0)
    assert (feed.since, feed.missed) == (21, 1.0)


def test_night_without_expected_orders_is_no_outage() -> None:
    feed = OrderFeed()
    for tick in range(1000):
        feed.tick(tick, 0, 0.001)
    assert not feed.suspect


def weeks(feed: OrderFeed, count: int, first: int = 0) -> int:
    """Hours of a feed that comes once a week, with five orders expected in each hour; outages."""
    outages, out = 0, False
    for tick in range(first, first + 168 * count):
        feed.tick(tick, int(tick % 168 == 0), 5.0)
        outages += feed.out and not out
        out = feed.out
    return outages


def test_feed_that_comes_once_a_week_is_missed_when_a_week_is_left_out() -> None:
    feed = OrderFeed()
    assert weeks(feed, 2) == 1  # the first silence is news
    assert weeks(feed, 50, first=336) == 0
    stopped = 336 + 50 * 168
    for tick in range(stopped, stopped + 300):
        feed.tick(tick, 0, 5.0)
        assert feed.out == (feed.missed >= 1.5 * 167 * 5.0)
    assert feed.out


def test_after_an_outage_the_next_one_is_told_as_soon() -> None:
    feed = OrderFeed()
    for tick in range(200):
        feed.tick(tick, 0 if 100 <= tick < 124 else 1, 5.0)
    for tick in range(200, 203):
        feed.tick(tick, 0, 5.0)
    assert feed.out


def test_false_outages_of_poisson_orders_are_one_in_a_million_gaps() -> None:
    """A gap of SURE expected orders has the chance e^-14; of a million ticks none shows it."""
    assert 0.5e-6 < np.exp(-SURE) < 1e-6
    rng, feed, outages = np.random.default_rng(5), OrderFeed(), 0
    for tick, records in enumerate(rng.poisson(0.5, 200_000).tolist()):
        feed.tick(tick, records, 0.5)
        outages += feed.out
    assert outages == 0


def follow(gaps: list[int]) -> FollowingFeed:
    feed, tick = FollowingFeed(), 0
    for gap in gaps:
        for _ in range(gap):
            feed.tick(tick, 0, 1)
            tick += 1
        feed.tick(tick, 1, 1)
        tick += 1
    return feed


def test_feed_that_never_spoke_is_not_missed() -> None:
    feed = FollowingFeed()
    for tick in range(10_000):
        feed.tick(tick, 0, 100)
    assert not feed.out


def test_gap_far_beyond_the_longest_is_an_outage() -> None:
    feed = follow([5] * LEAST_GAPS)
    longest = int(5 * LONGEST_TIMES)
    for tick in range(longest):
        feed.tick(1000 + tick, 0, 1)
        assert not feed.out
    feed.tick(1000 + longest, 0, 1)
    assert feed.out
    assert feed.since == 1000


@pytest.mark.parametrize("gaps", [[5] * (LEAST_GAPS - 1), [5] * LEAST_GAPS + [500]])
def test_feed_little_known_or_known_for_long_gaps_is_given_time(gaps: list[int]) -> None:
    feed = follow(gaps)
    for tick in range(100):
        feed.tick(10_000 + tick, 0, 1)
    assert not feed.out


def test_silence_without_orders_is_nothing() -> None:
    feed = follow([5] * LEAST_GAPS)
    for tick in range(10_000):
        feed.tick(1000 + tick, 0, 0)
    assert not feed.out


def test_state_survives_as_plain_values() -> None:
    orders, following = OrderFeed(), follow([3] * LEAST_GAPS)
    for tick in range(10):
        orders.tick(tick, 0, 1.0)
        following.tick(1000 + tick, 0, 1)
    assert OrderFeed.of(json.loads(json.dumps(orders.state()))) == orders
    assert FollowingFeed.of(json.loads(json.dumps(following.state()))) == following
