"""Issues are followed to their end, in whatever order their events come."""

from __future__ import annotations

from itertools import permutations

import pytest

from detectors.watching.issues import FORGET, Count, Issues
from schemas.batch import IssueNote
from schemas.instant import DAY

DEADLINE, LATE_LIMIT = 7 * DAY, 7 * DAY
OPENED = IssueNote("i", resolved=False, due=None)
RESOLVED = IssueNote("i", resolved=True, due=None)


def issues() -> Issues:
    return Issues(DEADLINE)


def test_issue_is_open_until_resolved() -> None:
    known = issues()
    known.note(0, DAY, OPENED)
    assert known.count(0, 2 * DAY) == Count(open=1, overdue=0, oldest=DAY)
    known.note(0, 3 * DAY, RESOLVED)
    assert known.count(0, 30 * DAY) == Count(open=0, overdue=0, oldest=None)


def test_issue_is_overdue_from_its_deadline_on() -> None:
    known = issues()
    known.note(0, DAY, OPENED)
    assert known.count(0, DAY + DEADLINE - 1).overdue == 0
    assert known.count(0, DAY + DEADLINE).overdue == 1


def test_due_beats_the_deadline() -> None:
    known = issues()
    known.note(0, 0, IssueNote("i", resolved=False, due=2 * DAY))
    assert known.count(0, 2 * DAY).overdue == 1
    known.note(0, DAY, IssueNote("i", resolved=False, due=20 * DAY))
    assert known.count(0, 19 * DAY).overdue == 0


def test_mention_without_due_leaves_the_deadline() -> None:
    known = issues()
    known.note(0, 0, IssueNote("i", resolved=False, due=2 * DAY))
    known.note(0, DAY, OPENED)
    assert known.count(0, 2 * DAY) == Count(open=1, overdue=1, oldest=0)


@pytest.mark.parametrize("order", permutations([(0, OPENED), (DAY, OPENED), (2 * DAY, RESOLVED)]))
def test_order_of_arrival_does_not_matter_once_resolved(
    order: tuple[tuple[int, IssueNote], ...],
) -> None:
    known = issues()
    for ts, note in order:
        known.note(0, ts, note)
    assert known.count(0, 30 * DAY).open == 0


def test_dealers_have_issues_of_their_own() -> None:
    known = issues()
    known.note(0, 0, OPENED)
    known.note(1, 0, RESOLVED)
    assert (known.count(0, DAY).open, known.count(1, DAY).open, known.count(2, DAY).open) == (
        *(1, 0, 0),
    )


def test_oldest_is_that_of_the_open_ones() -> None:
    known = issues()
    for number in range(4):
        known.note(0, number * DAY, IssueNote(str(number), resolved=False, due=None))
    known.note(0, 9 * DAY, IssueNote("0", resolved=True, due=None))
    assert known.count(0, 9 * DAY) == Count(open=3, overdue=2, oldest=DAY)


def test_resolution_is_remembered_while_the_opening_can_come_late() -> None:
    known = issues()
    known.note(0, 0, RESOLVED)
    known.forget(LATE_LIMIT, LATE_LIMIT)
    known.note(0, 0, OPENED)
    assert known.count(0, DAY).open == 0


def test_memory_is_bounded() -> None:
    known = issues()
    for day in range(800):
        known.note(0, day * DAY, IssueNote(f"a{day}", resolved=False, due=None))
        known.note(1, day * DAY, IssueNote(f"b{day}", resolved=True, due=None))
        known.forget(day * DAY, LATE_LIMIT)
    assert known.count(0, 800 * DAY).open == (FORGET + DEADLINE) // DAY
    assert known.snapshot()["issues.opened"].size < 372 + 20


def test_issue_with_a_far_deadline_is_kept_until_it_is_overdue() -> None:
    known = issues()
    known.note(0, 0, IssueNote("far", resolved=False, due=300 * DAY))
    known.note(0, 0, IssueNote("absurd", resolved=False, due=10**6 * DAY))
    for day in range(0, 731, 10):
        known.forget(day * DAY, LATE_LIMIT)
        still = 2 if day < 665 else 1 if day < 730 else 0
        assert known.count(0, day * DAY).open == still


def test_earlier_opening_that_comes_later_counts() -> None:
    known = issues()
    known.note(0, 3 * DAY, OPENED)
    known.note(0, DAY, OPENED)
    assert known.count(0, 8 * DAY) == Count(open=1, overdue=1, oldest=DAY)


def test_restart_changes_nothing() -> None:
    known, restored = issues(), issues()
    known.note(3, 0, OPENED)
    known.note(3, DAY, IssueNote("中文 \0", resolved=True, due=5))
    restored.restore(known.snapshot())
    for at in (0, 5, DEADLINE, 20 * DAY):
        assert restored.count(3, at) == known.count(3, at)
    restored.note(3, DAY, RESOLVED)
    assert restored.count(3, DAY).open == 0
    assert known.count(3, DAY).open == 1
