"""Numbers, times and names as people read them, the same in every language.

Nothing here rounds for precision: it rounds for reading. `schemas.rounding` is for what
programs read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from schemas.instant import DAY, HOUR, MINUTE, Micros

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHARACTERS = 400
_MOST_NAME = 40  # of a dealer's name; the id is always told whole
_SURE = 0.5  # a chance above this is no news
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quantity(number: float) -> str:
    """A count or an expectation: three digits are enough to judge it by.

    >>> quantity(14.6123), quantity(2.0), quantity(0.3512), quantity(1240.4), quantity(2.04)
    ('14.6', '2', '0.35', '1,240', '2')
    """
    places = 0 if abs(number) >= 100 else 1 if abs(number) >= 1 else 2
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(money: float) -> str:
    """Money without its currency; cents only where they matter.

    >>> amount(1240.56), amount(12.4), amount(7.5)
    ('1,241', '12', '7.50')
    """
    return f"{money:,.0f}" if abs(money) >= 10 else f"{money:,.2f}"


def one_in(chance: float | None) -> int | None:
    """The N of "1 in N" with two digits; None where there is nothing to tell. At most a billion.

    >>> one_in(0.0000247), one_in(0.9), one_in(0.0), one_in(None)
    (40000, None, 1000000000, None)
    """
    if chance is None or chance > _SURE:
        return None
    return round(float(f"{1 / max(chance, 1e-9):.2g}"))


def percent_below(ratio: float) -> str:
    """How far below 1 a ratio is.

    >>> percent_below(0.88), percent_below(0.9951)
    ('12%', '0.5%')
    """
    percent = (1 - ratio) * 100
    return f"{percent:.0f}%" if percent >= 1 else f"{percent:.1f}%"


def change_of(ratio: float | None) -> str:
    """How far a ratio is from 1, to either side.

    >>> change_of(0.48), change_of(2.5), change_of(None)
    ('52%', '150%', '0%')
    """
    return f"{abs(1.0 - (1.0 if ratio is None else ratio)) * 100:,.0f}%"


def span(length: Micros) -> tuple[int, str]:
    """A length of time in the largest unit of which it has at least two, or one exactly.

    >>> span(28 * 86_400_000_000), span(36 * 3_600_000_000), span(90 * 60_000_000)
    ((28, 'day'), (36, 'hour'), (90, 'minute'))
    """
    for unit, name in ((DAY, "day"), (HOUR, "hour")):
        if length == unit or length >= 2 * unit:
            return round(length / unit), name
    return max(1, round(length / MINUTE)), "minute"


def moment(at: Micros) -> datetime:
    """Event time as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def recent(since: Micros, at: Micros) -> bool:
    """Whether the hour of `since` matters to somebody who reads at `at`."""
    return at - since < 2 * DAY


def short_name(name: str | None) -> str | None:
    """A dealer's name on one line, cut when it is long; None when there is none."""
    line = " ".join(name.split()) if name else ""
    if len(line) > _MOST_NAME:
        return line[: _MOST_NAME - 1].rstrip() + "…"
    return line or None


def fit(start: str, clauses: Sequence[str | None], comma: str, stop: str) -> str:
    """The clauses in order of weight, as many as 400 characters hold; the empty ones left out."""
    sentence = start
    for clause in filter(None, clauses):
        if len(sentence) + len(comma) + len(clause) + len(stop) > MOST_CHARACTERS:
            break
        sentence += comma + clause
    return sentence + stop
