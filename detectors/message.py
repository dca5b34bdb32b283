"""The two sentences of an alert, for a person who has ten seconds and no link.

Who and what first, then observed against expected in which window, since when, how much money, how
unlikely, who else. Plain words, no severity, at most 400 characters: what weighs least is left out
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detectors import chinese, english
from schemas.alert import Draft, Message

if TYPE_CHECKING:
    from schemas.instant import Micros


def tell(draft: Draft, opened_at: Micros | None = None) -> Message:
    """Both sentences of one line of an alert; `opened_at` is that of its episode (default: now)."""
    since = draft.at if opened_at is None else opened_at
    return Message(en=english.sentence(draft, since), zh=chinese.sentence(draft, since))
