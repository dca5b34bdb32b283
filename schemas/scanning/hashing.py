"""xxh64 of bytes inside a buffer, compiled; the same digest as `xxhash.xxh64_intdigest`.

Algorithm by Yann Collet: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled

_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)
_BYTE: Final = np.uint64(8)  # bits
_STRIPE: Final = 32  # bytes


@compiled
def xxh64(buffer: NDArray[np.uint8], start: int, size: int, seed: np.uint64) -> np.uint64:
    """Digest of buffer[start : start + size]."""
    at, end = start, start + size
    if size >= _STRIPE:
        digest = _stripes(buffer, at, end, seed)
        at += size // _STRIPE * _STRIPE
    else:
        digest = seed + _P5
    digest += np.uint64(size)
    while at + 8 <= end:
        digest = _turned(digest ^ _round(np.uint64(0), _word(buffer, at, 8)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= end:
        digest = _turned(digest ^ (_word(buffer, at, 4) * _P1), 23) * _P2 + _P3
        at += 4
    while at < end:
        digest = _turned(digest ^ (np.uint64(buffer[at]) * _P5), 11) * _P1
        at += 1
    digest = (digest ^ (digest >> np.uint64(33))) * _P2
    digest = (digest ^ (digest >> np.uint64(29))) * _P3
    return digest ^ (digest >> np.uint64(32))


@compiled
def _stripes(buffer: NDArray[np.uint8], at: int, end: int, seed: np.uint64) -> np.uint64:
    """The four lanes of a long text, merged."""
    a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
    while at + _STRIPE <= end:
        a = _round(a, _word(buffer, at, 8))
        b = _round(b, _word(buffer, at + 8, 8))
        c = _round(c, _word(buffer, at + 16, 8))
        d = _round(d, _word(buffer, at + 24, 8))
        at += _STRIPE
    digest = _turned(a, 1) + _turned(b, 7) + _turned(c, 12) + _turned(d, 18)
    for lane in (a, b, c, d):
        digest = (digest ^ _round(np.uint64(0), lane)) * _P1 + _P4
    return digest


@compiled
def _round(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _turned(lane + word * _P2, 31) * _P1


@compiled
def _turned(value: np.uint64, bits: int) -> np.uint64:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@compiled
def _word(buffer: NDArray[np.uint8], at: int, size: int) -> np.uint64:
    """Little-endian."""
    word = np.uint64(0)
    for place in range(size):
        word |= np.uint64(buffer[at + place]) << (np.uint64(place) * _BYTE)
    return word
