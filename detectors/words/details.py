"""What a sentence says that no field of the alert holds."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.alert import Unit


class Details(NamedTuple):
    """Beside the line of an alert."""

    named: tuple[str, ...] = ()  # ids of issues, the oldest first
    measures: tuple[tuple[Unit, float], ...] = ()  # what an unusual pattern is made of, to usual
    detector: tuple[str, Unit] | None = None  # a plugged one that has found it, and in what


NONE: Final = Details()
