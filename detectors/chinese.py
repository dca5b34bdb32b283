"""What an alert says in Chinese: one sentence that needs no other."""

# ruff: noqa: RUF001  full-width punctuation is how Chinese is written

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
    Change.ESCALATED: "严重程度上升：",
    Change.EASED: "严重程度下降：",
    Change.UPDATED: "最新情况：",
    Change.ACKNOWLEDGED: "已有人确认：",
}
_MEASURES = {
    Unit.ORDERS: ("单", "订单"),
    Unit.UNITS: ("件", "货品"),
    Unit.COMPLAINTS: ("起", "投诉"),
    Unit.RETURNS: ("笔", "退货"),
    Unit.ISSUES: ("项", "问题"),
    Unit.EVENTS: ("条", "记录"),
}
_HEADLINES = {
    Kind.UNUSUAL_PATTERN: "{who}的交易情况与以往不符",
    Kind.DIVERSION_SUSPECTED: "{who}疑似窜货",
    Kind.FEED_OUTAGE: "{who}收到的记录过少",
}
_ENDINGS = {
    Kind.ISSUE_OVERDUE: "{who}已没有超期未解决的问题",
    Kind.UNUSUAL_PATTERN: "{who}的交易情况已恢复正常",
    Kind.DIVERSION_SUSPECTED: "{who}已无窜货迹象",
    Kind.FEED_OUTAGE: "{who}已恢复接收记录",
}
_VERDICTS = {
    Verdict.DEALER_SPECIFIC: "同类经销商未受影响",
    Verdict.REGIONAL: "同地区其他经销商也有同样变化",
    Verdict.MARKET_WIDE: "整个市场都有同样变化",
}
_SPANS = {"day": "天", "hour": "小时", "minute": "分钟"}
_CURRENCIES = {
    "EUR": "欧元",
    "USD": "美元",
    "GBP": "英镑",
    "CNY": "元",
    "JPY": "日元",
    "HKD": "港元",
}


def sentence(draft: Draft, opened_at: Micros) -> str:
    """The sentence for this line of an alert that opened at `opened_at`."""
    age = _span(draft.at - opened_at)
    if draft.suppressed is not None and draft.change is Change.RESOLVED:
        return (
            f"{_headline(draft)}，属于更大范围的变化，"
            f"单独持续{age}后并入预警 {draft.suppressed.into}。"
        )
    if draft.change is Change.RESOLVED:
        lasted = _span(draft.at - min(opened_at, draft.onset))
        start = f"已解除（历时{lasted}）：{_ending(draft)}"
        figures = _figures(draft.effect, draft.at) if draft.kind in STATISTICAL else None
        return fit(start, [figures], "，", "。")
    start = _opening(draft.change, age) + _headline(draft)
    return fit(start, [_figures(draft.effect, draft.at), *_clauses(draft)], "，", "。")


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
    return f"已持续{age}仍未解除：" if change is Change.REMINDED else _OPENINGS[change]


def _headline(draft: Draft) -> str:
    """Who and what, without numbers."""
    if draft.kind is Kind.ISSUE_OVERDUE:
        return f"{_who(draft)}有{_overdue(draft.effect.observed)}超过期限仍未解决"
    if draft.kind in _HEADLINES:
        return _HEADLINES[draft.kind].format(who=_who(draft))
    stopped = draft.effect.observed == 0 and draft.scope is Scope.DEALER
    if draft.kind is Kind.ORDER_VOLUME_DROP and stopped:
        return f"{_who(draft)}已停止下单"
    return f"{_subject(draft)}{_direction(draft.kind)}往常"


def _overdue(issues: float | None) -> str:
    return "问题" if issues is None else f" {quantity(issues)} 项问题"


def _ending(draft: Draft) -> str:
    """How it ended."""
    if draft.kind in _ENDINGS:
        return _ENDINGS[draft.kind].format(who=_who(draft))
    if back_to_normal(draft):
        return f"{_subject(draft)}已恢复正常"
    if still_stopped(draft):
        return f"{_who(draft)}仍未下单，现视为其常态"
    return f"再无迹象表明{_subject(draft)}{_direction(draft.kind)}往常"


def _direction(kind: Kind) -> str:
    if kind is Kind.UNIT_PRICE_DROP:
        return "低于"
    return "少于" if kind is Kind.ORDER_VOLUME_DROP else "多于"


def _subject(draft: Draft) -> str:
    """What is measured, and where."""
    what = {
        Kind.COMPLAINT_SPIKE: "投诉",
        Kind.RETURN_SPIKE: "退货",
        Kind.UNIT_PRICE_DROP: "成交单价",
    }.get(draft.kind, "订单" if draft.effect.unit is Unit.ORDERS else "进货量")
    return f"{_who(draft)}的{what}"


def _who(draft: Draft) -> str:
    match draft.scope:
        case Scope.DEALER:
            name = short_name(draft.dealer.name if draft.dealer else None)
            known = f"（{name}）" if name and name != draft.entity else " "
            return f"经销商 {draft.entity}{known}"
        case Scope.SKU:
            return f"产品 {draft.entity} "
        case Scope.CATEGORY:
            return f"“{draft.entity}”类别"
        case Scope.REGION:
            return f"地区 {draft.entity} "
        case Scope.FEED:
            return f"数据主题 {draft.entity} "
    return "整个市场" + ("" if draft.entity == "market" else f"（{draft.entity}）")


def _figures(effect: Effect, at: Micros) -> str | None:
    """Observed against expected, in which window."""
    if effect.observed is None or effect.unit is Unit.ISSUES:
        return None
    if effect.unit is Unit.PRICE_INDEX:
        return _price_level(effect, at)
    seen, usual = _amounts(effect)
    return f"{_window(effect, at)}{seen}" + (f"，预期 {usual}" if usual else "")


def _price_level(effect: Effect, at: Micros) -> str:
    if effect.ratio is None or effect.ratio >= 1:
        return f"{_window(effect, at)}与往常水平持平"
    return f"{_window(effect, at)}比往常水平低 {percent_below(effect.ratio)}"


def _amounts(effect: Effect) -> tuple[str, str | None]:
    observed, expected = effect.observed or 0.0, effect.expected
    if effect.unit is Unit.VALUE:
        usual = None if expected is None else _price(expected, effect.currency)
        return f"进货额 {_price(observed, effect.currency)}", usual
    measure, noun = _MEASURES[effect.unit]
    usual = None if expected is None else f"{quantity(expected)} {measure}"
    return (f"没有{noun}" if observed == 0 else f" {quantity(observed)} {measure}"), usual


def _price(money: float, currency: str | None) -> str:
    return f"{amount(money)} {_CURRENCIES.get(currency or '', currency or '')}".rstrip()


def _window(effect: Effect, at: Micros) -> str:
    length = _span(effect.window.to - effect.window.from_)
    if recent(effect.window.to, at):
        return f"最近{length}"
    return f"截至 {_date(effect.window.to, at)}的{length}"


def _span(length: Micros) -> str:
    number, unit = span(length)
    return f" {number:,} {_SPANS[unit]}"


def _date(when: Micros, at: Micros) -> str:
    day = moment(when)
    text = f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{text} {day:%H:%M}（UTC）" if recent(when, at) else text


def _since(onset: Micros, at: Micros) -> str:
    return f"约自 {_date(onset, at)}起"


def _chance(draft: Draft) -> str | None:
    rarity = one_in(draft.vertical.chance if draft.vertical else None)
    if rarity is None:
        return None
    return (
        "偶然发生的概率不到 1/1,000,000,000"
        if rarity >= 10**9
        else f"偶然发生的概率约 1/{rarity:,}"
    )


def _money(draft: Draft) -> str | None:
    loss = draft.effect.loss_per_week
    if not loss:
        return None
    fewer = draft.kind in (Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP)
    direction = "增加" if loss < 0 else "减少" if fewer else "涉及"
    return f"每周约{direction} {_price(abs(loss), draft.effect.currency)}"


def _affected(draft: Draft) -> str | None:
    return f"涉及 {draft.members_total:,} 家经销商" if draft.members_total else None
