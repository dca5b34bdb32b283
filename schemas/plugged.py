"""Detectors of river that a user has plugged in: which, on what, and for whom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PATH = r"^river\.(drift|anomaly)(\.[a-z_0-9]+)*\.[A-Za-z_0-9]+$"
MOST_PLUGGED = 8  # each costs up to 5 kB a dealer it watches
MOST_NAMED = 1_000


class Plugged(BaseModel):
    """One detector of river on a daily series of every dealer, or of some."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    path: Annotated[str, Field(pattern=PATH, max_length=200)]
    """Dotted path of a drift or anomaly detector of river, such as river.drift.PageHinkley."""
    parameters: dict[str, float | int | bool | str | None] = {}
    """Arguments of its constructor. A `seed` that is not given is 1."""
    on: Literal["orders", "price"] = "orders"
    """The daily series it sees, in standard deviations from what was expected."""
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Score from which an anomaly detector raises an alarm; none for drift detectors."""
    dealers: Annotated[tuple[str, ...], Field(max_length=MOST_NAMED)] = ()
    """Ids of the dealers it watches, at most 1,000; empty: every dealer, at up to 5 kB each."""
