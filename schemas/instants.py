"""Many event times at once, equal to `parse_instant` of each (0.3 µs instead of 1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.instant import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, parse_instant, parse_rest

_WHOLE = 19  # characters of 2024-05-31T23:59:59
_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
_rest = lru_cache(4096)(parse_rest)  # room for all milliseconds and offsets: 0.5 MB
_SIGNS = {4: b"-", 7: b"-", 10: b"Tt", 13: b":", 16: b":"}


def parse_instants(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(n,) microseconds, and (n,) whether the text is RFC 3339; microseconds are 0 where not."""
    wholes = "".join([text[:_WHOLE] for text in texts])
    if len(wholes) != _WHOLE * len(texts) or not wholes.isascii():
        return _one_by_one(texts)
    written = np.frombuffer(wholes.encode(), np.uint8).reshape(-1, _WHOLE)
    ts, good = _wholes(written)
    rests, readable = _rests(texts)
    ts += rests
    good &= readable & (ts >= FIRST) & (ts <= LAST)
    return np.where(good, ts, 0), good


def _one_by_one(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    ts = np.zeros(len(texts), np.int64)
    good = np.zeros(len(texts), np.bool_)
    for row, text in enumerate(texts):
        with suppress(ValueError):
            ts[row], good[row] = parse_instant(text), True
    return ts, good


def _rests(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Fraction and offset of each text, in microseconds."""
    rests = [_rest(text[_WHOLE:]) for text in texts]
    readable = np.array([rest is not None for rest in rests], np.bool_)
    return np.array([rest or 0 for rest in rests], np.int64), readable


def _wholes(written: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Date and time to the second of written: (n, 19) ASCII; microseconds and whether it exists."""
    figures = written[:, _DIGITS] - np.uint8(ord("0"))  # wraps around below "0"
    good = (figures <= 9).all(axis=1)
    for column, signs in _SIGNS.items():
        good &= np.isin(written[:, column], np.frombuffer(signs, np.uint8))
    tens = figures.astype(np.int64)
    pairs = tens[:, 0::2] * 10 + tens[:, 1::2]
    century, year, month, day, hour, minute, second = pairs.T
    year = century * 100 + year
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[D]").astype(np.int64)
    good &= (year >= 1) & (month >= 1) & (month <= 12)
    good &= (day >= 1) & (day <= following - first)
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    days = first + day - 1
    return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND, good
