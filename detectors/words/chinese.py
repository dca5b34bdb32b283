"""The words of alerts in Chinese."""
# ruff: noqa: RUF001  full-width punctuation is how Chinese is written

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from detectors.words.figures import amount, change_of, moment, quantity, recent, span
from detectors.words.outcome import Beside
from detectors.words.wording import A_BILLION, Wording
from schemas.alert import Change, Draft, Effect, Kind, Scope, Unit, Verdict

if TYPE_CHECKING:
    from schemas.instant import Micros

_DROPS = (Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP)
_MEASURES = {
    Unit.ORDERS: ("单", "订单"),
    Unit.UNITS: ("件", "货品"),
    Unit.COMPLAINTS: ("起", "投诉"),
    Unit.RETURNS: ("笔", "退货"),
    Unit.EVENTS: ("条", "记录"),
}
_MEASURED = {
    Unit.ORDERS: "订单数",
    Unit.UNITS: "每单件数",
    Unit.PRICE_INDEX: "单价",
    Unit.COMPLAINTS: "投诉",
    Unit.RETURNS: "退货",
}
_SUBJECTS = {
    Kind.COMPLAINT_SPIKE: "投诉",
    Kind.RETURN_SPIKE: "退货",
    Kind.UNIT_PRICE_DROP: "成交单价",
}
_DIRECTIONS = {Kind.UNIT_PRICE_DROP: "低于", Kind.ORDER_VOLUME_DROP: "少于"}
_SPANS = {"day": "天", "hour": "小时", "minute": "分钟"}
_CURRENCIES = {
    "EUR": "欧元", "USD": "美元", "GBP": "英镑", "CNY": "元", "JPY": "日元", "HKD": "港元",
}  # fmt: skip


class Chinese(Wording):
    """Measure words, full-width punctuation, no plurals."""

    comma = colon = "，"
    stop = "。"
    openings: ClassVar[dict[Change, str]] = {
        Change.OPENED: "",
        Change.ESCALATED: "严重程度上升：",
        Change.EASED: "严重程度下降：",
        Change.UPDATED: "最新情况：",
        Change.REMINDED: "已持续{age}仍未解除：",
        Change.ACKNOWLEDGED: "已有人确认：",
    }
    facts: ClassVar[dict[Kind, str]] = {
        Kind.UNUSUAL_PATTERN: "{who}的交易情况与以往不符",
        Kind.DIVERSION_SUSPECTED: "{who}疑似窜货",
        Kind.FEED_OUTAGE: "{who}收到的记录过少",
    }
    fact_endings: ClassVar[dict[Kind, str]] = {
        Kind.ISSUE_OVERDUE: "{who}已没有超期未解决的问题",
        Kind.UNUSUAL_PATTERN: "{who}的交易情况已恢复正常",
        Kind.DIVERSION_SUSPECTED: "{who}已无窜货迹象",
        Kind.FEED_OUTAGE: "{who}已恢复接收记录",
    }
    scopes: ClassVar[dict[Scope, str]] = {
        Scope.SKU: "产品 {entity} ",
        Scope.CATEGORY: "“{entity}”类别",
        Scope.REGION: "地区 {entity} ",
        Scope.FEED: "数据主题 {entity} ",
    }
    verdicts: ClassVar[dict[Verdict, str]] = {
        Verdict.DEALER_SPECIFIC: "同类经销商未受影响",
        Verdict.REGIONAL: "同地区其他经销商也有同样变化",
        Verdict.MARKET_WIDE: "整个市场都有同样变化",
    }

    def absorbed(self, headline: str, into: str, age: str) -> str:
        """A whole sentence: it is part of a wider alert now."""
        return f"{headline}，属于更大范围的变化，单独持续{age}后并入预警 {into}。"

    def over(self, lasted: str, ending: str) -> str:
        """The beginning of the last sentence."""
        return f"已解除（历时{lasted}）：{ending}"

    def overdue(self, who: str, issues: float | None) -> str:
        """Issues past their deadline."""
        number = "" if issues is None else f" {quantity(issues)} 项"
        return f"{who}有{number}问题超过期限仍未解决"

    def ageing(self, who: str, issues: float | None, usual: float) -> str:
        """Issues that stay open for longer than is usual."""
        number = "" if issues is None else f" {quantity(issues)} 项"
        return f"{who}有{number}问题未解决的时间比往常长（往常约 {quantity(usual)} 项）"

    def issues(self, named: list[str], rest: int) -> str:
        """Issues by name, and how many more there are."""
        return "问题编号 " + "、".join(named) + (f" 及另外 {rest:,} 项" if rest > 0 else "")

    def overdue_since(self, since: Micros, at: Micros, *, one: bool) -> str:
        """Since when the oldest issue is overdue, or open."""
        return f"{'' if one else '最早的'}自 {_date(since, at)}起"

    def manager(self, name: str) -> str:
        """Who looks after the dealer."""
        return f"客户经理 {name}"

    def measured(self, unit: Unit, ratio: float) -> str:
        """One measure against its usual."""
        return f"{_MEASURED.get(unit, '交易')}为往常的 {quantity(100 * ratio)}%"

    def noticed(self, detector: str, unit: Unit) -> str:
        """Which plugged detector has found it, in what."""
        return f"由 {detector} 在{_MEASURED.get(unit, '交易')}中发现"

    def stopped(self, who: str) -> str:
        """A dealer that orders nothing."""
        return f"{who}已停止下单"

    def still_stopped(self, who: str) -> str:
        """A dealer whose silence is no news any more."""
        return f"{who}仍未下单，现视为其常态"

    def changed(self, draft: Draft) -> str:
        """Less or more than usual."""
        return f"{self._subject(draft)}{_DIRECTIONS.get(draft.kind, '多于')}往常"

    def resized(self, draft: Draft, beside: Beside) -> str:
        """Orders of another size than usual, and what their number does beside it."""
        who, falls = self.who(draft), draft.kind in _DROPS
        size = "小" if falls else "大"
        less, more = ("少", "多") if falls else ("多", "少")
        if beside is Beside.NOTHING:
            size += f" {change_of(draft.effect.ratio)}"
            return f"{who}的下单次数如常，但单笔订单比往常{size}"
        if beside is Beside.SAME:
            return f"{who}的下单次数比往常{less}，单笔订单也比往常{size}"
        return f"{who}的下单次数比往常{more}，但单笔订单比往常{size}得多"

    def recovered(self, draft: Draft) -> str:
        """Back to what is expected."""
        return f"{self._subject(draft)}已恢复正常"

    def faded(self, draft: Draft) -> str:
        """The evidence has gone, whatever it was."""
        return f"再无迹象表明{self.changed(draft)}"

    def _subject(self, draft: Draft) -> str:
        """What is measured, and where."""
        trade = "订单" if draft.effect.unit is Unit.ORDERS else "进货量"
        return f"{self.who(draft)}的{_SUBJECTS.get(draft.kind, trade)}"

    def dealer(self, entity: str, name: str | None) -> str:
        """A dealer, always with its id."""
        return f"经销商 {entity}" + (f"（{name}）" if name else " ")

    def market(self, name: str | None) -> str:
        """Everything there is."""
        return "整个市场" + (f"（{name}）" if name else "")

    def price(self, window: str, percent: str | None) -> str:
        """How far prices are below their usual level; None = not at all."""
        return f"{window}比往常水平低 {percent}" if percent else f"{window}与往常水平持平"

    def goods(self, money: str) -> str:
        """Goods bought for so much."""
        return f"进货额 {money}"

    def came_back(self, orders: str, money: str | None) -> str:
        """Goods of so many usual orders that were returned."""
        return f"近期退货约合 {orders} 张平常订单" + (f"（{money}）" if money else "")

    def counted(self, number: float, unit: Unit) -> str:
        """A number of things, also none."""
        return f"没有{_MEASURES[unit][1]}" if number == 0 else f" {self.expected(number, unit)}"

    def expected(self, number: float, unit: Unit) -> str:
        """An expectation, with its measure word."""
        return f"{quantity(number)} {_MEASURES[unit][0]}"

    def compared(self, window: str, seen: str, usual: str | None) -> str:
        """Observed in the window, and expected."""
        return f"{window}{seen}" + (f"，预期 {usual}" if usual else "")

    def window(self, effect: Effect, at: Micros) -> str:
        """The stretch of time that was compared."""
        length = self.span(effect.window.to - effect.window.from_)
        if recent(effect.window.to, at):
            return f"最近{length}"
        return f"截至 {_date(effect.window.to, at)}的{length}"

    def span(self, length: Micros) -> str:
        """A length of time."""
        number, unit = span(length)
        return f" {number:,} {_SPANS[unit]}"

    def since(self, onset: Micros, at: Micros) -> str:
        """When it began."""
        return f"约自 {_date(onset, at)}起"

    def money(self, worth: float, currency: str | None) -> str:
        """Money with its currency."""
        code = currency or ""
        return f"{amount(worth)} {_CURRENCIES.get(code, code)}".rstrip()

    def stake(self, kind: Kind, loss: float, currency: str | None) -> str:
        """Money per week; a loss above 0, a gain below."""
        side = "增加" if loss < 0 else "减少" if kind in _DROPS else "涉及"
        return f"每周约{side} {self.money(abs(loss), currency)}"

    def chance(self, rarity: int) -> str:
        """One in so many; a billion stands for more than that too."""
        return f"偶然发生的概率{'不到' if rarity >= A_BILLION else '约'} 1/{rarity:,}"

    def affected(self, dealers: int) -> str:
        """How many dealers belong to it."""
        return f"涉及 {dealers:,} 家经销商"


def _date(when: Micros, at: Micros) -> str:
    day = moment(when)
    text = f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{text} {day:%H:%M}（UTC）" if recent(when, at) else text
