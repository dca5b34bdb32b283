"""Issues nobody resolves, as timelines: who is told of them, when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from detectors.baselines import resolution
from detectors.baselines.resolution import BINS, EDGES_S, SIZES, Spells
from detectors.deciding.overdue import gist, of_overdue
from detectors.deciding.resolutions import Resolutions
from detectors.setup import Setup
from schemas.alert import Change, Kind, Severity, Unit
from schemas.batch import Source
from schemas.instant import DAY, HOUR, Micros, format_instant
from schemas.master import DealerRecord
from schemas.rows import ComplaintRow
from schemas.wire import DealerCard, OverdueIssues
from tests.core.channel import START, Channel, Trade, name, when
from tests.core.expecting import expect, expect_none, opened, resolved
from tests.core.playing import Player, Told, settings

QUIET = Trade(orders_per_day=2.0, complaints=0.0, returns=0.0)


def channel(days: int = 20, dealers: int = 6) -> Channel:
    return Channel(dealers=dealers, days=days, usual=QUIET)


def play(played: Channel, **others: Any) -> Told:
    return Player(Setup(settings(**others))).play(played)


def issue(
    played: Channel, moment: str, name: str, dealer: int = 3, due: str | None = None
) -> Channel:
    told = None if due is None else format_instant(when(due))
    return played.also(moment, ComplaintRow, dealer, issue_id=name, status="opened", due=told)


def solve(played: Channel, moment: str, name: str, dealer: int = 3) -> Channel:
    return played.also(moment, ComplaintRow, dealer, issue_id=name, status="resolved")


def changes(told: Told) -> list[Change]:
    return [one.change for one in told.alerts if one.kind is Kind.ISSUE_OVERDUE]


def test_issue_is_told_in_the_tick_of_its_deadline_and_ends_with_its_resolution() -> None:
    played = issue(channel(), "day 3 10:00", "C-17", due="day 8 10:00")
    told = play(solve(played, "day 12 10:00", "C-17"))
    alert = expect(told.alerts, opened("issue_overdue", dealer=3), "day 8 12:00", "day 8 12:00")
    assert (alert.onset, alert.severity) == (when("day 8 10:00"), Severity.INFO)
    assert (alert.effect.observed, alert.effect.expected, alert.effect.ratio) == (1, 0, None)
    assert (alert.effect.unit, alert.verdict, alert.evidence.log_odds) == (Unit.ISSUES, None, None)
    assert "C-17" in alert.message.en
    expect(told.alerts, resolved("issue_overdue", dealer=3), "day 12 12:00", "day 12 12:00")
    assert len(told.alerts) == 2


def test_issue_without_due_has_the_setting_as_its_deadline() -> None:
    told = play(issue(channel(), "day 3 10:00", "C-17"), issue_deadline="36h")
    expect(told.alerts, opened("issue_overdue"), "day 4 23:59", "day 5")


def test_issue_resolved_in_time_is_not_told() -> None:
    played = issue(channel(), "day 3 10:00", "C-17", due="day 8 10:00")
    expect_none(play(solve(played, "day 8 09:00", "C-17")).alerts)


def test_resolution_that_comes_before_its_opening_counts() -> None:
    played = issue(channel(), "day 3 10:00", "C-17", due="day 8 10:00")
    expect_none(play(solve(played, "day 3 09:00", "C-17")).alerts)


def test_repeats_and_mentions_open_nothing_anew() -> None:
    played = issue(channel(), "day 3 10:00", "C-17", due="day 8 10:00")
    played = issue(played, "day 9 10:00", "C-17")
    told = play(solve(solve(played, "day 10", "C-17"), "day 11", "C-17"))
    assert changes(told) == [Change.OPENED, Change.RESOLVED]


def test_dealer_that_only_complains_and_orders_nothing_is_followed_too() -> None:
    told = play(issue(channel(dealers=2), "day 3 10:00", "C-17", dealer=9))
    expect(told.alerts, opened("issue_overdue", dealer=9), "day 10 10:00", "day 10 12:00")


def test_dormant_dealers_issues_stay_overdue() -> None:
    played = channel(days=70).at("day 4", dealer=3, orders_per_day=0.0)
    told = play(issue(played, "day 3 10:00", "C-17"))
    assert changes(told)[:2] == [Change.OPENED, Change.ESCALATED]
    assert Change.RESOLVED not in changes(told)


def test_ten_thousand_issues_are_told_of_a_dozen_times() -> None:
    played = channel(days=30)
    for number in range(600):
        issue(played, f"day {3 + number // 60} 10:00", f"C-{number}", due="day 5 10:00")
    told = play(played)
    assert 2 <= len(told.alerts) <= 12
    assert told.alerts[-1].severity is Severity.CRITICAL
    assert all(len(one.message.en) <= 400 for one in told.alerts)


def test_more_and_older_issues_escalate_and_fewer_ease() -> None:
    played = channel(days=40)
    for number in range(20):
        issue(played, f"day {3 + number // 4} 10:00", f"C-{number}")
    for number in range(19):
        solve(played, "day 20 10:00", f"C-{number}")
    told = changes(play(played))
    assert told[0] is Change.OPENED
    assert told.index(Change.ESCALATED) < told.index(Change.EASED)
    assert Change.RESOLVED not in told


def test_who_and_whose_business_is_told() -> None:
    record = DealerRecord(dealer_id=name(3), name="Third", region="west", manager="Ann Lee")
    setup = Setup(settings(), {name(3): record})
    told = Player(setup).play(issue(channel(), "day 3 10:00", "C-17"))
    assert told.alerts[0].dealer is not None
    assert told.alerts[0].dealer.manager == "Ann Lee"
    assert "account manager Ann Lee" in told.alerts[0].message.en


def test_while_no_complaints_arrive_at_all_nothing_becomes_overdue() -> None:
    """A stopped feed is one outage: what was resolved meanwhile could not be heard."""
    played = Channel(dealers=30, days=60, usual=Trade(complaints=0.3))
    issue(played, "day 39 10:00", "C-17", due="day 45")
    told = play(played.lost("day 40", "day 52", Source.COMPLAINTS))
    outage = expect(told.alerts, opened("feed_outage"), "day 40", "day 44")
    assert outage.entity == "complaints"
    expect(told.alerts, opened("issue_overdue", dealer=3), "day 52", "day 52 12:00")


def service(days: int, slow: int | None = None, since: int = 0, dealers: int = 12) -> Channel:
    """Every dealer opens an issue a day, resolved after two days on average; deadlines far away."""
    rng, played = np.random.default_rng(5), channel(days, dealers)
    for dealer in range(dealers):
        for day in range(days):
            opening = START + day * DAY + int(rng.integers(DAY))
            end = opening + int(rng.exponential(2 * DAY))
            if dealer == slow:
                end = opening + (end - opening if end < START + since * DAY else 90 * DAY)
            _issue_at(played, dealer, f"{dealer}-{day}", opening, None)
            _issue_at(played, dealer, f"{dealer}-{day}", opening, end)
    return played


def _issue_at(played: Channel, dealer: int, name: str, opening: Micros, end: Micros | None) -> None:
    moment = opening if end is None else end
    day, minute = divmod((moment - START) // 60_000_000, 1440)
    at = f"day {day} {minute // 60:02}:{minute % 60:02}"
    status = "opened" if end is None else "resolved"
    due = format_instant(opening + 60 * DAY)
    played.also(at, ComplaintRow, dealer, issue_id=name, status=status, due=due)


def test_backlog_that_ages_is_told_long_before_its_deadlines() -> None:
    told = play(service(56, slow=3, since=40, dealers=8))
    alert = expect(told.alerts, opened("issue_overdue"), "day 42", "day 50")
    assert alert.entity == name(3)
    assert (alert.effect.observed or 0) >= 3
    assert (alert.effect.ratio or 0) > 2
    assert "open for longer than usual" in alert.message.en


def test_service_as_usual_is_no_backlog() -> None:
    expect_none(play(service(60)).alerts, opened("issue_overdue"))


@pytest.mark.parametrize("partitions", [2, 5])
def test_split_into_partitions_changes_nothing(partitions: int) -> None:
    played = issue(service(46, slow=3, since=32, dealers=6), "day 30", "C-17", dealer=1)
    whole = Player(Setup(settings())).play(played)
    assert Player(Setup(settings()), partitions).play(played).lines == whole.lines
    assert whole.lines


def test_restart_at_every_tick_changes_nothing() -> None:
    played = issue(service(46, slow=3, since=32, dealers=6), "day 30", "C-17", dealer=1)
    through = Player(Setup(settings())).play(played)
    restarted = Player(Setup(settings()), restart_at=range(130, 46 * 4)).play(played)
    assert restarted.lines == through.lines
    assert len(through.lines) >= 2


def told_of(observed: int, expected: float = 0.0, weight: float = 1.0) -> OverdueIssues:
    card = DealerCard("d", None, None, None, None)
    return OverdueIssues(card, observed, expected, 0, weight, ["i"])


def test_number_is_news_when_it_has_doubled_or_halved() -> None:
    news, told = [], ""
    for number in [1, 2, 3, 4, 5, 7, 6, 5, 4, 3, 3, 2, 1]:
        fresh = gist(of_overdue(told_of(number), DAY), told)
        news += [number] if fresh != told else []
        told = fresh
    assert news == [1, 3, 7, 2, 1]


def test_end_of_a_number_near_the_told_one_is_no_news() -> None:
    told = gist(of_overdue(told_of(100), DAY), "")
    assert all(gist(of_overdue(told_of(n), DAY), told) == told for n in range(50, 170))


def test_backlog_that_becomes_overdue_is_news() -> None:
    told = gist(of_overdue(told_of(4, expected=1.0), DAY), "")
    assert gist(of_overdue(told_of(4), DAY), told) != told


def spells(*rows: Sequence[int]) -> Spells:
    return Spells(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def test_time_at_risk_is_the_time_lived() -> None:
    lived = spells((0, 5 * HOUR // 10**6, 0), (3_000, 200 * 86_400, 1), (7, 7, 0))
    risk = resolution.at_risk(lived)
    assert risk.shape == (3, BINS)
    assert (risk.sum(axis=1) == lived.ended_s - lived.began_s).all()
    assert resolution.ends(lived).sum() == 1
    assert resolution.ends(lived)[np.searchsorted(EDGES_S, 200 * 86_400) - 1] == 1


def test_hazard_is_learned_from_resolutions_over_time_at_risk() -> None:
    rng, law = np.random.default_rng(3), Resolutions()
    age = (rng.exponential(2 * 86_400, 5_000)).astype(np.int64)
    lived = Spells(np.zeros_like(age), age, np.ones_like(age))
    lesson = [*resolution.at_risk(lived).sum(axis=0).tolist(), *resolution.ends(lived).tolist()]
    hazard = np.array([law.add({"a": lesson})["a"]])
    for days in (0.5, 2.0, 8.0):
        found = resolution.still_open(np.array([int(days * 86_400)]), hazard)[0]
        assert found == pytest.approx(np.exp(-days / 2), abs=0.03)


def test_before_a_hundred_resolutions_nothing_is_usual() -> None:
    assert Resolutions().add({"a": [86_400] * BINS + [1] * BINS}) == {}


def test_usual_pace_earns_at_most_its_time() -> None:
    """E[R_t - t] <= 0 in control: what makes the threshold mean something."""
    rng, evidence = np.random.default_rng(4), np.zeros((4_000, len(SIZES)))
    for _ in range(60):
        count = rng.poisson(0.8, 4_000).astype(np.float64)
        evidence = resolution.step(evidence, count, np.full(4_000, 0.8), 1.0)
    assert evidence.mean() <= 61
    assert (resolution.log_odds(evidence) < resolution.THRESHOLD).all()


def test_absurd_numbers_stay_finite() -> None:
    evidence = np.zeros((3, len(SIZES)))
    for count, mean in ((0.0, 1e9), (1e9, 0.0), (1e9, 1e9), (0.0, 0.0)):
        evidence = resolution.step(evidence, np.full(3, count), np.full(3, mean), 1e3)
        assert np.isfinite(resolution.log_odds(evidence)).all()
