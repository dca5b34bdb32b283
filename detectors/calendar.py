"""Known windows weigh evidence; they do not mute it.

Before and after a holiday trade is unsteady too, so windows are widened: a day before, two days
after (a week after long ones). Long holidays widen the variance of the latent intensity, short ones
and promotions discount the evidence; full muting was measured to be worse (shared study of the
field: a dealer that stops in a holiday is found a week later). A window with an expected ratio
multiplies what is expected instead, and what is left of the doubt widens the variance. Nothing seen
in a window teaches the usual level much.

A window concerns the whole market, a country, a region or a dealer. One on an article plans its
prices, as the flag `promo` of a line does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from detectors.local_time import LocalTime, weekday
from detectors.timeline import DAY
from schemas.calendar import CalendarWindow, WindowScope, WindowType

LONG_DAYS: Final = 5
UNSURE: Final = 0.35  # variance of the log-intensity in a long holiday
PLANNED_UNSURE: Final = 0.06  # the same where a ratio is expected: plans err by a quarter
LEAST_RATIO: Final = 0.02  # however closed: somebody orders
_REMEMBERED: Final = 1000  # days; a long run needs only those around now


@dataclass(frozen=True, slots=True)
class DayEffect:
    """What one local day's evidence is worth."""

    weight: float = 1.0  # of the evidence, 0 to 1
    variance: float = 0.0  # added to the variance of the latent log-intensity
    price_weight: float = 1.0  # of the evidence of prices
    planned: bool = False  # inside a window: teaches a quarter
    case_weight: float = 1.0  # of the evidence of complaints and returns, which count per order


PLAIN: Final = DayEffect()


class Span(NamedTuple):
    """A window on the clocks of one zone."""

    window: CalendarWindow
    start: int  # microseconds
    end: int
    first: int  # local days, `last` included
    last: int


Whom = tuple[WindowScope, str | None]


class Today(NamedTuple):
    """What is known of one local day beforehand."""

    effects: dict[Whom, DayEffect]  # of whom a window concerns
    planned: list[Span]  # windows with an expected ratio
    articles: frozenset[str]  # whose prices are planned


class LocalCalendar:
    """The windows that concern dealers of some countries, on the clocks of one zone."""

    def __init__(
        self, windows: Iterable[CalendarWindow], countries: Sequence[str], time: LocalTime
    ) -> None:
        mine = [one for one in windows if one.scope is not WindowScope.COUNTRY
                or one.entity in countries]  # fmt: skip
        self._like = {
            one.start // DAY: one.like_weekday for one in mine if one.like_weekday is not None
        }
        self._spans = [_span(one, time) for one in mine]
        widest = np.array([_widened(span) for span in self._spans], np.int64).reshape(-1, 2)
        self._first, self._last = widest.T
        self._days: dict[int, Today] = {}

    def weekday(self, day: int) -> int:
        """0 = Monday; of a worked day off the weekday it is like."""
        return self._like.get(day, weekday(day))

    def today(self, day: int) -> Today:
        """What concerns a day, counted from 1970-01-01."""
        if day not in self._days:
            if len(self._days) > _REMEMBERED:
                self._days.clear()
            near = np.flatnonzero((self._first <= day) & (day <= self._last))
            self._days[day] = _today([self._spans[k] for k in near.tolist()], day)
        return self._days[day]


def ratios(today: Today, start: int, end: int) -> dict[Whom, float]:
    """What the windows expect of a stretch of time, against usual, for whom."""
    found: dict[Whom, float] = {}
    for span in today.planned:
        overlap = max(min(end, span.end) - max(start, span.start), 0) / (end - start)
        expected = span.window.expected_ratio or 0.0
        ratio = max(1.0 + (expected - 1.0) * overlap, LEAST_RATIO)
        whom = _whom(span.window)
        found[whom] = found.get(whom, 1.0) * ratio
    return found


def joined(effects: Iterable[DayEffect]) -> DayEffect:
    """Of several windows the strongest counts."""
    every = [PLAIN, *effects]
    return DayEffect(
        weight=min(one.weight for one in every),
        variance=max(one.variance for one in every),
        price_weight=min(one.price_weight for one in every),
        case_weight=min(one.case_weight for one in every),
        planned=any(one.planned for one in every),
    )


def _today(spans: Sequence[Span], day: int) -> Today:
    effects: dict[Whom, DayEffect] = {}
    for span in spans:
        whom = _whom(span.window)
        effects[whom] = joined([effects.get(whom, PLAIN), _effect(span, day)])
    inside = [span for span in spans if span.first <= day <= span.last]
    return Today(
        effects=effects,
        planned=[span for span in inside if span.window.expected_ratio is not None],
        articles=frozenset(
            str(one.window.entity) for one in inside if one.window.scope is WindowScope.SKU
        ),
    )


def _whom(window: CalendarWindow) -> Whom:
    """Countries are those of the calendar: what concerns one of them concerns all its dealers."""
    if window.scope is WindowScope.COUNTRY:
        return WindowScope.MARKET, None
    return window.scope, window.entity


def _span(window: CalendarWindow, time: LocalTime) -> Span:
    if window.local:
        start, end = time.moment(window.start), time.moment(window.end)
    else:
        start, end = window.start, window.end
    # a local day that was left out has no length, and still no other day
    return Span(window, start, end, time.day_of(start), time.day_of(max(end - 1, start)))


def _widened(span: Span) -> tuple[int, int]:
    days = span.last - span.first + 1
    if span.window.type is WindowType.WORKDAY:
        return span.first, span.last
    if span.window.type is WindowType.HOLIDAY:
        return span.first - 1, span.last + (7 if days >= 8 else 2)
    return span.first, span.last + 5


def _effect(span: Span, day: int) -> DayEffect:
    kind, inside = span.window.type, span.first <= day <= span.last
    price = 0.5 if kind is WindowType.PROMOTION else 1.0
    if kind is WindowType.WORKDAY:
        return DayEffect(planned=True)
    if inside and span.window.expected_ratio is not None:
        return DayEffect(variance=PLANNED_UNSURE, price_weight=price, planned=True)
    if kind is WindowType.PROMOTION:  # it brings orders and cases in proportion
        return DayEffect(weight=0.5, price_weight=price, planned=True)
    if kind is not WindowType.HOLIDAY:
        return DayEffect(weight=0.5, case_weight=0.5, planned=True)
    if span.last - span.first + 1 >= LONG_DAYS:
        return DayEffect(variance=UNSURE, planned=True)
    return DayEffect(weight=0.35, case_weight=0.35, planned=True)
