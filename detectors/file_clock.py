"""The clock of `replay` and `publish`: it follows the event times of a file and never goes back."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NamedTuple, Protocol, TypeVar

from schemas.instant import Micros


class Arrival(Protocol):
    """What the clock needs to know of a record (schemas.decode.Record has it)."""

    @property
    def ts(self) -> Micros: ...
    @property
    def dealer(self) -> str: ...
    @property
    def order(self) -> int: ...  # identity of the order, 0 where the record is none


T = TypeVar("T", bound=Arrival)


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    STRAY = "stray"
    TOO_OLD = "too_old"


class Ruling(NamedTuple, Generic[T]):
    """What became of one record. Rulings come in the order in which they take effect."""

    record: T
    verdict: Verdict
    before: Micros  # the clock when it was ruled
    after: Micros  # the clock then; differs only where the record was accepted


class FileClock(Generic[T]):
    """FileClock(tick_us, lateness_us, late_limit_us, now=None)."""

    def feed(self, record: T) -> list[Ruling[T]]: ...
    def end(self) -> list[Ruling[T]]: ...
