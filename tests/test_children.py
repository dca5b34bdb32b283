"""Children of `demo`: they end with us, however we end, and are started again when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import OperationError
from streams.showing.children import RESTARTS, Child, Children
from tests.waiting import eventually

SLEEP = ("/bin/sh", "-c", "sleep 600 & sleep 600")  # with a grandchild
STUBBORN = ("/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
PARENT = """
import sys
from pathlib import Path
from streams.showing.children import Child
child = Child("sleeper", ["/bin/sleep", "600"], Path(sys.argv[1]))
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "child.log"


@pytest.fixture
def sleeper(log: Path) -> Iterator[Child]:
    child = Child("sleeper", SLEEP, log)
    yield child
    child.end(0)


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_child_ends_with_its_grandchildren_when_asked(sleeper: Child) -> None:
    sleeper.ask_to_end()
    sleeper.end()
    assert sleeper.exit_code == -signal.SIGTERM
    assert eventually(lambda: not lives(sleeper.pid))


def test_child_that_does_not_obey_is_killed(log: Path) -> None:
    child = Child("stubborn", STUBBORN, log)
    assert eventually(lambda: "ready" in log.read_text())
    child.ask_to_end()
    child.end(0.2)
    assert child.exit_code == -signal.SIGKILL


def test_child_ends_when_its_parent_is_killed(log: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    assert lives(child)
    parent.kill()
    parent.communicate()
    assert eventually(lambda: not lives(child))


def test_failed_child_is_started_again_until_it_has_failed_too_often(log: Path) -> None:
    child = Child("broken", ("/bin/sh", "-c", "echo no luck; exit 3"), log)
    for _ in range(RESTARTS):
        assert eventually(lambda: child.exit_code == 3)
        child.restart()
    assert eventually(lambda: child.exit_code == 3)
    with pytest.raises(OperationError, match=r"broken ended by itself \(exit code 3\)") as told:
        child.restart()
    assert "no luck" in str(told.value)
    child.end()


def test_children_are_our_own_commands_and_their_end_with_0_is_no_failure(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("help", "--help")
        assert eventually(lambda: child.exit_code == 0)
        assert children.look_after() == []
    assert "demo" in (tmp_path / "help.log").read_text()


def test_children_get_no_settings_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALERWATCH_TIK", "wrong")
    with Children(tmp_path) as children:
        child = children.start("replay", "replay", "nowhere", "--alerts", str(tmp_path / "out"))
        assert eventually(lambda: child.exit_code is not None)
    assert "TIK" not in (tmp_path / "replay.log").read_text()
