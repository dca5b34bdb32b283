"""The reference: whether one record is an event, and if not, why not.

The first fault in the order of `Reason` counts, and of several faults of one kind the first field
in the order of the model. What belongs where, beyond the contract's own words:

* `currency` that is a text but not three letters A to Z is `out_of_range`; a number is `bad_type`.
* A number too large to read (1e999, an integer of 5,000 digits) is infinite: `out_of_range` where a
  number is wanted, `bad_type` where a text is, and ignored in an unknown field.
* Half a surrogate pair (a JSON escape that UTF-8 cannot hold) is `out_of_range` in a known field.
* An empty text is a value: `out_of_range` where at least one character is wanted, else accepted.
* A file line of unknown `type` is `bad_type`: nobody can say which other fields it should have.
* Nesting deeper than DEEPEST is `not_json`, so that the answer does not depend on the machine.
* A record of Kafka without a value (a tombstone) is `not_json`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.batch import Source
from schemas.dead_letter import MOST_KEPT, Reason, Refusal
from schemas.events import MODELS, SOURCES, Complaint, Order, Return
from schemas.quoting import quoted, sentence

LARGEST = 64 * 1024  # bytes of a record
DEEPEST = 500  # lists and objects inside each other; Python itself gives up near 1,000

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OUT_OF_RANGE = {
    "greater_than",
    "greater_than_equal",
    "less_than_equal",
    "string_pattern_mismatch",
    "string_too_long",
    "string_too_short",
    "string_unicode",
}
_ORDER = list(Reason)
_NO_TOMBSTONES = Refusal(
    Reason.NOT_JSON, "the record has no value (a tombstone); needed is one JSON object"
)


def judge(raw: bytes | None, source: Source | None) -> Order | Complaint | Return | Refusal:
    """The event in raw, or why there is none. Never raises.

    source is the topic's, or None for a line of a file, which must say its type itself.
    """
    if raw is None:
        return _NO_TOMBSTONES
    if len(raw) > LARGEST:
        return _too_large(len(raw))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return Refusal(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8 ({error.reason})")
    value = _read(text)
    if isinstance(value, Refusal):
        return value
    if not isinstance(value, dict):
        return Refusal(
            Reason.NOT_AN_OBJECT, f"the record is {quoted(value)}; needed is one JSON object"
        )
    return _event(value, source)


def _too_large(size: int) -> Refusal:
    found = f"{size:,}" if size <= MOST_KEPT else f"more than {MOST_KEPT:,}"
    return Refusal(
        Reason.TOO_LARGE, f"the record has {found} bytes; allowed are at most {LARGEST:,}"
    )


def _read(text: str) -> Any:
    """The JSON value of a text, its numbers as floats; or a Refusal."""
    if _deeper_than_allowed(text):
        return Refusal(
            Reason.NOT_JSON, f"the record is nested too deep; allowed are {DEEPEST} levels"
        )
    try:
        return json.loads(text, parse_int=float, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return Refusal(Reason.NOT_JSON, f"the record is not JSON: {error}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _deeper_than_allowed(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    marks = np.frombuffer(_STRING.sub("", text).encode(), np.uint8)
    opened = (marks == ord("[")) | (marks == ord("{"))
    closed = (marks == ord("]")) | (marks == ord("}"))
    depth = np.cumsum(opened.astype(np.int32) - closed)
    return bool(depth.max(initial=0) > DEEPEST)


def _event(fields: dict[str, Any], source: Source | None) -> Order | Complaint | Return | Refusal:
    known = {name: value for name, value in fields.items() if value is not None}
    named = source or _source_named(known)
    if isinstance(named, Refusal):
        return named
    try:
        return MODELS[named].model_validate(known)
    except ValidationError as error:
        return _worst(error.errors(include_url=False), named)


def _source_named(fields: dict[str, Any]) -> Source | Refusal:
    """The source a file line belongs to by its type."""
    if "type" not in fields:
        return Refusal(
            Reason.MISSING_FIELD, "type is missing; needed in files is order, complaint or return"
        )
    kind = fields["type"]
    if not isinstance(kind, str) or kind not in SOURCES:
        return Refusal(
            Reason.BAD_TYPE, f"type is {quoted(kind)}; allowed are order, complaint and return"
        )
    return SOURCES[kind]


def _worst(faults: list[ErrorDetails], source: Source) -> Refusal:
    fault = min(faults, key=lambda one: _ORDER.index(_reason(one)))
    return Refusal(_reason(fault), sentence(fault, MODELS[source]))


def _reason(fault: ErrorDetails) -> Reason:
    if fault["type"] == "missing":
        return Reason.MISSING_FIELD
    return Reason.OUT_OF_RANGE if fault["type"] in _OUT_OF_RANGE else Reason.BAD_TYPE
