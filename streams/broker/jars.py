"""Kafka's jars: exactly the locked ones, from the local Maven cache or, once, from the network.

jgo could build the class path from coordinates alone, but then it would resolve versions at every
first start and fetch a JDK to sort jars into modules. The lock file already names every file, so
fetching and checking them is all there is to do.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockedDependency, LockFile
from jgo.maven import Artifact, MavenContext

from streams.broker.errors import BrokerError

LOCK = Path(__file__).with_name("jgo.lock.toml")
DOWNLOADS = 8  # at once; 48 small files are bound by round trips, not by bandwidth

Progress = Callable[[str], None]


def class_path(progress: Progress) -> list[Path]:
    """Return the verified jars in lock order, fetching what is missing.

    Raises:
        BrokerError: a jar cannot be fetched, or is not the locked one.
    """
    context = maven()
    wanted = {_artifact(context, jar): jar.sha256 for jar in LockFile.load(LOCK).dependencies}
    with _one_at_a_time(context.repo_cache):
        missing = [jar for jar, sha256 in wanted.items() if not _is_sound(jar, sha256)]
        if missing:
            _fetch(missing, progress)
    for jar in missing:
        _check(jar, wanted[jar])
    return [jar.resolve() for jar in wanted]


def maven() -> MavenContext:
    """Return Maven's cache and repositories as the user has set them up for jgo."""
    settings = GlobalSettings.load()
    return MavenContext(
        repo_cache=settings.repo_cache,
        remote_repos={"central": MAVEN_CENTRAL_URL, **settings.repositories},
        timeout=30,
    )


def _artifact(context: MavenContext, jar: LockedDependency) -> Artifact:
    component = context.project(jar.groupId, jar.artifactId).at_version(jar.version)
    return component.artifact(jar.classifier or "", jar.packaging)


def _is_sound(jar: Artifact, sha256: str | None) -> bool:
    """Say whether the cached file is the locked one; remove what an interrupted download left."""
    path = jar.resolve() if _is_cached(jar) else None
    if path is None:
        return False
    if _sha256(path) == sha256:
        return True
    path.unlink()
    return False


def _is_cached(jar: Artifact) -> bool:
    return jar.cached_path is not None and jar.cached_path.exists()


def _fetch(jars: list[Artifact], progress: Progress) -> None:
    progress(f"fetching Kafka: {len(jars)} files, once")
    try:
        with ThreadPoolExecutor(DOWNLOADS) as pool:
            list(pool.map(Artifact.resolve, jars))
    except (OSError, RuntimeError) as error:
        msg = (
            f"Kafka could not be fetched from the Maven repositories: {error}. The first start "
            "needs the network; or set DEALERWATCH_BROKER to a Kafka that already runs"
        )
        raise BrokerError(msg) from error


def _check(jar: Artifact, sha256: str | None) -> None:
    found = _sha256(jar.resolve())
    if found != sha256:
        jar.resolve().unlink()
        msg = f"{jar.filename} has SHA-256 {found}, locked is {sha256}: it was not used"
        raise BrokerError(msg)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    """Keep two first starts from writing the same files."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".dealerwatch.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
