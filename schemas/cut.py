"""Cuts: records of the topic `ticks`, one sequence per partition.

A cut names the end position of every source log of one partition at one moment. State advances from
cut to cut; every tick of event time is closed by a cut of its own. Numbers of cuts and of ticks are
dense in each partition, the first cut has number 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from schemas.batch import Source
from schemas.instant import Micros, format_instant, parse_instant


@dataclass(frozen=True, slots=True)
class Cut:
    """One moment in the logs of one partition."""

    number: int
    at: Micros  # the clock: what is ahead of it lies in the future
    tick: int | None  # closed by this cut
    ends: Mapping[Source, int] = field(default_factory=lambda: dict.fromkeys(Source, 0))
    last: bool = False  # of the files that were played


class _Written(msgspec.Struct, omit_defaults=True):
    cut: int
    at: str
    tick: int | None
    ends: dict[Source, int]
    last: bool = False


_read = msgspec.json.Decoder(_Written).decode
_write = msgspec.json.Encoder().encode


def encode(cut: Cut) -> bytes:
    """The value of its record.

    >>> encode(Cut(7, 0, tick=None, ends={Source.ORDERS: 3}))
    b'{"cut":7,"at":"1970-01-01T00:00:00Z","tick":null,"ends":{"orders":3}}'
    """
    at = format_instant(cut.at)
    return _write(_Written(cut.number, at, cut.tick, dict(cut.ends), cut.last))


def decode(data: bytes) -> Cut:
    """The cut in a record's value; ValueError (msgspec.ValidationError is one) otherwise."""
    cut = _read(data)
    return Cut(cut.cut, parse_instant(cut.at), cut.tick, cut.ends, cut.last)


class BrokenSequenceError(Exception):
    """A cut or a tick is missing: what follows cannot be judged. Were records of `ticks` lost?"""


class Sequence:
    """What counts of one partition's `ticks`: of several cuts with one number, the first.

    So two clocks do no harm, and a cut that was sent twice is one.
    """

    def __init__(self, cut: int = 0, tick: int | None = None) -> None:
        self.cut = cut  # number of the last one that counts; 0 = none yet
        self.tick = tick  # last one closed; None = none yet

    def accepts(self, cut: Cut) -> bool:
        """True when this is the next cut, False when it repeats one. Raises BrokenSequenceError."""
        if cut.number <= self.cut:
            return False
        if cut.number != self.cut + 1:
            raise BrokenSequenceError(f"cut {cut.number} follows cut {self.cut}")
        if cut.tick is not None:
            if self.tick is not None and cut.tick != self.tick + 1:
                raise BrokenSequenceError(f"cut {cut.number}: tick {cut.tick} follows {self.tick}")
            self.tick = cut.tick
        self.cut = cut.number
        return True
