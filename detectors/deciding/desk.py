"""From readings to alerts: the life of every episode, and what is said of it.

One record per kind and entity. A reading stands until there is news, as long as its partition says
so; one that is missing without that is below the reporting floor, except those of partitions that
have not reported: what is open there stands still. Should a partition's news be lost (it was left
out in that tick), what is told is a day old at most: once a day everything is news.
What is decided but not sent (dealers still warming up) goes to the ledger, once an episode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from math import inf, log, nextafter
from typing import Any

import msgspec
from msgspec import structs

from detectors.deciding import draft, lifecycle, overdue
from detectors.deciding.episode import Episode, Silence
from detectors.deciding.episode import Reading as Evidence
from detectors.words.details import NONE, Details
from detectors.words.message import tell
from schemas.alert import (
    Alert,
    Draft,
    Kind,
    Scope,
    Severity,
    Suppressed,
    SuppressedReason,
    alert_id,
)
from schemas.routing import partitions_of
from schemas.wire import Reading

Key = tuple[str, str, str]  # kind, scope, entity


@dataclass(frozen=True)
class Decisions:
    """What one tick led to."""

    alerts: list[Alert]
    ledger: list[Alert]


@dataclass(frozen=True)
class Context:
    """What a decision needs besides readings."""

    tick: int
    at: int  # end of the tick, microseconds
    thresholds: Mapping[str, float]  # nats by kind …
    per_year: Mapping[str, float]  # … and the false alerts of one dealer they stand for
    usual_week: Mapping[str, float]  # median weekly value of a dealer, by currency
    partitions: int = 1
    unheard: frozenset[int] = frozenset()  # partitions that have not reported
    standing: frozenset[Key] = frozenset()  # of whom the last reading stands

    def line(self, reading: Reading) -> draft.Line:
        """Where a dealer's kind opens: the smaller its share, the higher."""
        nats = self.thresholds[reading.kind] - log(reading.share)
        return draft.Line(nats, self.per_year[reading.kind] * reading.share)


@dataclass
class Case:
    """An episode, open or resting, and the last reading it was judged on."""

    episode: Episode
    last: draft.Statement
    onset: int  # microseconds, as it was told at the opening: told once

    @property
    def told(self) -> draft.Statement:
        """The last reading, of a change that began then."""
        return self.last.begun(self.onset)


class Desk:
    """Every alert of the network."""

    def __init__(self, base_url: str) -> None:
        self._links = base_url.rstrip("/")
        self._cases: dict[Key, Case] = {}
        self._held: set[Key] = set()  # crossed while warming up, told to the ledger

    def decide(
        self, readings: Iterable[Reading], feeds: Iterable[draft.Statement], now: Context
    ) -> Decisions:
        """Judge one tick, in the order of kind and entity."""
        statements = [
            draft.of_reading(reading, now.at, now.line(reading), now.usual_week)
            for reading in readings
        ]
        today = self._due(now) | {one.key: one for one in (*statements, *feeds)}
        unheard = self._of_unheard(now)
        self._held &= today.keys() | now.standing | unheard
        decisions = Decisions([], [])
        for key in sorted((today.keys() | self._cases.keys() - now.standing) - unheard):
            self._judge(key, today.get(key), now, decisions)
        return decisions

    def _due(self, now: Context) -> dict[Key, draft.Statement]:
        """What stands, of alerts that only time moves on."""
        cases = ((key, self._cases[key]) for key in now.standing & self._cases.keys())
        return {key: case.last for key, case in cases if lifecycle.waits(case.episode, now.at)}

    def _of_unheard(self, now: Context) -> set[Key]:
        """What is known of dealers whose partition has not reported."""
        if not now.unheard:
            return set()
        keys = [key for key in self._cases.keys() | self._held if key[1] == Scope.DEALER]
        homes = partitions_of([key[2].encode() for key in keys], now.partitions).tolist()
        return {key for key, home in zip(keys, homes, strict=True) if home in now.unheard}

    def _judge(
        self, key: Key, said: draft.Statement | None, now: Context, decisions: Decisions
    ) -> None:
        case = self._cases.get(key)
        if said is not None and not said.telling:
            said = _as_before(said, case)
        if said is not None and said.warming_up and case is None:
            self._hold(key, said, now, decisions)
            return
        episode = case.episode if case else None
        step = lifecycle.step(episode, self._evidence(said, episode, now))
        if step.episode is None:
            self._cases.pop(key, None)
            return
        last = said or (case.last if case else None)
        if last is None:
            return
        same = case is not None and case.episode.alert_id == step.episode.alert_id
        onset = case.onset if case is not None and same else last.onset
        self._cases[key] = case = Case(step.episode, last, onset)
        if step.change is not None:
            last = case.told
            line = draft.line(last, step.episode, step.change, now.at, self._related(key, last))
            decisions.alerts.append(self._worded(line, step.episode.opened_at, last.details))

    def _hold(self, key: Key, said: draft.Statement, now: Context, decisions: Decisions) -> None:
        if key in self._held or said.log_odds < said.threshold:
            return
        self._held.add(key)
        opened = lifecycle.step(None, self._evidence(said, None, now))
        if opened.episode is None or opened.change is None:
            return
        line = draft.line(said, opened.episode, opened.change, now.at, ())
        held = Suppressed(reason=SuppressedReason.WARM_UP, until=None, into=None)
        line = line.model_copy(update={"suppressed": held})
        decisions.ledger.append(self._worded(line, now.at))

    @staticmethod
    def _evidence(
        said: draft.Statement | None, episode: Episode | None, now: Context
    ) -> Evidence | Silence:
        if said is None:
            return Silence(now.at)
        if episode is not None and episode.resolved_at is None:
            peak, name = episode.peak, episode.alert_id
        else:
            peak, name = said.log_odds, alert_id(said.kind, said.scope, said.entity, now.tick)
        return Evidence(
            at=now.at,
            log_odds=said.log_odds,
            threshold=said.threshold,
            severity=draft.severity(said, peak),
            alert_id=name,
            gist=_gist(said, episode),
        )

    def _related(self, key: Key, said: draft.Statement) -> tuple[str, ...]:
        """Other open alerts of the same dealer."""
        if said.scope is not Scope.DEALER:
            return ()
        same = (
            case.episode.alert_id
            for other, case in sorted(self._cases.items())
            if other != key and other[1:] == key[1:] and case.episode.resolved_at is None
        )
        return tuple(same)

    def _worded(self, line: Draft, opened_at: int, details: Details = NONE) -> Alert:
        url = f"{self._links}/alerts/{line.alert_id}" if self._links else None
        return Alert.of(line, tell(line, opened_at, details), url)

    def state(self) -> Any:
        """Plain values for a snapshot."""
        cases = [
            [*key, asdict(case.episode), msgspec.to_builtins(case.told)]
            for key, case in sorted(self._cases.items())
        ]
        return [cases, sorted(self._held)]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        cases, held = state
        for kind, scope, entity, episode, last in cases:
            statement = msgspec.convert(last, draft.Statement)
            self._cases[kind, scope, entity] = Case(_episode(episode), statement, statement.onset)
        self._held = {(kind, scope, entity) for kind, scope, entity in held}


def _gist(said: draft.Statement, episode: Episode | None) -> str:
    if said.kind is Kind.ISSUE_OVERDUE:
        return overdue.gist(said, episode.gist if episode else "")
    return said.verdict or ""


def _episode(values: dict[str, Any]) -> Episode:
    milder = values["milder"]
    return replace(
        Episode(**values),
        severity=Severity(values["severity"]),
        milder=Severity(milder) if milder else None,
    )


def _as_before(said: draft.Statement, case: Case | None) -> draft.Statement | None:
    """Evidence that no window shows today: it opens nothing, and what is open goes on.

    Were it silence, an episode would end without having fallen, and open again at once. What has
    ended remembers its evidence as it is: held to be under the line, it would seem to have risen as
    soon as any window shows it.
    """
    if case is None:
        return None
    line = said.threshold
    if case.episode.resolved_at is not None:
        line = max(line, nextafter(said.log_odds, inf))
    return structs.replace(case.last, log_odds=said.log_odds, threshold=line)
