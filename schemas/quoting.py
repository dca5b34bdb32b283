"""Values of others as they are shown in our sentences: short, printable, one line."""

from __future__ import annotations

import math

LONGEST_SHOWN = 40  # characters; enough to recognise a value, short enough for a sentence


def quoted(value: object) -> str:
    """What a JSON value is, in words.

    >>> quoted("five"), quoted(5.0), quoted(None), quoted([1])
    ("the text 'five'", 'the number 5', 'null', 'a list')
    """
    if isinstance(value, str):
        return _quoted_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return f"the number {value:.10g}" if math.isfinite(value) else "a number too large to read"
    return {type(None): "null", list: "a list", dict: "an object"}.get(type(value), "a value")


def _quoted_text(text: str) -> str:
    if len(text) <= LONGEST_SHOWN:
        return f"the text {text!r}"  # repr writes what is not printable as an escape
    return f"the text {text[:LONGEST_SHOWN] + '…'!r} ({len(text)} characters)"
