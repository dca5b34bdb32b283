"""The life of an alert, as timelines, as a whole table and under random evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from detectors.deciding.episode import Episode, Reading, Reason, Silence, State, Step
from detectors.deciding.lifecycle import TRANSITIONS, LifecycleError, absorb, acknowledge, step
from schemas.alert import Change, Severity
from schemas.instant import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

THRESHOLD = 9.0
INFO, WARNING, CRITICAL = Severity


def reading(day: float, log_odds: float, severity: Severity = INFO, gist: str = "") -> Reading:
    return Reading(
        at=round(day * DAY),
        log_odds=log_odds,
        threshold=THRESHOLD,
        severity=severity,
        alert_id=f"opened-on-{day:g}",
        gist=gist,
    )


def silence(day: float) -> Silence:
    return Silence(at=round(day * DAY))


def play(*days: Reading | Silence) -> list[Step]:
    steps: list[Step] = []
    for today in days:
        steps.append(step(steps[-1].episode if steps else None, today))
    return steps


def changes(*days: Reading | Silence) -> list[Change | None]:
    return [taken.change for taken in play(*days)]


def opened(severity: Severity = INFO, gist: str = "") -> Episode:
    episode = step(None, reading(0, 10, severity, gist)).episode
    assert episode is not None
    return episode


def test_alert_opens_at_its_threshold_not_below() -> None:
    assert changes(reading(0, 8.99), reading(1, 9.0)) == [None, Change.OPENED]


def test_idle_entity_needs_no_memory() -> None:
    assert [taken.episode for taken in play(silence(0), reading(1, 8.9))] == [None, None]


def test_alert_resolves_when_evidence_stays_three_nats_below_its_peak_for_a_day() -> None:
    days = (reading(0, 9), reading(1, 14), reading(2, 11.1), reading(3, 11), reading(3.9, 10))
    assert changes(*days) == [Change.OPENED, None, None, None, None]
    assert changes(*days, reading(4, 10))[-1] is Change.RESOLVED


def test_fall_that_does_not_last_does_not_resolve() -> None:
    days = (reading(0, 12), reading(1, 8), reading(1.5, 9.5), reading(2, 8), reading(2.9, 8))
    assert changes(*days)[1:] == [None] * 4


def test_silence_resolves_at_once() -> None:
    taken = play(reading(0, 12), silence(1))[-1]
    assert (taken.change, taken.reason) == (Change.RESOLVED, Reason.GONE)


def test_resolved_alert_rests_until_evidence_has_risen_again() -> None:
    days = [reading(0, 16), reading(1, 12), reading(2, 12), reading(3, 14.9), reading(4, 15)]
    steps = play(*days)
    assert [taken.change for taken in steps[2:]] == [Change.RESOLVED, None, Change.OPENED]
    assert steps[3].reason is Reason.NOT_RISEN
    assert steps[4].episode is not None
    assert (steps[4].episode.alert_id, steps[4].episode.sequence) == ("opened-on-4", 1)


def test_trough_follows_the_evidence_down_while_resting() -> None:
    days = (reading(0, 16), reading(1, 12), reading(2, 12), reading(3, 7), reading(4, 10))
    assert changes(*days)[-1] is Change.OPENED


def test_resting_alert_is_forgotten_when_evidence_is_gone() -> None:
    steps = play(reading(0, 12), silence(1), silence(2), reading(3, 9))
    assert steps[2].episode is None
    assert steps[3].change is Change.OPENED


def test_worse_news_is_told_at_once() -> None:
    taken = play(reading(0, 10), reading(1 / 24, 10, CRITICAL))[-1]
    assert taken.change is Change.ESCALATED
    assert taken.episode is not None
    assert taken.episode.severity is CRITICAL


def test_better_news_is_told_after_a_day_with_the_worst_seen_since() -> None:
    days = (reading(0, 10, CRITICAL), reading(1, 10, INFO), reading(1.5, 10, WARNING))
    last = play(*days, reading(2, 10, INFO))[-1]
    assert last.change is Change.EASED
    assert last.episode is not None
    assert last.episode.severity is WARNING


def test_severity_that_flaps_every_tick_is_told_once() -> None:
    flapping = [reading(hour / 24, 10, (INFO, WARNING)[hour % 2]) for hour in range(200)]
    assert [change for change in changes(*flapping) if change] == [Change.OPENED, Change.ESCALATED]


def test_reminder_comes_every_thirty_days() -> None:
    days = [reading(day, 10) for day in range(100)]
    reminded = [day for day, change in enumerate(changes(*days)) if change is Change.REMINDED]
    assert reminded == [30, 60, 90]


def test_other_gist_is_an_update_when_it_has_held_for_a_day() -> None:
    def day(at: float, gist: str) -> Reading:
        return reading(at, 10, gist=gist)

    days = (day(0, "own"), day(0.5, "region"), day(1, "region"))
    assert changes(*days)[1:] == [None, None]
    assert changes(*days, day(1.5, "region"))[-1] is Change.UPDATED
    assert changes(*days, day(1.2, "own"), day(1.5, "region"))[-1] is None
    assert changes(*days, day(1.2, "market"), day(1.5, "market"))[-1] is None


def test_end_makes_everything_else_needless() -> None:
    episode = replace(opened(), peak=20.0, fallen_since=0)
    taken = step(episode, reading(40, 10, CRITICAL, "other"))
    assert (taken.change, taken.reason) == (Change.RESOLVED, Reason.FALLEN)


def test_acknowledgement_is_told_once() -> None:
    first = acknowledge(opened(), reading(1, 10))
    second = acknowledge(first.episode, reading(2, 10))
    assert (first.change, second.change) == (Change.ACKNOWLEDGED, None)


def test_absorbed_alert_resolves_and_does_not_come_back_by_itself() -> None:
    taken = absorb(opened(), reading(1, 10))
    assert (taken.change, taken.reason) == (Change.RESOLVED, Reason.ABSORBED)
    assert step(taken.episode, reading(2, 12.9)).change is None
    assert step(taken.episode, reading(2, 13)).change is Change.OPENED


@pytest.mark.parametrize("ask", [acknowledge, absorb])
def test_request_without_an_open_alert_is_an_error(
    ask: Callable[[Episode | None, Reading], Step],
) -> None:
    resting = absorb(opened(), reading(1, 10)).episode
    for episode in (None, resting):
        with pytest.raises(LifecycleError, match="does not apply to an alert that is"):
            ask(episode, reading(2, 10))


def test_facts_without_statistics_live_while_they_hold() -> None:
    facts = [structs.replace(reading(day, 0), threshold=0.0) for day in range(3)]
    assert changes(*facts, silence(3)) == [Change.OPENED, None, None, Change.RESOLVED]


def test_every_state_answers_every_reading() -> None:
    episodes = (None, opened(WARNING), absorb(opened(), reading(1, 10)).episode)
    evidence: list[Reading | Silence] = [
        reading(5, odds, severity) for odds, severity in product((0.0, 8.9, 9.0, 30.0), Severity)
    ]
    for episode, today in product(episodes, [*evidence, silence(5)]):
        taken = step(episode, today)
        assert (State.IDLE if episode is None else episode.state, taken.reason) in TRANSITIONS


def test_table_opens_only_what_is_not_open_and_ends_only_what_is() -> None:
    for (state, _), transition in TRANSITIONS.items():
        if transition.change is Change.OPENED:
            assert state is not State.OPEN
        elif transition.change is not None:
            assert state is State.OPEN
        assert (transition.change is Change.RESOLVED) == (
            state is State.OPEN and transition.to is not State.OPEN
        )


def test_every_change_of_the_contract_is_in_the_table() -> None:
    assert {transition.change for transition in TRANSITIONS.values()} == {*Change, None}


evidence_of_a_day = st.one_of(
    st.none(), st.tuples(st.floats(-5, 30), st.sampled_from(Severity), st.sampled_from(["", "own"]))
)


def _today(
    day: float, number: int, evidence: tuple[float, Severity, str] | None
) -> Reading | Silence:
    if evidence is None:
        return silence(day)
    return structs.replace(reading(day, *evidence), alert_id=f"{number}")


@given(st.lists(st.tuples(st.floats(1 / 24, 20), evidence_of_a_day), max_size=60))
def test_alerts_tell_a_story_in_order_under_any_evidence(
    story: list[tuple[float, tuple[float, Severity, str] | None]],
) -> None:
    day, ended, told = 0.0, set[str](), dict[str, int]()
    episode: Episode | None = None
    for number, (wait, evidence) in enumerate(story):
        day += wait
        today = (
            silence(day)
            if evidence is None
            else structs.replace(reading(day, *evidence), alert_id=f"{number}")
        )
        taken = step(episode, today)
        if taken.change is not None:
            assert taken.episode is not None
            name = taken.episode.alert_id
            assert name not in ended, "nothing is said after the end"
            assert taken.episode.sequence == told.get(name, 0) + 1, "sequence numbers are dense"
            assert (taken.change is Change.OPENED) == (name not in told), "the first is opened"
            assert set(told) - ended <= {name}, "never two are open"
            told[name] = taken.episode.sequence
            ended |= {name} if taken.change is Change.RESOLVED else set()
        episode = taken.episode
