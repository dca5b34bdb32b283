"""Values of others as they are shown in our sentences: short, printable, one line."""

from __future__ import annotations

import math

from pydantic import BaseModel
from pydantic_core import ErrorDetails

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


def sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    """A fault that a model found: which field, what was found, what its description allows."""
    field = str(fault["loc"][0])
    allowed = " ".join((model.model_fields[field].description or "").split()).rstrip(".")
    if fault["type"] == "missing":
        return f"{field} is missing; needed: {allowed}"
    return f"{field} is {quoted(fault['input'])}; allowed: {allowed}"
