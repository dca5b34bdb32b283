"""The words of alerts in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from detectors.words.figures import amount, change_of, moment, quantity, recent, span
from detectors.words.outcome import Beside
from detectors.words.wording import A_BILLION, Wording
from schemas.alert import Change, Draft, Effect, Kind, Scope, Unit, Verdict

if TYPE_CHECKING:
    from schemas.instant import Micros

_DROPS = (Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP)
_TRADE = (Kind.ORDER_VOLUME_DROP, Kind.ORDER_VOLUME_SURGE)
_COUNTED = {
    Unit.ORDERS: "order",
    Unit.UNITS: "unit",
    Unit.COMPLAINTS: "complaint",
    Unit.RETURNS: "return",
    Unit.EVENTS: "record",
}
_MEASURES = {
    Unit.ORDERS: "orders",
    Unit.UNITS: "size of orders",
    Unit.PRICE_INDEX: "prices",
    Unit.COMPLAINTS: "complaints",
    Unit.RETURNS: "returns",
}
_SUBJECTS = {
    Kind.COMPLAINT_SPIKE: ("complaints", "about", "from"),
    Kind.RETURN_SPIKE: ("returns", "of", "from"),
    Kind.UNIT_PRICE_DROP: ("unit prices", "of", "paid by"),
}
# Not strftime: its names follow the locale of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class English(Wording):
    """Short words, plurals, a capital at the beginning."""

    comma = ", "
    colon = ": "
    stop = "."
    openings: ClassVar[dict[Change, str]] = {
        Change.OPENED: "",
        Change.ESCALATED: "More serious now: ",
        Change.EASED: "Less serious now: ",
        Change.UPDATED: "Update: ",
        Change.REMINDED: "Still open after {age}: ",
        Change.ACKNOWLEDGED: "Acknowledged: ",
    }
    facts: ClassVar[dict[Kind, str]] = {
        Kind.UNUSUAL_PATTERN: "{who} trades in an unusual pattern",
        Kind.DIVERSION_SUSPECTED: "goods sold to {who} may be going to another territory",
        Kind.FEED_OUTAGE: "too few records arrive on {who}",
    }
    fact_endings: ClassVar[dict[Kind, str]] = {
        Kind.ISSUE_OVERDUE: "{who} has no issues past their deadline any more",
        Kind.UNUSUAL_PATTERN: "{who} trades as usual again",
        Kind.DIVERSION_SUSPECTED: "goods sold to {who} show no sign of another territory any more",
        Kind.FEED_OUTAGE: "records arrive on {who} again",
    }
    scopes: ClassVar[dict[Scope, str]] = {
        Scope.SKU: "product {entity}",
        Scope.CATEGORY: 'category "{entity}"',
        Scope.REGION: "region {entity}",
        Scope.FEED: "topic {entity}",
    }
    verdicts: ClassVar[dict[Verdict, str]] = {
        Verdict.DEALER_SPECIFIC: "its peers are not affected",
        Verdict.REGIONAL: "other dealers of its region show the same",
        Verdict.MARKET_WIDE: "the whole market shows the same",
    }

    def start(self, text: str) -> str:
        """With a capital."""
        return text[:1].upper() + text[1:]

    def absorbed(self, headline: str, into: str, age: str) -> str:
        """A whole sentence: it is part of a wider alert now."""
        change = f"{self.start(headline)} as part of a wider change"
        return f"{change}; alert {into} carries it from now on, after {age} on its own."

    def over(self, lasted: str, ending: str) -> str:
        """The beginning of the last sentence."""
        return f"Over after {lasted}: {ending}"

    def overdue(self, who: str, issues: float | None) -> str:
        """Issues past their deadline."""
        if issues is None:
            return f"{who} has unresolved issues past their deadline"
        if quantity(issues) == "1":
            return f"{who} has 1 unresolved issue past its deadline"
        return f"{who} has {quantity(issues)} unresolved issues past their deadline"

    def ageing(self, who: str, issues: float | None, usual: float) -> str:
        """Issues that stay open for longer than is usual."""
        number = "issues" if issues is None else f"{quantity(issues)} issues"
        return f"{who} has {number} open for longer than usual ({quantity(usual)} would be usual)"

    def issues(self, named: list[str], rest: int) -> str:
        """Issues by name, and how many more there are."""
        if rest > 0:
            return f"{', '.join(named)} and {rest:,} more"
        return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))

    def overdue_since(self, since: Micros, at: Micros, *, one: bool) -> str:
        """Since when the oldest issue is overdue, or open."""
        return f"{'' if one else 'the oldest '}since {_date(since, at)}"

    def manager(self, name: str) -> str:
        """Who looks after the dealer."""
        return f"account manager {name}"

    def measured(self, unit: Unit, ratio: float) -> str:
        """One measure against its usual."""
        return f"{_MEASURES.get(unit, 'trade')} at {quantity(100 * ratio)}% of usual"

    def noticed(self, detector: str, unit: Unit) -> str:
        """Which plugged detector has found it, in what."""
        return f"noticed by {detector} in its {_MEASURES.get(unit, 'trade')}"

    def stopped(self, who: str) -> str:
        """A dealer that orders nothing."""
        return f"{who} has stopped ordering"

    def still_stopped(self, who: str) -> str:
        """A dealer whose silence is no news any more."""
        return f"{who} still orders nothing, which now counts as its usual"

    def changed(self, draft: Draft) -> str:
        """Less or more than usual."""
        if draft.kind is Kind.UNIT_PRICE_DROP:
            return f"{self._subject(draft)} have dropped"
        if draft.scope is Scope.DEALER and draft.kind in _TRADE:
            verb = "orders" if draft.effect.unit is Unit.ORDERS else "buys"
            return (
                f"{self.who(draft)} {verb} {'less' if draft.kind in _DROPS else 'more'} than usual"
            )
        return self._off_usual(draft)

    def resized(self, draft: Draft, beside: Beside) -> str:
        """Orders of another size than usual, and what their number does beside it."""
        who, falls = self.who(draft), draft.kind in _DROPS
        less, more = ("less", "more") if falls else ("more", "less")
        if beside is Beside.NOTHING:
            size = f"{change_of(draft.effect.ratio)} {'smaller' if falls else 'larger'}"
            return f"{who} orders as often as usual, but its orders are {size}"
        if beside is Beside.SAME:
            return f"{who} orders {less} often than usual, and {less} at a time"
        return f"{who} orders {more} often than usual, but much {less} at a time"

    def recovered(self, draft: Draft) -> str:
        """Back to what is expected."""
        return f"{self._subject(draft)} are back to normal"

    def faded(self, draft: Draft) -> str:
        """The evidence has gone, whatever it was."""
        return f"no further sign that {self._off_usual(draft)}"

    def _off_usual(self, draft: Draft) -> str:
        side = "below" if draft.kind in _DROPS else "above"
        return f"{self._subject(draft)} are {side} usual"

    def _subject(self, draft: Draft) -> str:
        """What is measured, and where."""
        what, of_sku, of_others = _SUBJECTS.get(draft.kind, ("orders", "for", "from"))
        link = {Scope.SKU: of_sku, Scope.CATEGORY: "in"}.get(draft.scope, of_others)
        return f"{what} {link} {self.who(draft)}"

    def dealer(self, entity: str, name: str | None) -> str:
        """A dealer, always with its id."""
        return f"dealer {entity}" + (f" ({name})" if name else "")

    def market(self, name: str | None) -> str:
        """Everything there is."""
        return "the whole market" + (f" ({name})" if name else "")

    def price(self, window: str, percent: str | None) -> str:
        """How far prices are below their usual level; None = not at all."""
        return f"{f'{percent} below' if percent else 'at'} their usual level {window}"

    def goods(self, money: str) -> str:
        """Goods bought for so much."""
        return f"{money} worth of goods"

    def came_back(self, orders: str, money: str | None) -> str:
        """Goods of so many usual orders that were returned."""
        size = f"goods of about {orders} usual order{'' if orders == '1' else 's'} came back lately"
        return size + (f" ({money})" if money else "")

    def counted(self, number: float, unit: Unit) -> str:
        """A number of things, also none."""
        text, noun = quantity(number), _COUNTED[unit]
        return f"no {noun}s" if number == 0 else f"{text} {noun}" + ("" if text == "1" else "s")

    def compared(self, window: str, seen: str, usual: str | None) -> str:
        """Observed in the window, and expected."""
        return f"{seen} {window}" + (f", {usual} expected" if usual else "")

    def window(self, effect: Effect, at: Micros) -> str:
        """The stretch of time that was compared."""
        length = self.span(effect.window.to - effect.window.from_).removeprefix("1 ")
        if recent(effect.window.to, at):
            return f"in the last {length}"
        return f"in the {length} to {_date(effect.window.to, at)}"

    def span(self, length: Micros) -> str:
        """A length of time."""
        number, unit = span(length)
        return f"{number:,} {unit}" + ("" if number == 1 else "s")

    def since(self, onset: Micros, at: Micros) -> str:
        """When it began."""
        return f"since about {_date(onset, at)}"

    def money(self, worth: float, currency: str | None) -> str:
        """Money with its currency."""
        return f"{currency or ''} {amount(worth)}".lstrip()

    def stake(self, kind: Kind, loss: float, currency: str | None) -> str:
        """Money per week; a loss above 0, a gain below."""
        side = "more" if loss < 0 else "less" if kind in _DROPS else "at stake"
        return f"about {self.money(abs(loss), currency)} a week {side}"

    def chance(self, rarity: int) -> str:
        """One in so many; a billion stands for more than that too."""
        return "chance 1 in a billion or less" if rarity >= A_BILLION else f"chance 1 in {rarity:,}"

    def affected(self, dealers: int) -> str:
        """How many dealers belong to it."""
        return f"{dealers:,} dealer{'' if dealers == 1 else 's'} affected"


def _date(when: Micros, at: Micros) -> str:
    day = moment(when)
    text = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{text}, {day:%H:%M} UTC" if recent(when, at) else text
