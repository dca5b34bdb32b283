"""An invented trade is played through the core before a worker joins its group.

With cold caches the first ticks compile for tens of seconds. On the event loop the watchdog would
take that for a blocked process; here nobody waits yet. Weeks of daily ticks, because evidence is
weighed of dealers who are no longer new, and then one of them stops, and all that another buys
comes back, because windows are told of those who have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.batch import Source
from schemas.decode import RawSlice, decode_slice
from schemas.instant import DAY, HOUR, format_instant

if TYPE_CHECKING:
    from schemas.alert import Alert
    from schemas.batch import Batch
    from streams.workers.core import NetworkCore, PartitionCore

_DAYS: Final = 60
_DEALERS: Final = 4
_LAST_DAY: Final = 42  # of the trade of one of them, and of few returns of another
_FIRST: Final = 19_723  # 2024-01-01, in days since 1970


def rehearse(partition: PartitionCore, network: NetworkCore) -> list[Alert]:
    """Play it through parts of no other use, whose tick is a day; what they alert."""
    alerts = [alert for day in range(_DAYS) for alert in _tick(partition, network, day)]
    list(partition.stats((_FIRST + _DAYS) * DAY, True))
    return alerts


def _tick(partition: PartitionCore, network: NetworkCore, day: int) -> Iterator[Alert]:
    tick = _FIRST + day
    partition.apply((tick + 1) * DAY + HOUR, _trade(day), tick)
    outlook = network.combine([partition.close(tick)])
    yield from network.decide([partition.weigh(outlook)]).alerts


def _trade(day: int) -> list[Batch]:
    """Everybody orders and complains each day, and sends something back once a week."""
    changed = day >= _LAST_DAY
    who = dict.fromkeys(Source, range(1 if changed else 0, _DEALERS))
    if day % 7:
        who[Source.RETURNS] = range(1, 2 if changed else 1)
    return [_batch(source, [_event(source, day, n) for n in who[source]]) for source in Source]


def _event(source: Source, day: int, number: int) -> dict[str, Any]:
    event = {
        "event_id": f"{source}-{day}-{number}",
        "ts": format_instant((_FIRST + day) * DAY + (9 + number) * HOUR),
        "dealer_id": f"D{number}",
        "sku": f"S{number % 2}",
    }
    if source is Source.COMPLAINTS:
        return event | {"issue_id": f"I{day}-{number}", "category": "quality"}
    return event | {"quantity": 2 + day % 3, "unit_price": 9.5}


def _batch(source: Source, events: list[dict[str, Any]]) -> Batch:
    values = [msgspec.json.encode(event) for event in events]
    keys = [str(event["dealer_id"]).encode() for event in events]
    accepted, _ = decode_slice(RawSlice(source, source, 0, range(len(values)), keys, values), 1)
    return accepted
