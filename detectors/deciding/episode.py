"""What the life of an alert is made of: readings of the evidence, and the episode they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from schemas.alert import Change, Severity
from schemas.instant import Micros


class State(StrEnum):
    """Where the episode of one kind on one entity stands."""

    IDLE = "idle"
    OPEN = "open"
    RESTING = "resting"


class Reason(StrEnum):
    """Why something was said, or why not."""

    CROSSED = "crossed"
    WORSE = "worse"
    MILDER = "milder"
    CHANGED = "changed"
    DUE = "due"
    ACKNOWLEDGED = "acknowledged"
    FALLEN = "fallen"
    GONE = "gone"
    ABSORBED = "absorbed"
    BELOW_THRESHOLD = "below_threshold"
    NOT_RISEN = "not_risen"
    STEADY = "steady"


class Reading(Struct, frozen=True, gc=False):
    """The evidence of one tick. Facts without statistics read as log_odds 0, threshold 0."""

    at: Micros
    log_odds: float
    threshold: float
    severity: Severity
    alert_id: str  # of the open episode, or of one that this reading opens
    # what else is told (the verdict, say); another gist that holds for a day is an update
    gist: str = ""


class Silence(Struct, frozen=True, gc=False):
    """The evidence of this tick is below the reporting floor."""

    at: Micros


@dataclass(frozen=True, slots=True)
class Episode:
    """Everything the life cycle remembers of one alert. Plain values: it can be stored as it is."""

    alert_id: str
    sequence: int  # lines written so far
    opened_at: Micros
    severity: Severity
    peak: float  # nats, highest log odds so far
    reminded_at: Micros  # the last time it was opened or reminded
    gist: str = ""
    other_gist: str = ""  # what differs from the gist told …
    other_since: Micros | None = None  # … and since when
    fallen_since: Micros | None = None  # log odds at least 3 nats below the peak
    milder_since: Micros | None = None  # severity below what was told
    milder: Severity | None = None  # the worst severity since then
    acknowledged: bool = False
    resolved_at: Micros | None = None
    trough: float | None = None  # nats, lowest since it resolved; None = below the floor

    @property
    def state(self) -> State:
        """Open until it is resolved; there is no idle episode."""
        return State.OPEN if self.resolved_at is None else State.RESTING


class Step(Struct, frozen=True, gc=False):
    """What follows from one reading: a line to write, or none, why, and the episode from now on."""

    change: Change | None
    reason: Reason
    episode: Episode | None  # None: nothing to remember
