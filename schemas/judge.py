"""The reference: whether one record is an event, and if not, why not.

The first fault in the order of `Reason` counts, and of several faults of one kind the first field in
the order of the model. What belongs where, beyond the contract's own words:

* `currency` that is a text but not three letters A to Z is `out_of_range`; a number there `bad_type`.
* A number too large to read (1e999, an integer of 5,000 digits) is infinite: `out_of_range` where a
  number is wanted, `bad_type` where a text is, and ignored in an unknown field.
* Half a surrogate pair (a JSON escape that no UTF-8 can hold) is `out_of_range` in a known text field.
* A file line of unknown `type` is `bad_type`: nobody can say which other fields it should have.
* Nesting deeper than DEEPEST is `not_json`, however deep the machine could go.
* A record of Kafka without a value (a tombstone) is `not_json`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np
from pydantic import ValidationError

from schemas.batch import Source
from schemas.dead_letter import Reason, Refusal
from schemas.events import MODELS, SOURCES, Complaint, Order, Return
from schemas.show import shown

LARGEST = 64 * 1024  # bytes of a record
DEEPEST = 100  # objects and lists inside each other; Python gives up at about 1,000


def judge(raw: bytes, source: Source | None) -> Order | Complaint | Return | Refusal:
    """The event in raw, or why there is none. Never raises.

    source is the topic's, or None for a line of a file, which must say its type itself.
    """
    raise NotImplementedError
