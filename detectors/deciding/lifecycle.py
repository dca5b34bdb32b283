"""The life of an alert: from today's reading to what is said about it.

An alert is an episode of one kind on one entity. At every tick it gets a `Reading` of the evidence,
or `Silence` when the evidence is below the floor under which nothing is reported. `judge` names the
reason that applies; the table says what each reason does in each state. A pair that is not in the
table is a fault of the caller: LifecycleError, and nothing has changed, because nothing is ever
changed in place.

             crossed                       fallen, gone, absorbed
    IDLE ──────────────► OPEN ──────────────────────────────────────► RESTING
     ▲                  │    ▲ worse, milder, changed, due, acknowledged  │ │
     │                  └────┘                                            │ │
     └──────────────────────────────── gone ──────────────────────────────┘ │
                          OPEN ◄──────────── crossed (a new episode) ───────┘

Why a resting state: log R wanders. An episode that has just ended may open again only on new
evidence, 3 nats above the lowest point since; otherwise one change would be told twice. 3 nats is a
factor of 20. What keeps an open alert from flapping: it resolves, is eased and is updated only when
the news has held for a day; worse news is told at once. So one alert says at most two things a day
about its severity. At most one change per reading, in the order of `_OPEN_RULES`: an end makes
all else needless.

Two reasons do not come from the evidence: a person has seen the alert (`acknowledge`), a wider
alert has taken it in (`absorb`). The contract of alerts has both; nothing gives them yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from detectors.deciding.episode import Episode, Reading, Reason, Silence, State, Step
from schemas.alert import Change
from schemas.instant import DAY, Micros

if TYPE_CHECKING:
    from collections.abc import Callable

RESOLVE_FALL_NATS = 3.0
REOPEN_RISE_NATS = 3.0
# No tick is longer than a day, so a day is always at least one tick.
SETTLE: Micros = DAY
REMIND_EVERY: Micros = 30 * DAY


class LifecycleError(ValueError):
    """The reason does not apply in this state."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table."""

    change: Change | None
    to: State


TRANSITIONS: dict[tuple[State, Reason], Transition] = {
    (State.IDLE, Reason.CROSSED): Transition(Change.OPENED, State.OPEN),
    (State.IDLE, Reason.BELOW_THRESHOLD): Transition(None, State.IDLE),
    (State.IDLE, Reason.GONE): Transition(None, State.IDLE),
    (State.OPEN, Reason.WORSE): Transition(Change.ESCALATED, State.OPEN),
    (State.OPEN, Reason.MILDER): Transition(Change.EASED, State.OPEN),
    (State.OPEN, Reason.CHANGED): Transition(Change.UPDATED, State.OPEN),
    (State.OPEN, Reason.DUE): Transition(Change.REMINDED, State.OPEN),
    (State.OPEN, Reason.ACKNOWLEDGED): Transition(Change.ACKNOWLEDGED, State.OPEN),
    (State.OPEN, Reason.STEADY): Transition(None, State.OPEN),
    (State.OPEN, Reason.FALLEN): Transition(Change.RESOLVED, State.RESTING),
    (State.OPEN, Reason.GONE): Transition(Change.RESOLVED, State.RESTING),
    (State.OPEN, Reason.ABSORBED): Transition(Change.RESOLVED, State.RESTING),
    (State.RESTING, Reason.CROSSED): Transition(Change.OPENED, State.OPEN),
    (State.RESTING, Reason.BELOW_THRESHOLD): Transition(None, State.RESTING),
    (State.RESTING, Reason.NOT_RISEN): Transition(None, State.RESTING),
    (State.RESTING, Reason.GONE): Transition(None, State.IDLE),
}


def step(episode: Episode | None, today: Reading | Silence) -> Step:
    """What today's evidence does to an episode, or to none."""
    noted = _note(episode, today)
    return _take(noted, judge(noted, today), today)


def waits(episode: Episode, at: Micros) -> bool:
    """Whether time alone may move an episode on: news holds for a day, or a reminder is due."""
    news = (episode.fallen_since, episode.milder_since, episode.other_since)
    if episode.state is not State.OPEN:
        return False
    return at - episode.reminded_at >= REMIND_EVERY or any(one is not None for one in news)


def acknowledge(episode: Episode | None, today: Reading | Silence) -> Step:
    """Somebody has seen it. LifecycleError when nothing is open."""
    noted = _note(episode, today)
    if noted is not None and noted.state is State.OPEN and noted.acknowledged:
        return Step(None, Reason.STEADY, noted)
    return _take(noted, Reason.ACKNOWLEDGED, today)


def absorb(episode: Episode | None, today: Reading | Silence) -> Step:
    """A wider alert has taken it in. LifecycleError when nothing is open."""
    return _take(_note(episode, today), Reason.ABSORBED, today)


def judge(noted: Episode | None, today: Reading | Silence) -> Reason:
    """The reason that applies today; `noted` already knows today's evidence."""
    if isinstance(today, Silence):
        return Reason.GONE
    if noted is None:
        return Reason.CROSSED if today.log_odds >= today.threshold else Reason.BELOW_THRESHOLD
    if noted.state is State.RESTING:
        return _judge_resting(noted, today)
    for reason, applies in _OPEN_RULES:
        if applies(noted, today):
            return reason
    return Reason.STEADY


def _judge_resting(noted: Episode, today: Reading) -> Reason:
    if today.log_odds < today.threshold:
        return Reason.BELOW_THRESHOLD
    risen = noted.trough is None or today.log_odds - noted.trough >= REOPEN_RISE_NATS
    return Reason.CROSSED if risen else Reason.NOT_RISEN


def _held(since: Micros | None, today: Reading) -> bool:
    return since is not None and today.at - since >= SETTLE


_OPEN_RULES: tuple[tuple[Reason, Callable[[Episode, Reading], bool]], ...] = (
    (Reason.FALLEN, lambda noted, today: _held(noted.fallen_since, today)),
    (Reason.WORSE, lambda noted, today: today.severity.rank > noted.severity.rank),
    (Reason.MILDER, lambda noted, today: _held(noted.milder_since, today)),
    (
        Reason.CHANGED,
        lambda noted, today: _held(noted.other_since, today),
    ),
    (Reason.DUE, lambda noted, today: today.at - noted.reminded_at >= REMIND_EVERY),
)


def _note(episode: Episode | None, today: Reading | Silence) -> Episode | None:
    """The episode with today's evidence in its marks: peak, trough, since when fallen or milder."""
    if episode is None:
        return None
    if isinstance(today, Silence):
        return _marked(episode, trough=None)
    if episode.resolved_at is not None:
        lower = None if episode.trough is None else min(episode.trough, today.log_odds)
        return _marked(episode, trough=lower)
    return _note_gist(_note_severity(_note_fall(episode, today), today), today)


def _marked(episode: Episode, **marks: Any) -> Episode:
    """The episode with these marks; itself when it bears them, as at nearly every tick."""
    for name, mark in marks.items():
        if getattr(episode, name) != mark:
            return replace(episode, **marks)
    return episode


def _note_fall(episode: Episode, today: Reading) -> Episode:
    peak = max(episode.peak, today.log_odds)
    if today.log_odds > peak - RESOLVE_FALL_NATS:
        return _marked(episode, peak=peak, fallen_since=None)
    return _marked(episode, peak=peak, fallen_since=_first(episode.fallen_since, today.at))


def _note_severity(episode: Episode, today: Reading) -> Episode:
    if today.severity.rank >= episode.severity.rank:
        return _marked(episode, milder_since=None, milder=None)
    worst = max(episode.milder or today.severity, today.severity, key=lambda s: s.rank)
    return _marked(episode, milder_since=_first(episode.milder_since, today.at), milder=worst)


def _note_gist(episode: Episode, today: Reading) -> Episode:
    if today.gist == episode.gist:
        return _marked(episode, other_since=None)
    same = today.gist == episode.other_gist
    since = _first(episode.other_since if same else None, today.at)
    return _marked(episode, other_gist=today.gist, other_since=since)


def _first(since: Micros | None, at: Micros) -> Micros:
    return at if since is None else since


def _take(noted: Episode | None, reason: Reason, today: Reading | Silence) -> Step:
    """Look the pair up and carry it out."""
    state = State.IDLE if noted is None else noted.state
    transition = TRANSITIONS.get((state, reason))
    if transition is None:
        raise LifecycleError(f"{reason} does not apply to an alert that is {state}")
    if transition.to is State.IDLE:
        return Step(None, reason, None)
    return Step(transition.change, reason, _after(noted, reason, transition.change, today))


def _after(
    noted: Episode | None, reason: Reason, change: Change | None, today: Reading | Silence
) -> Episode | None:
    if change is Change.OPENED and isinstance(today, Reading):
        return _opened(today)
    if noted is None or change is None:
        return noted
    return _told(_changed(noted, reason, today), today)


def _opened(today: Reading) -> Episode:
    return Episode(
        alert_id=today.alert_id,
        sequence=1,
        opened_at=today.at,
        severity=today.severity,
        peak=today.log_odds,
        reminded_at=today.at,
        gist=today.gist,
    )


def _changed(noted: Episode, reason: Reason, today: Reading | Silence) -> Episode:
    """What the reason itself changes."""
    lowest = today.log_odds if isinstance(today, Reading) else None
    match reason:
        case Reason.WORSE if isinstance(today, Reading):
            return replace(noted, severity=today.severity)
        case Reason.MILDER:
            milder = noted.milder or noted.severity
            return replace(noted, severity=milder, milder_since=None, milder=None)
        case Reason.DUE:
            return replace(noted, reminded_at=today.at)
        case Reason.ACKNOWLEDGED:
            return replace(noted, acknowledged=True)
        case Reason.FALLEN | Reason.GONE | Reason.ABSORBED:
            return replace(noted, resolved_at=today.at, trough=lowest)
    return noted


def _told(episode: Episode, today: Reading | Silence) -> Episode:
    """Every line counts, and tells the gist of the day."""
    gist = today.gist if isinstance(today, Reading) else episode.gist
    return replace(episode, sequence=episode.sequence + 1, gist=gist, other_since=None)
