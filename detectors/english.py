"""What an alert says in English: one sentence that needs no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detectors.figures import (
    amount,
    fit,
    moment,
    one_in,
    percent_below,
    quantity,
    recent,
    short_name,
    span,
)
from detectors.outcome import back_to_normal, still_stopped
from schemas.alert import STATISTICAL, Change, Draft, Effect, Kind, Scope, Unit, Verdict

if TYPE_CHECKING:
    from schemas.instant import Micros

_OPENINGS = {
    Change.OPENED: "",
    Change.ESCALATED: "More serious now: ",
    Change.EASED: "Less serious now: ",
    Change.UPDATED: "Update: ",
    Change.ACKNOWLEDGED: "Acknowledged: ",
}
_COUNTED = {
    Unit.ORDERS: "order",
    Unit.UNITS: "unit",
    Unit.COMPLAINTS: "complaint",
    Unit.RETURNS: "return",
    Unit.ISSUES: "issue",
    Unit.EVENTS: "record",
}
# Not strftime: its names follow the locale of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TRADE = (Kind.ORDER_VOLUME_DROP, Kind.ORDER_VOLUME_SURGE)
_HEADLINES = {
    Kind.UNUSUAL_PATTERN: "{who} trades in an unusual pattern",
    Kind.DIVERSION_SUSPECTED: "goods sold to {who} may be going to another territory",
    Kind.FEED_OUTAGE: "too few records arrive on {who}",
}
_ENDINGS = {
    Kind.ISSUE_OVERDUE: "{who} has no issues past their deadline any more",
    Kind.UNUSUAL_PATTERN: "{who} trades as usual again",
    Kind.DIVERSION_SUSPECTED: "goods sold to {who} show no sign of another territory any more",
    Kind.FEED_OUTAGE: "records arrive on {who} again",
}
_VERDICTS = {
    Verdict.DEALER_SPECIFIC: "its peers are not affected",
    Verdict.REGIONAL: "other dealers of its region show the same",
    Verdict.MARKET_WIDE: "the whole market shows the same",
}


def sentence(draft: Draft, opened_at: Micros) -> str:
    """The sentence for this line of an alert that opened at `opened_at`."""
    age = _span(draft.at - opened_at)
    if draft.suppressed is not None and draft.change is Change.RESOLVED:
        return (
            f"{_upper(_headline(draft))} as part of a wider change; "
            f"alert {draft.suppressed.into} carries it from now on, after {age} on its own."
        )
    if draft.change is Change.RESOLVED:
        lasted = _span(draft.at - min(opened_at, draft.onset))
        start = f"Over after {lasted}: {_ending(draft)}"
        figures = _figures(draft.effect, draft.at) if draft.kind in STATISTICAL else None
        return fit(start, [figures], ", ", ".")
    start = _upper(_opening(draft.change, age) + _headline(draft))
    figures = _figures(draft.effect, draft.at)
    start += f": {figures}" if figures else ""
    return fit(start, _clauses(draft), ", ", ".")


def _clauses(draft: Draft) -> list[str | None]:
    """Heaviest first."""
    return [
        _since(draft.onset, draft.at),
        _money(draft),
        _chance(draft),
        _affected(draft),
        _VERDICTS[draft.verdict] if draft.verdict else None,
    ]


def _opening(change: Change, age: str) -> str:
    return f"Still open after {age}: " if change is Change.REMINDED else _OPENINGS[change]


def _headline(draft: Draft) -> str:
    """Who and what, without numbers."""
    if draft.kind is Kind.ISSUE_OVERDUE:
        return f"{_who(draft)} has {_overdue(draft.effect.observed)}"
    if draft.kind in _HEADLINES:
        return _HEADLINES[draft.kind].format(who=_who(draft))
    if draft.kind is Kind.UNIT_PRICE_DROP:
        return f"{_subject(draft)} have dropped"
    if draft.scope is Scope.DEALER and draft.kind in _TRADE:
        return f"{_who(draft)} {_trade(draft)}"
    return f"{_subject(draft)} are {_direction(draft.kind)} usual"


def _overdue(issues: float | None) -> str:
    if issues is None:
        return "unresolved issues past their deadline"
    if quantity(issues) == "1":
        return "1 unresolved issue past its deadline"
    return f"{quantity(issues)} unresolved issues past their deadline"


def _trade(draft: Draft) -> str:
    drop = draft.kind is Kind.ORDER_VOLUME_DROP
    if drop and draft.effect.observed == 0:
        return "has stopped ordering"
    verb = "orders" if draft.effect.unit is Unit.ORDERS else "buys"
    return f"{verb} {'less' if drop else 'more'} than usual"


def _ending(draft: Draft) -> str:
    """How it ended."""
    if draft.kind in _ENDINGS:
        return _ENDINGS[draft.kind].format(who=_who(draft))
    if back_to_normal(draft):
        return f"{_subject(draft)} are back to normal"
    if still_stopped(draft):
        return f"{_who(draft)} still orders nothing, which now counts as its usual"
    return f"no further sign that {_subject(draft)} are {_direction(draft.kind)} usual"


def _direction(kind: Kind) -> str:
    return "below" if kind in (Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP) else "above"


def _subject(draft: Draft) -> str:
    """What is measured, and where."""
    match draft.kind:
        case Kind.COMPLAINT_SPIKE if draft.scope is Scope.CATEGORY:
            return f"complaints in {_who(draft)}"
        case Kind.COMPLAINT_SPIKE:
            return f"complaints {'about' if draft.scope is Scope.SKU else 'from'} {_who(draft)}"
        case Kind.RETURN_SPIKE:
            return f"returns {'of' if draft.scope is Scope.SKU else 'from'} {_who(draft)}"
        case Kind.UNIT_PRICE_DROP:
            return f"unit prices {'of' if draft.scope is Scope.SKU else 'paid by'} {_who(draft)}"
    return f"orders {'for' if draft.scope is Scope.SKU else 'from'} {_who(draft)}"


def _who(draft: Draft) -> str:
    match draft.scope:
        case Scope.DEALER:
            name = short_name(draft.dealer.name if draft.dealer else None)
            known = f" ({name})" if name and name != draft.entity else ""
            return f"dealer {draft.entity}{known}"
        case Scope.SKU:
            return f"product {draft.entity}"
        case Scope.CATEGORY:
            return f'category "{draft.entity}"'
        case Scope.REGION:
            return f"region {draft.entity}"
        case Scope.FEED:
            return f"topic {draft.entity}"
    return "the whole market" + ("" if draft.entity == "market" else f" ({draft.entity})")


def _figures(effect: Effect, at: Micros) -> str | None:
    """Observed against expected, in which window."""
    if effect.observed is None or effect.unit is Unit.ISSUES:
        return None
    if effect.unit is Unit.PRICE_INDEX:
        return _price_level(effect, at)
    seen, usual = _amounts(effect)
    expected = f", {usual} expected" if usual else ""
    return f"{seen} {_window(effect, at)}{expected}"


def _price_level(effect: Effect, at: Micros) -> str:
    if effect.ratio is None or effect.ratio >= 1:
        return f"at their usual level {_window(effect, at)}"
    return f"{percent_below(effect.ratio)} below their usual level {_window(effect, at)}"


def _amounts(effect: Effect) -> tuple[str, str | None]:
    observed, expected = effect.observed or 0.0, effect.expected
    if effect.unit is Unit.VALUE:
        code = f"{effect.currency} " if effect.currency else ""
        usual = None if expected is None else f"{code}{amount(expected)}"
        return f"{code}{amount(observed)} worth of goods", usual
    return _counted(observed, effect.unit), None if expected is None else quantity(expected)


def _counted(number: float, unit: Unit) -> str:
    text, noun = quantity(number), _COUNTED[unit]
    return f"no {noun}s" if number == 0 else f"{text} {noun}" + ("" if text == "1" else "s")


def _window(effect: Effect, at: Micros) -> str:
    length = _span(effect.window.to - effect.window.from_)
    if recent(effect.window.to, at):
        return f"in the last {length.removeprefix('1 ')}"
    return f"in the {length.removeprefix('1 ')} to {_date(effect.window.to, at)}"


def _span(length: Micros) -> str:
    number, unit = span(length)
    return f"{number:,} {unit}" + ("" if number == 1 else "s")


def _date(when: Micros, at: Micros) -> str:
    day = moment(when)
    text = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{text}, {day:%H:%M} UTC" if recent(when, at) else text


def _since(onset: Micros, at: Micros) -> str:
    return f"since about {_date(onset, at)}"


def _chance(draft: Draft) -> str | None:
    rarity = one_in(draft.vertical.chance if draft.vertical else None)
    if rarity is None:
        return None
    return "chance 1 in a billion or less" if rarity >= 10**9 else f"chance 1 in {rarity:,}"


def _money(draft: Draft) -> str | None:
    loss, currency = draft.effect.loss_per_week, draft.effect.currency
    if not loss:
        return None
    direction = "more" if loss < 0 else "less" if _direction(draft.kind) == "below" else "at stake"
    return f"about {currency} {amount(abs(loss))} a week {direction}"


def _affected(draft: Draft) -> str | None:
    total = draft.members_total
    return f"{total:,} dealer{'' if total == 1 else 's'} affected" if total else None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
