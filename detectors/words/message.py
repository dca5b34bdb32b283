"""The two sentences of an alert, for a person who has ten seconds and no link.

Plain words, no severity, at most 400 characters each. detectors/words/wording.py builds the
sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detectors.words.chinese import Chinese
from detectors.words.details import NONE, Details
from detectors.words.english import English
from schemas.alert import Draft, Message

if TYPE_CHECKING:
    from schemas.instant import Micros

_ENGLISH = English()
_CHINESE = Chinese()


def tell(draft: Draft, opened_at: Micros | None = None, details: Details = NONE) -> Message:
    """Both sentences of one line of an alert.

    opened_at: of its episode (default: now). details: what no field of the line holds.
    """
    since = draft.at if opened_at is None else opened_at
    return Message(
        en=_ENGLISH.sentence(draft, since, details), zh=_CHINESE.sentence(draft, since, details)
    )
