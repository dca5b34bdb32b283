"""The words of JSON inside a buffer, as far as they are usual; compiled.

Each function takes the place where a word begins and returns the place behind it, or UNUSUAL: then
somebody slower has to look at the record.

    text       characters of well-formed UTF-8 up to the closing quote; no escapes, no controls
    number     digits, then perhaps a point and digits: at most 15 of them, no sign, no exponent
    instant    RFC 3339 in the years 2 to 9998, to any fraction of a second
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled
from schemas.instant import DAY, HOUR, MINUTE, SECOND

Bytes = NDArray[np.uint8]

UNUSUAL: Final = -1
MOST_DIGITS: Final = 15  # below 2**53: mantissa and power of ten are exact, so one rounding is all
_POWERS: Final = 10.0 ** np.arange(MOST_DIGITS + 1)
_MICRO_DIGITS: Final = 6  # what follows them in a fraction is cut off
_QUOTE, _BACKSLASH, _SPACE, _DELETE = ord('"'), ord("\\"), ord(" "), 0x7F
_ZERO, _POINT, _COLON, _DASH, _PLUS = ord("0"), ord("."), ord(":"), ord("-"), ord("+")
_MONTHS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])  # days
_BEFORE_MONTH: Final = np.concatenate([[0], np.cumsum(_MONTHS)[:-1]])  # days of a common year
_SHAPE: Final = np.frombuffer(b"0000-00-00T00:00:00", np.uint8)
_EPOCH: Final = 719_162  # days from 0001-01-01 to 1970-01-01


def _is_plain() -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[_SPACE:_DELETE] = True
    table[[_QUOTE, _BACKSLASH]] = False
    return table


_PLAIN: Final = _is_plain()
"""(256,) ASCII characters that stand for themselves in a text."""


@compiled
def after_space(buffer: Bytes, at: int, end: int) -> int:
    """Where the next word begins."""
    while at < end and (
        buffer[at] == 0x20 or buffer[at] == 0x0A or buffer[at] == 0x0D or buffer[at] == 0x09
    ):
        at += 1
    return at


@compiled
def text_end(buffer: Bytes, at: int, end: int) -> int:
    """Where the closing quote of a text stands whose first character is at `at`."""
    while at < end:
        if _PLAIN[buffer[at]]:
            at += 1
        elif buffer[at] == _QUOTE:
            return at
        else:
            size = _wide_character(buffer, at, end)
            if size == 0:
                return UNUSUAL
            at += size
    return UNUSUAL


@compiled
def _wide_character(buffer: Bytes, at: int, end: int) -> int:
    """Bytes of a character beyond ASCII (Unicode, table 3-7); 0 for U+0080 to 9F and no UTF-8."""
    lead = buffer[at]
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC2 or lead > 0xF4 or at + size > end:
        return 0
    low, high = 0x80, 0xBF
    if lead in (0xC2, 0xE0):  # controls; too long a form
        low = 0xA0
    elif lead == 0xED:  # halves of a pair
        high = 0x9F
    elif lead == 0xF0:
        low = 0x90
    elif lead == 0xF4:  # beyond U+10FFFF
        high = 0x8F
    if buffer[at + 1] < low or buffer[at + 1] > high:
        return 0
    for place in range(at + 2, at + size):
        if buffer[place] & 0xC0 != 0x80:
            return 0
    return size


@compiled
def number(buffer: Bytes, at: int, end: int) -> tuple[float, int]:
    """The number whose first digit is at `at`, and the place behind it."""
    mantissa, digits, decimals = 0, 0, 0
    start = at
    while at < end and is_digit(buffer[at]):
        mantissa = mantissa * 10 + (buffer[at] - _ZERO)
        at += 1
        if at - start > MOST_DIGITS:
            return 0.0, UNUSUAL
    digits = at - start
    if digits == 0 or (digits > 1 and buffer[start] == _ZERO):
        return 0.0, UNUSUAL
    if at < end and buffer[at] == _POINT:
        at += 1
        start = at
        while at < end and is_digit(buffer[at]):
            mantissa = mantissa * 10 + (buffer[at] - _ZERO)
            at += 1
            if digits + at - start > MOST_DIGITS:
                return 0.0, UNUSUAL
        decimals = at - start
        if decimals == 0:
            return 0.0, UNUSUAL
    return mantissa / _POWERS[decimals], at


@compiled
def is_digit(character: int) -> bool:
    """0 to 9."""
    return _ZERO <= character <= _ZERO + 9


@compiled
def starts_with(buffer: Bytes, at: int, end: int, word: Bytes) -> bool:
    """Whether these bytes come next."""
    if at + len(word) > end:
        return False
    for place in range(len(word)):
        if buffer[at + place] != word[place]:
            return False
    return True


@compiled
def instant(buffer: Bytes, at: int, size: int) -> tuple[int, bool]:
    """Microseconds since 1970 UTC of a whole text, and whether it is usual."""
    if size < 20 or not _is_dated(buffer, at):
        return 0, False
    year, month = _pair(buffer, at) * 100 + _pair(buffer, at + 2), _pair(buffer, at + 5)
    day, hour = _pair(buffer, at + 8), _pair(buffer, at + 11)
    minute, second = _pair(buffer, at + 14), _pair(buffer, at + 17)
    if not (2 <= year <= 9998 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return 0, False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day < 1 or day > _MONTHS[month - 1] + (leap and month == 2):
        return 0, False
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - _EPOCH
    days += _BEFORE_MONTH[month - 1] + (leap and month > 2) + day - 1
    beyond, usual = _rest(buffer, at + 19, at + size)
    return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + beyond, usual


@compiled
def _is_dated(buffer: Bytes, at: int) -> bool:
    """Whether 19 characters look like 2024-05-31T23:59:59."""
    for place in range(len(_SHAPE)):
        character, wanted = buffer[at + place], _SHAPE[place]
        if wanted == _ZERO:
            good = is_digit(character)
        else:
            good = character == wanted or (place == 10 and character == wanted | 0x20)
        if not good:
            return False
    return True


@compiled
def _rest(buffer: Bytes, at: int, end: int) -> tuple[int, bool]:
    """Fraction and offset in microseconds to add, and whether they are usual."""
    micros, digits = 0, 0
    if buffer[at] == _POINT:
        at += 1
        while at < end and is_digit(buffer[at]):
            if digits < _MICRO_DIGITS:
                micros = micros * 10 + (buffer[at] - _ZERO)
            digits += 1
            at += 1
        if digits == 0:
            return 0, False
        for _ in range(digits, _MICRO_DIGITS):
            micros *= 10
    if end - at == 1:
        return micros, buffer[at] | 0x20 == 0x7A  # Z or z
    offset, usual = _offset(buffer, at, end)
    return micros - offset, usual


@compiled
def _offset(buffer: Bytes, at: int, end: int) -> tuple[int, bool]:
    """+02:00 in microseconds, and whether it is that."""
    if end - at != 6 or buffer[at + 3] != _COLON:
        return 0, False
    for place in (1, 2, 4, 5):
        if not is_digit(buffer[at + place]):
            return 0, False
    hours, minutes = _pair(buffer, at + 1), _pair(buffer, at + 4)
    ahead = hours * HOUR + minutes * MINUTE
    usual = hours < 24 and minutes < 60
    if buffer[at] == _DASH:
        return -ahead, usual
    return ahead, usual and buffer[at] == _PLUS


@compiled
def _pair(buffer: Bytes, at: int) -> int:
    """Two digits."""
    return int(buffer[at] - _ZERO) * 10 + int(buffer[at + 1] - _ZERO)
