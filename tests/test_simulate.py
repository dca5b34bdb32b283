"""The simulated channel: the same for the same seed, and with what was planted in it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.alert import Kind, Scope
from streams.simulator import Channel, Written, simulate, simulate_to
from streams.simulator.incidents import Incident
from streams.simulator.labels import read_labels
from streams.simulator.seasons import FIRST_INCIDENT

DEALERS, DAYS = 60, 240


@pytest.fixture(scope="module")
def channel() -> Channel:
    return simulate(7, DEALERS, DAYS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return simulate_to(tmp_path_factory.mktemp("channel"), 7, DEALERS, DAYS)


def lines(written: Written) -> list[bytes]:
    with gzip.open(written.events) as file:
        return file.read().splitlines()


def events(written: Written) -> Iterator[dict[str, Any]]:
    for line in lines(written):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and not event["event_id"].startswith("x"):
            yield event


def planted(channel: Channel, kind: Kind) -> list[Incident]:
    return [i for i in channel.incidents if i.kind is kind and i.scope is Scope.DEALER]


def test_same_seed_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    again = simulate_to(tmp_path, 7, DEALERS, DAYS)
    for one, other in zip(written.folder.iterdir(), again.folder.iterdir(), strict=True):
        assert one.read_bytes() == (again.folder / one.name).read_bytes(), other


def test_another_seed_gives_another_channel(channel: Channel) -> None:
    other = simulate(8, DEALERS, DAYS)
    assert not np.array_equal(channel.dealers.rate, other.dealers.rate)


def test_dealers_differ_in_size_by_two_orders_of_magnitude(channel: Channel) -> None:
    assert channel.dealers.rate.max() > 100 * channel.dealers.rate.min()


def test_incidents_leave_time_to_learn_and_do_not_overlap(channel: Channel) -> None:
    assert len({incident.kind for incident in channel.incidents}) == 4
    by_dealer: dict[int, list[Incident]] = {}
    for incident in channel.incidents:
        assert FIRST_INCIDENT <= incident.onset < incident.end <= DAYS
        if incident.scope is Scope.DEALER:
            by_dealer.setdefault(incident.entity, []).append(incident)
    for own in by_dealer.values():
        for one, after in pairwise(own):
            assert after.onset > one.end


def test_silent_dealers_order_nothing(channel: Channel) -> None:
    for silence in planted(channel, Kind.ORDER_VOLUME_DROP):
        if silence.size == 1:
            mine = channel.lines.at[channel.lines.dealer == silence.entity]
            assert not np.any((mine >= silence.onset) & (mine < silence.end))


def test_price_drops_show_in_what_is_paid(channel: Channel) -> None:
    for drop in planted(channel, Kind.UNIT_PRICE_DROP):
        mine = (channel.lines.dealer == drop.entity) & ~channel.lines.promo
        during = (channel.lines.at >= drop.onset) & (channel.lines.at < drop.end)
        usual = _price_by_sku(channel, mine & ~during)
        now = _price_by_sku(channel, mine & during)
        ratios = [now[sku] / usual[sku] for sku in now.keys() & usual.keys()]
        assert np.median(ratios) == pytest.approx(1 - drop.size, abs=0.06)


def test_spikes_multiply_complaints(channel: Channel) -> None:
    at, dealer = channel.complaints.at, channel.complaints.dealer
    during = before = 0.0
    for spike in planted(channel, Kind.COMPLAINT_SPIKE):
        mine = at[dealer == spike.entity]
        during += np.sum((mine >= spike.onset) & (mine < spike.end)) / (spike.end - spike.onset)
        before += np.sum(mine < spike.onset) / spike.onset
    assert during > 3 * before


def test_events_arrive_late_twice_and_broken_now_and_then(written: Written) -> None:
    ids = Counter(event["event_id"] for event in events(written))
    assert 0.002 < sum(count > 1 for count in ids.values()) / len(ids) < 0.006
    stamps = [event["ts"] for event in events(written)]
    assert stamps != sorted(stamps)
    assert len(lines(written)) == written.lines


def test_orders_of_several_lines_share_an_order_id(written: Written) -> None:
    orders: dict[str, set[str]] = {}
    for event in events(written):
        if event["type"] == "order" and "order_id" in event:
            orders.setdefault(event["order_id"], set()).add(event["dealer_id"])
    assert all(len(dealers) == 1 for dealers in orders.values())
    assert len(orders) > 1000


def test_labels_speak_of_dealers_and_regions_that_exist(written: Written) -> None:
    labels = read_labels(written.labels)
    known = set(labels.regions) | set(labels.regions.values())
    assert labels.incidents
    assert {label.entity for label in labels.incidents} <= known
    assert all(labels.start < label.onset < label.end <= labels.end for label in labels.incidents)


def _price_by_sku(channel: Channel, rows: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[int, float]:
    skus, prices = channel.lines.sku[rows], channel.lines.price[rows]
    return {int(sku): float(np.median(prices[skus == sku])) for sku in np.unique(skus)}
