"""How a sentence about an alert is put together; the words themselves are a language's own.

Who and what, then observed against expected in which window, since when, how much money, how
unlikely, who else: heaviest first, because what no longer fits is left out from the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from detectors.words.details import NONE, Back, Details
from detectors.words.figures import fit, one_in, percent_below, quantity, short_name
from detectors.words.outcome import Beside, back_to_normal, has_stopped, resized
from schemas.alert import STATISTICAL, Change, Draft, Effect, Kind, Scope, Unit, Verdict

if TYPE_CHECKING:
    from schemas.instant import Micros

A_BILLION = 10**9


class Wording(ABC):
    """One language."""

    comma: ClassVar[str]
    colon: ClassVar[str]  # between what happened and its numbers
    stop: ClassVar[str]
    openings: ClassVar[dict[Change, str]]
    facts: ClassVar[dict[Kind, str]]  # kinds that need no comparison, with {who}
    fact_endings: ClassVar[dict[Kind, str]]
    scopes: ClassVar[dict[Scope, str]]  # with {entity}
    verdicts: ClassVar[dict[Verdict, str]]

    def sentence(self, draft: Draft, opened_at: Micros, details: Details = NONE) -> str:
        """The sentence for this line of an alert that opened at `opened_at`."""
        age = self.span(draft.at - opened_at)
        if draft.suppressed is not None and draft.change is Change.RESOLVED:
            return self.absorbed(self.headline(draft), draft.suppressed.into or "", age)
        if draft.change is Change.RESOLVED:
            lasted = self.span(draft.at - min(opened_at, draft.onset))
            figures = self._figures(draft.effect, draft.at) if draft.kind in STATISTICAL else None
            return fit(self.over(lasted, self._ending(draft)), [figures], self.comma, self.stop)
        start = self.start(self.openings[draft.change].format(age=age) + self.headline(draft))
        figures = self._figures(draft.effect, draft.at)
        if details.measures:
            figures = self.comma.join(self.measured(*one) for one in details.measures)
        if details.detector:
            figures = self.comma.join(filter(None, (self.noticed(*details.detector), figures)))
        start += self.colon + figures if figures else ""
        if draft.kind is Kind.ISSUE_OVERDUE:
            return fit(start, self._issue_clauses(draft, details.named), self.comma, self.stop)
        back = self._came_back(details.back) if details.back else None
        return fit(start, [back, *self._clauses(draft)], self.comma, self.stop)

    def headline(self, draft: Draft) -> str:
        """Who and what, without numbers."""
        if draft.kind is Kind.ISSUE_OVERDUE:
            if draft.effect.expected:
                return self.ageing(self.who(draft), draft.effect.observed, draft.effect.expected)
            return self.overdue(self.who(draft), draft.effect.observed)
        if draft.kind in self.facts:
            return self.facts[draft.kind].format(who=self.who(draft))
        if has_stopped(draft):
            return self.stopped(self.who(draft))
        beside = resized(draft)
        return self.resized(draft, beside) if beside else self.changed(draft)

    def who(self, draft: Draft) -> str:
        """The entity, with its name where it has one."""
        if draft.scope is Scope.DEALER:
            name = short_name(draft.dealer.name if draft.dealer else None)
            return self.dealer(draft.entity, name if name != draft.entity else None)
        if draft.scope is Scope.MARKET:
            return self.market(None if draft.entity == "market" else draft.entity)
        return self.scopes[draft.scope].format(entity=draft.entity)

    def _ending(self, draft: Draft) -> str:
        """How it ended."""
        if draft.kind in self.fact_endings:
            return self.fact_endings[draft.kind].format(who=self.who(draft))
        if back_to_normal(draft):
            return self.recovered(draft)
        return self.still_stopped(self.who(draft)) if has_stopped(draft) else self.faded(draft)

    def _figures(self, effect: Effect, at: Micros) -> str | None:
        """Observed against expected, in which window."""
        if effect.observed is None or effect.unit is Unit.ISSUES:
            return None
        window = self.window(effect, at)
        if effect.unit is Unit.PRICE_INDEX:
            fallen = effect.ratio is not None and effect.ratio < 1
            return self.price(window, percent_below(effect.ratio or 0.0) if fallen else None)
        if effect.unit is Unit.VALUE:
            seen = self.goods(self.money(effect.observed, effect.currency))
            usual = (
                None if effect.expected is None else self.money(effect.expected, effect.currency)
            )
        else:
            seen = self.counted(effect.observed, effect.unit)
            usual = None if effect.expected is None else self.expected(effect.expected, effect.unit)
        return self.compared(window, seen, usual)

    def _clauses(self, draft: Draft) -> list[str | None]:
        rarity = one_in(draft.vertical.chance if draft.vertical else None)
        loss = draft.effect.loss_per_week
        return [
            self.since(draft.onset, draft.at),
            self.stake(draft.kind, loss, draft.effect.currency) if loss else None,
            self.chance(rarity) if rarity else None,
            self.affected(draft.members_total) if draft.members_total else None,
            self.verdicts[draft.verdict] if draft.verdict else None,
        ]

    def _came_back(self, back: Back) -> str:
        money = None if back.value is None else self.money(back.value, back.currency)
        return self.came_back(quantity(back.orders), money)

    def _issue_clauses(self, draft: Draft, named: tuple[str, ...]) -> list[str | None]:
        """Which issues, since when, and whose business it is."""
        manager = short_name(draft.dealer.manager if draft.dealer else None)
        rest = int(draft.effect.observed or 0) - len(named)
        return [
            self.issues([short_name(one) or one for one in named], rest) if named else None,
            self.overdue_since(draft.effect.window.from_, draft.at, one=draft.effect.observed == 1),
            self.manager(manager) if manager else None,
        ]

    def start(self, text: str) -> str:
        """The text as the beginning of a sentence."""
        return text

    def expected(self, number: float, unit: Unit) -> str:
        """An expectation behind what was observed; the unit has just been named."""
        del unit
        return quantity(number)

    @abstractmethod
    def absorbed(self, headline: str, into: str, age: str) -> str:
        """A whole sentence: it is part of a wider alert now."""

    @abstractmethod
    def over(self, lasted: str, ending: str) -> str:
        """The beginning of the last sentence."""

    @abstractmethod
    def overdue(self, who: str, issues: float | None) -> str:
        """Issues past their deadline."""

    @abstractmethod
    def ageing(self, who: str, issues: float | None, usual: float) -> str:
        """Issues that stay open for longer than is usual."""

    @abstractmethod
    def issues(self, named: list[str], rest: int) -> str:
        """Issues by name, and how many more there are."""

    @abstractmethod
    def overdue_since(self, since: Micros, at: Micros, *, one: bool) -> str:
        """Since when the oldest issue is overdue, or open."""

    @abstractmethod
    def manager(self, name: str) -> str:
        """Who looks after the dealer."""

    @abstractmethod
    def measured(self, unit: Unit, ratio: float) -> str:
        """One measure against its usual."""

    @abstractmethod
    def noticed(self, detector: str, unit: Unit) -> str:
        """Which plugged detector has found it, in what."""

    @abstractmethod
    def stopped(self, who: str) -> str:
        """A dealer that orders nothing."""

    @abstractmethod
    def still_stopped(self, who: str) -> str:
        """A dealer whose silence is no news any more."""

    @abstractmethod
    def changed(self, draft: Draft) -> str:
        """Less or more than usual."""

    @abstractmethod
    def resized(self, draft: Draft, beside: Beside) -> str:
        """Orders of another size than usual, and what their number does beside it."""

    @abstractmethod
    def recovered(self, draft: Draft) -> str:
        """Back to what is expected."""

    @abstractmethod
    def faded(self, draft: Draft) -> str:
        """The evidence has gone, whatever it was."""

    @abstractmethod
    def dealer(self, entity: str, name: str | None) -> str:
        """A dealer, always with its id."""

    @abstractmethod
    def market(self, name: str | None) -> str:
        """Everything there is."""

    @abstractmethod
    def price(self, window: str, percent: str | None) -> str:
        """How far prices are below their usual level; None = not at all."""

    @abstractmethod
    def goods(self, money: str) -> str:
        """Goods bought for so much."""

    @abstractmethod
    def came_back(self, orders: str, money: str | None) -> str:
        """Goods of so many usual orders that were returned."""

    @abstractmethod
    def counted(self, number: float, unit: Unit) -> str:
        """A number of things, also none."""

    @abstractmethod
    def compared(self, window: str, seen: str, usual: str | None) -> str:
        """Observed in the window, and expected."""

    @abstractmethod
    def window(self, effect: Effect, at: Micros) -> str:
        """The stretch of time that was compared."""

    @abstractmethod
    def span(self, length: Micros) -> str:
        """A length of time."""

    @abstractmethod
    def since(self, onset: Micros, at: Micros) -> str:
        """When it began."""

    @abstractmethod
    def money(self, worth: float, currency: str | None) -> str:
        """Money with its currency."""

    @abstractmethod
    def stake(self, kind: Kind, loss: float, currency: str | None) -> str:
        """Money per week; a loss above 0, a gain below."""

    @abstractmethod
    def chance(self, rarity: int) -> str:
        """One in so many; a billion stands for more than that too."""

    @abstractmethod
    def affected(self, dealers: int) -> str:
        """How many dealers belong to it."""
