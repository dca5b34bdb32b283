"""Write jgo.lock.toml: every jar of the broker, by version and SHA-256 (`make lock`)."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import jgo
from jgo.env import EnvironmentSpec, LockedDependency, LockFile, compute_spec_hash

if TYPE_CHECKING:
    from jgo.maven import Artifact

HERE = Path(__file__).parent
SPEC = HERE / "jgo.toml"
LOCK = HERE / "jgo.lock.toml"


def resolve() -> LockFile:
    """Resolve the specification against the Maven repositories (network)."""
    spec = EnvironmentSpec.load(SPEC)
    jars = jgo.resolve("+".join(spec.coordinates))
    return LockFile(
        [_locked(jar) for jar in sorted(jars, key=str)],
        environment_name=spec.name,
        spec_hash=compute_spec_hash(SPEC),
        jgo_version=version("jgo"),
    )


def _locked(jar: Artifact) -> LockedDependency:
    return LockedDependency(
        jar.groupId,
        jar.artifactId,
        jar.version,
        jar.packaging,
        jar.classifier or None,
        sha256=hashlib.sha256(jar.resolve().read_bytes()).hexdigest(),
    )


if __name__ == "__main__":
    resolve().save(LOCK)
