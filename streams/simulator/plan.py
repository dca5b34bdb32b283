"""How much of what goes wrong: the usual mix of a channel, and a dense one to measure with."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.alert import Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One sort of incident of single dealers."""

    kind: Kind
    size: float  # share that is lost, or factor of a spike
    lasts: tuple[int, int]  # days, least and most
    per_100: float  # incidents per 100 dealers
    least_rate: float  # orders a day of the dealers it meets …
    most_rate: float = float("inf")  # … and the rate it stays below
    ramp: float = 0.0  # days until it is full
    regular: bool = False  # meets only dealers that order by the calendar


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted in a channel."""

    rows: tuple[Row, ...]
    shock_every: int = 182  # days between shocks of a region
    own_sales: float = 0.0  # unannounced sales per dealer and year: harmless
    mix_shifts: float = 0.0  # changes to cheaper articles per 100 dealers: harmless


USUAL = Plan(
    (
        Row(Kind.ORDER_VOLUME_DROP, 1.0, (25, 45), 4.0, 0.15),  # silence
        Row(Kind.ORDER_VOLUME_DROP, 0.7, (30, 60), 2.5, 0.4),
        Row(Kind.ORDER_VOLUME_DROP, 0.4, (35, 60), 1.5, 1.5),
        Row(Kind.UNIT_PRICE_DROP, 0.20, (30, 60), 2.0, 0.3),
        Row(Kind.UNIT_PRICE_DROP, 0.08, (30, 60), 1.5, 1.0),
        Row(Kind.COMPLAINT_SPIKE, 6.0, (20, 40), 2.5, 1.5),
        Row(Kind.RETURN_SPIKE, 6.0, (20, 40), 2.5, 1.2),
    )
)

_SIZES = ((0.15, 0.7), (0.7, 3.0), (3.0, 12.0), (12.0, float("inf")))  # orders a day: four bands


def _in_all_sizes(kind: Kind, size: float, lasts: tuple[int, int], share: float) -> tuple[Row, ...]:
    """The same incident as often in each band, so that few large dealers count as many small."""
    return tuple(Row(kind, size, lasts, share, least, most) for least, most in _SIZES)


DENSE = Plan(
    (
        *_in_all_sizes(Kind.ORDER_VOLUME_DROP, 1.0, (21, 45), 2.0),
        *_in_all_sizes(Kind.ORDER_VOLUME_DROP, 0.8, (28, 60), 1.5),
        *_in_all_sizes(Kind.ORDER_VOLUME_DROP, 0.5, (28, 60), 1.5),
        *_in_all_sizes(Kind.ORDER_VOLUME_DROP, 0.3, (28, 60), 1.0),
        Row(Kind.ORDER_VOLUME_DROP, 0.5, (90, 91), 3.0, 0.5, ramp=60.0),  # slow erosion
        Row(Kind.ORDER_VOLUME_DROP, 1.0, (45, 60), 6.0, 0.0, regular=True),
        Row(Kind.UNIT_PRICE_DROP, 0.30, (28, 60), 3.0, 0.2),
        Row(Kind.UNIT_PRICE_DROP, 0.20, (28, 60), 3.0, 0.2),
        Row(Kind.UNIT_PRICE_DROP, 0.10, (28, 60), 3.0, 0.2),
        Row(Kind.UNIT_PRICE_DROP, 0.05, (28, 60), 3.0, 0.2),
        Row(Kind.COMPLAINT_SPIKE, 5.0, (21, 45), 5.0, 1.5),
        Row(Kind.COMPLAINT_SPIKE, 3.0, (21, 45), 5.0, 1.5),
        Row(Kind.RETURN_SPIKE, 5.0, (21, 45), 5.0, 1.2),
        Row(Kind.RETURN_SPIKE, 3.0, (21, 45), 5.0, 1.2),
    ),
    shock_every=75,
    own_sales=1.5,
    mix_shifts=7.0,
)
