"""What the scanner knows of the fields of our events, as tables for compiled code.

`schemas.events` says what the contract is; here stands which JSON values each kind of event surely
takes for a field. What is not in these tables is not wrong, only unusual.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.compiled import compiled
from schemas.events import LONGEST_NAME, LONGEST_REASON

# Texts that reach the columns come first: their place here is their row there.
NAMES: Final = (
    *("dealer_id", "sku", "currency", "region", "tier", "category", "issue_id"),
    *("event_id", "order_id", "type", "ts", "quantity", "unit_price", "promo"),
    *("status", "due", "reason"),
)
(
    DEALER, SKU, CURRENCY, REGION, TIER, CATEGORY, ISSUE,
    EVENT, ORDER, TYPE, TS, QUANTITY, PRICE, PROMO,
    STATUS, DUE, REASON,
) = range(len(NAMES))  # fmt: skip
TEXTS: Final = 7  # dealer_id to issue_id
UNKNOWN: Final = -1

ABSENT, TEXT, NUMBER, TRUE, FALSE = range(5)
"""What a value is; null is absent."""
ANYTHING: Final = 0b11111  # for fields that a kind of event does not have
_ALWAYS: Final = {"event_id": (TEXT,), "ts": (TEXT,), "dealer_id": (TEXT,)} | dict.fromkeys(
    ("type", "currency", "order_id", "region", "tier"), (ABSENT, TEXT)
)
_KINDS: Final[tuple[dict[str, tuple[int, ...]], ...]] = (
    {  # orders
        "sku": (TEXT,),
        "quantity": (NUMBER,),
        "unit_price": (NUMBER,),
        "promo": (ABSENT, TRUE, FALSE),
    },
    dict.fromkeys(("sku", "category", "issue_id", "status", "due"), (ABSENT, TEXT)),  # complaints
    {  # returns
        "sku": (ABSENT, TEXT),
        "quantity": (NUMBER,),
        "unit_price": (ABSENT, NUMBER),
        "reason": (ABSENT, TEXT),
    },
)


def _allowed() -> NDArray[np.uint8]:
    table = np.full((len(_KINDS), len(NAMES)), ANYTHING, np.uint8)
    for kind, own in enumerate(_KINDS):
        for name, values in (_ALWAYS | own).items():
            table[kind, NAMES.index(name)] = sum(1 << value for value in values)
    return table


ALLOWED: Final = _allowed()
"""(kinds, fields) a bit for each value that is allowed."""
SHORTEST: Final = np.array([name in {"event_id", "dealer_id", "sku"} for name in NAMES], np.int64)
"""(fields,) bytes of a text."""
LONGEST: Final = np.array(
    [LONGEST_REASON if name == "reason" else LONGEST_NAME for name in NAMES], np.int64
)
"""(fields,) bytes of a text; what has no more bytes has no more characters either."""

SLOTS: Final = 32


def slot(first: int, middle: int, last: int) -> int:
    """Where a name is looked for by three of its characters; found by trial, no two of ours share.

    >>> len({slot(ord(n[0]), ord(n[len(n) // 2]), ord(n[-1])) for n in NAMES}) == len(NAMES)
    True
    """
    return (4 * first + 2 * middle + last) % SLOTS


_slot = compiled(slot)


def _by_slot() -> NDArray[np.int64]:
    table = np.full(SLOTS, UNKNOWN, np.int64)
    for field, name in enumerate(NAMES):
        table[slot(ord(name[0]), ord(name[len(name) // 2]), ord(name[-1]))] = field
    return table


_BY_SLOT: Final = _by_slot()
_SIZES: Final = np.array([len(name) for name in NAMES], np.int64)
_LETTERS: Final = np.array(NAMES, "S16").view(np.uint8).reshape(len(NAMES), 16)


@compiled
def field_of(buffer: NDArray[np.uint8], start: int, stop: int) -> int:
    """The field of this name, or UNKNOWN."""
    size = stop - start
    if size == 0:
        return UNKNOWN
    found = _BY_SLOT[_slot(buffer[start], buffer[start + size // 2], buffer[stop - 1])]
    if found == UNKNOWN or _SIZES[found] != size:
        return UNKNOWN
    for place in range(size):
        if buffer[start + place] != _LETTERS[found, place]:
            return UNKNOWN
    return int(found)
