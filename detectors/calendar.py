"""Known windows weigh evidence; they do not mute it.

Before and after a holiday trade is unsteady too, so windows are widened: a day before, two days
after (a week after long ones). Long holidays widen the variance of the latent intensity, short ones
and promotions discount the evidence; full muting was measured to be worse (shared study of the
field: a dealer that stops in a holiday is found a week later). Nothing seen in a window teaches the
usual level much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.timeline import DAY
from schemas.calendar import CalendarWindow

LONG_DAYS = 5


@dataclass(frozen=True, slots=True)
class DayEffect:
    """What one local day's evidence is worth."""

    weight: float = 1.0  # of the evidence, 0 to 1
    variance: float = 0.0  # added to the variance of the latent log-intensity
    planned: bool = False  # inside a window: teaches a quarter


PLAIN = DayEffect()


class Calendar:
    """Effects by local day, from calendar windows that concern the whole market."""

    def __init__(self, windows: Sequence[CalendarWindow]) -> None:
        self._windows = [window for window in windows if window.scope == "market"]
        self._days: dict[int, DayEffect] = {}

    def effect(self, day: int) -> DayEffect:
        """The effect on a day, counted from 1970-01-01."""
        if day not in self._days:
            if len(self._days) > 1000:  # a long run needs only the days around now
                self._days.clear()
            self._days[day] = self._combine(day)
        return self._days[day]

    def _combine(self, day: int) -> DayEffect:
        effects = [e for window in self._windows if (e := _effect(window, day)) is not None]
        if not effects:
            return PLAIN
        return DayEffect(
            weight=min(effect.weight for effect in effects),
            variance=max(effect.variance for effect in effects),
            planned=True,
        )


def _effect(window: CalendarWindow, day: int) -> DayEffect | None:
    start = window.start // DAY
    days = max(1, -(-(window.end - window.start) // DAY))
    if window.type == "holiday":
        before, after = 1, 7 if days >= 8 else 2
    else:
        before, after = 0, 5
    if not start - before <= day < start + days + after:
        return None
    if window.type != "holiday":
        return DayEffect(weight=0.5, planned=True)
    if days >= LONG_DAYS:
        return DayEffect(variance=0.35, planned=True)
    return DayEffect(weight=0.35, planned=True)
