"""`python -m benchmarks.story EVENTS ALERTS`: what the data say around the strongest alerts.

For whoever judges alerts by eye: who, what, and the weeks before and after in orders, units, value,
prices like for like, returns and complaints. Weeks end at the alert, so that what came after it
(and could not be known) stands apart.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final, NamedTuple

import typer

from schemas.instant import DAY, parse_instant

WEEK: Final = 7 * DAY
BEFORE, AFTER = 12, 4  # weeks shown

Alert = dict[str, Any]


class Event(NamedTuple):
    """What is needed of an event."""

    at: int  # microseconds
    type: str
    order: str
    sku: str
    quantity: float
    price: float


def main(
    events: Annotated[Path, typer.Argument(help="NDJSON or NDJSON.gz, as replayed.")],
    alerts: Annotated[Path, typer.Argument(help="What `replay --alerts` wrote.")],
    strongest: Annotated[int, typer.Option(help="How many, by log odds.")] = 30,
) -> None:
    """Print the story of the strongest alerts of single dealers."""
    opened = [one for one in _lines(alerts) if _is_opening(one)]
    _say_load(opened)
    chosen = sorted(opened, key=lambda one: -one["evidence"]["log_odds"])[:strongest]
    history = _history(events, {one["entity"] for one in chosen})
    for number, alert in enumerate(sorted(chosen, key=lambda one: str(one["at"])), 1):
        print(f"\n{number}. {_headline(alert)}\n   {alert['message']['en']}")
        for line in _weeks(history[alert["entity"]], parse_instant(alert["at"])):
            print("  ", line)


def _is_opening(alert: Alert) -> bool:
    return bool(alert["change"] == "opened" and alert["scope"] == "dealer")


def _say_load(opened: list[Alert]) -> None:
    if opened:
        at = sorted(parse_instant(one["at"]) for one in opened)
        weeks = max((at[-1] - at[0]) / WEEK, 1.0)
        per_week = len(opened) / weeks
        print(f"{len(opened)} alerts of dealers in {weeks:.1f} weeks: {per_week:.2f} a week")


def _headline(alert: Alert) -> str:
    evidence, effect = alert["evidence"], alert["effect"]
    return (
        f"{alert['at'][:16]} {alert['kind']} {alert['entity']} since {alert['onset'][:10]}, "
        f"{evidence['log_odds']:.1f} nats ({evidence['threshold']:.1f}), observed "
        f"{effect['observed']} of {effect['expected']} {effect['unit']}"
    )


def _weeks(events: list[Event], at: int) -> Iterator[str]:
    """A table of the weeks around the alert."""
    usual = _usual_prices(one for one in events if one.at < at)
    yield "week   orders  units   value   price  returned  complaints"
    for week in range(-BEFORE, AFTER):
        begin = at + week * WEEK
        inside = [one for one in events if begin <= one.at < begin + WEEK]
        lines = [one for one in inside if one.type == "order"]
        returned = [one for one in inside if one.type == "return"]
        orders = len({one.order for one in lines})
        units, value = sum(o.quantity for o in lines), sum(o.quantity * o.price for o in lines)
        back = sum(one.quantity for one in returned)
        yield (
            f"{week:>+4}   {orders:>6}  {units:>5.0f}  {value:>6.0f}  {_index(lines, usual):>6}  "
            f"{len(returned):>3}/{back:<4.0f}  {sum(o.type == 'complaint' for o in inside):>6}"
        )


def _usual_prices(events: Iterable[Event]) -> dict[str, float]:
    """What the dealer usually paid for each article."""
    prices: dict[str, list[float]] = defaultdict(list)
    for one in events:
        if one.type == "order" and one.price > 0:
            prices[one.sku].append(one.price)
    return {sku: median(paid) for sku, paid in prices.items() if len(paid) > 1}


def _index(lines: list[Event], usual: dict[str, float]) -> str:
    """Median price against the usual one, like for like, and how many lines could be compared."""
    ratios = [one.price / usual[one.sku] for one in lines if one.sku in usual and one.price > 0]
    return f"{median(ratios):.2f}" if ratios else "-"


def _history(path: Path, dealers: set[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in _lines(path):
        if event["dealer_id"] in dealers:
            found[event["dealer_id"]].append(
                Event(
                    at=parse_instant(event["ts"]),
                    type=event["type"],
                    order=event.get("order_id") or event["event_id"],
                    sku=event.get("sku") or "",
                    quantity=event.get("quantity") or 0.0,
                    price=event.get("unit_price") or 0.0,
                )
            )
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    typer.run(main)
