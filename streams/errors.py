"""The two ways a command ends badly, told apart by exit code (design: command line)."""

from __future__ import annotations

# the cure where nobody answers
NO_KAFKA = "start it (`dealerwatch broker` for a first look), or set `broker` to where it is"


class UsageError(Exception):
    """What was asked cannot be done as asked: exit code 2.

    The text names the setting or argument, the value, and what is allowed.
    """


class OperationError(Exception):
    """What was asked could not be done: exit code 1. The text says why, and the cure if known."""
