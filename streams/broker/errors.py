"""The one error of the embedded broker."""

from __future__ import annotations

from streams.errors import OperationError


class BrokerError(OperationError):
    """The broker cannot run: what is in the way, and what to do about it."""
