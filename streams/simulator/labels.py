"""What was planted, in the words of the alerts: the answer sheet of a simulated channel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.alert import Kind, Scope
from streams.simulator.dealers import REGIONS, dealer_id
from streams.simulator.seasons import START

if TYPE_CHECKING:
    from pathlib import Path

    from streams.simulator.benign import Benign
    from streams.simulator.channel import Channel
    from streams.simulator.incidents import Incident


class Label(msgspec.Struct, frozen=True):
    """One planted incident. Times are RFC 3339."""

    kind: Kind
    scope: Scope
    entity: str
    onset: str
    end: str
    size: float  # share that is lost, or factor of a spike
    ramp: float = 0.0  # days until it is full


class Harmless(msgspec.Struct, frozen=True):
    """What looks like trouble of a dealer and is none. Times are RFC 3339."""

    name: str  # own_sale, mix_shift
    entity: str
    onset: str
    end: str
    size: float


class Labels(msgspec.Struct, frozen=True):
    """All of them, and the region of every dealer (a shock of a region explains its dealers)."""

    seed: int
    start: str
    end: str
    regions: dict[str, str]
    incidents: list[Label]
    benign: list[Harmless] = []  # copied for every instance, as msgspec does with empty lists


def labels(channel: Channel) -> Labels:
    """The answer sheet of a channel."""
    regions = (REGIONS[region] for region in channel.dealers.region.tolist())
    return Labels(
        seed=channel.seed,
        start=moment(0),
        end=moment(channel.days),
        regions={dealer_id(number): region for number, region in enumerate(regions)},
        incidents=[_label(incident) for incident in channel.incidents],
        benign=[_harmless(one) for one in channel.benign],
    )


def read_labels(path: Path) -> Labels:
    """Raises msgspec.ValidationError when the file is not one of ours."""
    return msgspec.json.decode(path.read_bytes(), type=Labels)


def moment(day: float) -> str:
    """Days since START as RFC 3339, to the second."""
    at = START + timedelta(seconds=round(day * 86_400))
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _label(incident: Incident) -> Label:
    entity = incident.entity
    name = REGIONS[entity] if incident.scope is Scope.REGION else dealer_id(entity)
    span = moment(incident.onset), moment(incident.end)
    return Label(incident.kind, incident.scope, name, *span, incident.size, incident.ramp)


def _harmless(one: Benign) -> Harmless:
    span = moment(one.onset), moment(one.end)
    return Harmless(one.name, dealer_id(one.entity), *span, one.size)
