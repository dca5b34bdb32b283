"""One pass from the bytes of many records to columns, for records of the usual shape.

    record  =  space "{" space member *( space "," space member ) space "}" space
    member  =  text space ":" space ( text | number | "true" | "false" | "null" )

with the words of schemas.scanning.tokens, each field of ours at most once, and values that the kind
of event surely takes (schemas.scanning.fields). Everything else (escapes, nesting, an exponent, a
doubled key, a wrong type …) is left to the slower readers, record by record: `usual` is False
there. So this scanner never refuses anything, and what it accepts the reference accepts with the
same values (a property test holds them equal).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled
from schemas.events import MOST
from schemas.scanning.fields import (
    ABSENT,
    ALLOWED,
    ANYTHING,
    CURRENCY,
    DEALER,
    DUE,
    EVENT,
    FALSE,
    LONGEST,
    NAMES,
    NUMBER,
    ORDER,
    PRICE,
    PROMO,
    QUANTITY,
    SHORTEST,
    STATUS,
    TEXT,
    TEXTS,
    TRUE,
    TS,
    TYPE,
    field_of,
)  # fmt: skip
from schemas.scanning.hashing import xxh64
from schemas.scanning.tokens import (
    UNUSUAL,
    Bytes,
    after_space,
    instant,
    is_digit,
    number,
    starts_with,
    text_end,
)

LARGEST: Final = 64 * 1024  # bytes of a record
ANY_KIND: Final = -1  # the record says itself what it is
NO_INSTANT: Final = np.iinfo(np.int64).min
NO_TEXT: Final = np.uint64(0xEF46DB3751D8E999)  # identity of the empty text: absent
_NAMED_LIKE_NOTHING: Final = np.uint64(1)  # an order whose hash is really 0: 0 names no order

_TRUE, _FALSE, _NULL, _RESOLVED, _OPENED = (
    np.frombuffer(word, np.uint8) for word in (b"true", b"false", b"null", b"resolved", b"opened")
)
_TYPES: Final = np.frombuffer(b"ordercomplaintreturn", np.uint8)
_TYPE_ENDS: Final = (5, 14, 20)
_QUOTE, _COLON, _COMMA, _OPEN, _CLOSE = ord('"'), ord(":"), ord(","), ord("{"), ord("}")


# rows of the columns below
IS_USUAL, IS_PROMO, IS_RESOLVED = range(3)
AT, DUE_AT, KIND = range(3)
QUANTITY_OF, PRICE_OF = range(2)
EVENT_OF, ORDER_OF = TEXTS, TEXTS + 1


class Columns(NamedTuple):
    """What records say, by their place in the input. Few arrays, so that passing them is cheap."""

    flag: NDArray[
        np.bool_
    ]  # (IS_USUAL, IS_PROMO, IS_RESOLVED; n) where not usual, all else means nothing
    whole: NDArray[np.int64]  # (AT, DUE_AT, KIND; n) microseconds since 1970 UTC, place in Source
    amount: NDArray[np.float64]  # (QUANTITY_OF, PRICE_OF; n) nan where absent
    start: NDArray[np.int32]  # (TEXTS, n) where the text begins in the buffer
    size: NDArray[np.int32]  # (TEXTS, n) bytes; 0 = absent
    identity: NDArray[np.uint64]  # (TEXTS, EVENT_OF, ORDER_OF; n) xxh64; order 0 = names none


def blank(n: int) -> Columns:
    """Columns for n records, none of them scanned yet."""
    columns = Columns(
        flag=np.zeros((3, n), np.bool_),
        whole=np.zeros((3, n), np.int64),
        amount=np.full((2, n), np.nan),
        start=np.zeros((TEXTS, n), np.int32),
        size=np.zeros((TEXTS, n), np.int32),
        identity=np.full((TEXTS + 2, n), NO_TEXT),
    )
    columns.whole[DUE_AT] = NO_INSTANT
    columns.identity[ORDER_OF] = 0
    return columns


# rows of the members of one record, by field
_WHAT, _START, _SIZE = range(3)
Members = NDArray[np.int64]  # (_WHAT, _START, _SIZE; fields) ABSENT …; of a text; of a text, bytes
Values = NDArray[np.float64]  # (fields,) of a number


@compiled
def scan(buffer: Bytes, ends: NDArray[np.int64], kind: int, columns: Columns) -> None:
    """Fill the columns of records that follow each other in the buffer, each up to its end.

    kind: the number of their source, or ANY_KIND for lines that say their type.
    """
    flag, whole, amount, start, size, identity = columns
    members, values = np.zeros((3, len(NAMES)), np.int64), np.zeros(len(NAMES))
    at = 0
    for row in range(len(ends)):
        end = ends[row]
        if end - at <= LARGEST and _read(buffer, at, end, members, values):
            own = _kind(buffer, members) if kind == ANY_KIND else kind
            if own != ANY_KIND and _is_allowed(buffer, members, own):
                whole[KIND, row] = own
                flag[IS_USUAL, row] = _enter_numbers(
                    buffer, members, values, own, flag, whole, amount, row
                ) and _enter_texts(buffer, members, own, start, size, identity, row)
        at = end


@compiled
def _read(buffer: Bytes, at: int, end: int, members: Members, values: Values) -> bool:
    """Take a record apart; False where it is not usual."""
    members[_WHAT] = ABSENT
    seen = 0
    at = after_space(buffer, at, end)
    if at == end or buffer[at] != _OPEN:
        return False
    while True:
        field, at = _name(buffer, after_space(buffer, at + 1, end), end)
        if at == UNUSUAL or (field >= 0 and seen >> field & 1):
            return False
        at = _value(buffer, at, end, members, values, field)
        if at == UNUSUAL:
            return False
        at = after_space(buffer, at, end)
        if at == end:
            return False
        if buffer[at] != _COMMA:
            return buffer[at] == _CLOSE and after_space(buffer, at + 1, end) == end
        if field >= 0:
            seen |= 1 << field


@compiled
def _name(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    """The field that is named here, and the place of its value or UNUSUAL."""
    if at == end or buffer[at] != _QUOTE:
        return 0, UNUSUAL
    start, stop = at + 1, text_end(buffer, at + 1, end)
    if stop == UNUSUAL:
        return 0, UNUSUAL
    at = after_space(buffer, stop + 1, end)
    if at == end or buffer[at] != _COLON:
        return 0, UNUSUAL
    return field_of(buffer, start, stop), after_space(buffer, at + 1, end)


@compiled
def _value(buffer: Bytes, at: int, end: int, members: Members, values: Values, field: int) -> int:
    """Note the value of a field (UNKNOWN: of none); the place behind it, or UNUSUAL."""
    if at == end:
        return UNUSUAL
    what, start, size, value = ABSENT, 0, 0, 0.0
    if buffer[at] == _QUOTE:
        start = at + 1
        at = text_end(buffer, start, end)
        if at == UNUSUAL:
            return UNUSUAL
        what, size = TEXT, at - start
        at += 1
    elif is_digit(buffer[at]):
        what = NUMBER
        value, at = number(buffer, at, end)
    elif starts_with(buffer, at, end, _TRUE):
        what = TRUE
        at += 4
    elif starts_with(buffer, at, end, _FALSE):
        what = FALSE
        at += 5
    elif starts_with(buffer, at, end, _NULL):
        at += 4
    else:
        return UNUSUAL
    if field >= 0:
        members[_WHAT, field] = what
        members[_START, field], members[_SIZE, field] = start, size
        values[field] = value
    return at


@compiled
def _kind(buffer: Bytes, members: Members) -> int:
    """What a record says it is; ANY_KIND where it does not, or says something unusual."""
    if members[_WHAT, TYPE] == TEXT:
        for kind in range(len(_TYPE_ENDS)):
            if _is_type(buffer, members, kind):
                return kind
    return ANY_KIND


@compiled
def _is_type(buffer: Bytes, members: Members, kind: int) -> bool:
    start = 0 if kind == 0 else _TYPE_ENDS[kind - 1]
    return _is(buffer, members, TYPE, _TYPES[start : _TYPE_ENDS[kind]])


@compiled
def _is(buffer: Bytes, members: Members, field: int, word: Bytes) -> bool:
    """Whether the text of a field is this word."""
    start, size = members[_START, field], members[_SIZE, field]
    return size == len(word) and starts_with(buffer, start, start + size, word)


@compiled
def _is_allowed(buffer: Bytes, members: Members, kind: int) -> bool:
    """Whether this kind of event surely takes these values, as far as texts can say."""
    for field in range(len(NAMES)):
        allowed, what = ALLOWED[kind, field], members[_WHAT, field]
        if not allowed >> what & 1:
            return False
        if what == TEXT and allowed != ANYTHING:
            size = members[_SIZE, field]
            if size < SHORTEST[field] or size > LONGEST[field]:
                return False
    if members[_WHAT, TYPE] == TEXT and not _is_type(buffer, members, kind):
        return False
    return members[_WHAT, CURRENCY] != TEXT or _is_code(
        buffer, members[_START, CURRENCY], members[_SIZE, CURRENCY]
    )


@compiled
def _is_code(buffer: Bytes, at: int, size: int) -> bool:
    """Three letters A to Z."""
    if size != 3:
        return False
    for place in range(at, at + 3):
        if buffer[place] < 0x41 or buffer[place] > 0x5A:
            return False
    return True


@compiled
def _enter_numbers(
    buffer: Bytes, members: Members, values: Values, kind: int, flag: NDArray[np.bool_],
    whole: NDArray[np.int64], amount: NDArray[np.float64], row: int,
) -> bool:  # fmt: skip
    """Times, amounts and flags of one row; False where one is not usual."""
    whole[AT, row], good = instant(buffer, members[_START, TS], members[_SIZE, TS])
    if not good:
        return False
    if kind == 1:
        return _enter_issue(buffer, members, flag, whole, row)
    if values[QUANTITY] <= 0 or values[QUANTITY] > MOST:
        return False
    amount[QUANTITY_OF, row] = values[QUANTITY]
    if members[_WHAT, PRICE] == NUMBER:
        if values[PRICE] > MOST:
            return False
        amount[PRICE_OF, row] = values[PRICE]
    flag[IS_PROMO, row] = kind == 0 and members[_WHAT, PROMO] == TRUE
    return True


@compiled
def _enter_issue(
    buffer: Bytes, members: Members, flag: NDArray[np.bool_], whole: NDArray[np.int64], row: int
) -> bool:
    """What a complaint says of its issue; False where that is not usual."""
    if members[_WHAT, STATUS] == TEXT:
        flag[IS_RESOLVED, row] = _is(buffer, members, STATUS, _RESOLVED)
        if not flag[IS_RESOLVED, row] and not _is(buffer, members, STATUS, _OPENED):
            return False
    if members[_WHAT, DUE] == TEXT:
        whole[DUE_AT, row], good = instant(buffer, members[_START, DUE], members[_SIZE, DUE])
        return good
    return True


@compiled
def _enter_texts(
    buffer: Bytes, members: Members, kind: int, start: NDArray[np.int32], size: NDArray[np.int32],
    identity: NDArray[np.uint64], row: int,
) -> bool:  # fmt: skip
    """Texts and identities of one row; always True."""
    none = np.uint64(0)
    for text in range(TEXTS):
        if members[_WHAT, text] == TEXT and ALLOWED[kind, text] != ANYTHING:
            begin, length = members[_START, text], members[_SIZE, text]
            start[text, row], size[text, row] = begin, length
            identity[text, row] = xxh64(buffer, begin, length, none)
    identity[EVENT_OF, row] = xxh64(buffer, members[_START, EVENT], members[_SIZE, EVENT], none)
    if members[_WHAT, ORDER] == TEXT and members[_SIZE, ORDER] > 0:
        dealer = identity[DEALER, row]
        named = xxh64(buffer, members[_START, ORDER], members[_SIZE, ORDER], dealer)
        identity[ORDER_OF, row] = named if named != none else _NAMED_LIKE_NOTHING
    return True
