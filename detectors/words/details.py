"""What a sentence says that no field of the alert holds."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.alert import Unit


class Back(NamedTuple):
    """Goods that have come back of late: one document may be a whole order, or a trifle."""

    orders: float  # of the dealer's usual size
    value: float | None
    currency: str | None


class Details(NamedTuple):
    """Beside the line of an alert."""

    named: tuple[str, ...] = ()  # ids of issues, the oldest first
    measures: tuple[tuple[Unit, float], ...] = ()  # what an unusual pattern is made of, to usual
    detector: tuple[str, Unit] | None = None  # a plugged one that has found it, and in what
    back: Back | None = None  # what a count of returns does not tell


NONE: Final = Details()
