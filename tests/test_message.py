"""The sentences of alerts: a table of all of them, and what holds for every one.

The table is tests/golden/messages.txt, for people to read. After a wanted change of words set
WRITE_GOLDEN=1 for one run of this file, and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.words.details import Back, Details
from detectors.words.figures import MOST_CHARACTERS
from detectors.words.message import tell
from schemas.alert import (
    Change,
    Dealer,
    Draft,
    Kind,
    Message,
    Parts,
    Scope,
    Suppressed,
    SuppressedReason,
    Unit,
    Verdict,
    Vertical,
)
from schemas.instant import DAY, HOUR
from tests.samples import AT, draft, effect

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent / "golden" / "messages.txt"
HOLES = re.compile(r"\b(None|nan|NaN|null|undefined|inf)\b|\{[a-z_]*\}|%[sd]\b")
CJK = re.compile("[\u4e00-\u9fff]")

# What a person may see: (kind, scope, entity, observed, expected, unit, loss per week).
SEEN: list[tuple[Kind, Scope, str, float, float, Unit, float | None]] = [
    (Kind.ORDER_VOLUME_DROP, Scope.DEALER, "16029", 2, 14.6123, Unit.ORDERS, 1240.56),
    (Kind.ORDER_VOLUME_DROP, Scope.DEALER, "16029", 0, 14.6123, Unit.ORDERS, 1240.56),
    (Kind.ORDER_VOLUME_DROP, Scope.DEALER, "16029", 812, 2460, Unit.UNITS, None),
    (Kind.ORDER_VOLUME_DROP, Scope.DEALER, "16029", 310.5, 975.25, Unit.VALUE, 166.19),
    (Kind.ORDER_VOLUME_DROP, Scope.SKU, "85123A", 3, 40.2, Unit.ORDERS, None),
    (Kind.ORDER_VOLUME_DROP, Scope.REGION, "North", 310, 902, Unit.ORDERS, None),
    (Kind.ORDER_VOLUME_DROP, Scope.MARKET, "market", 4310, 9020, Unit.ORDERS, None),
    (Kind.ORDER_VOLUME_SURGE, Scope.DEALER, "16029", 40, 14.6123, Unit.ORDERS, -2100),
    (Kind.UNIT_PRICE_DROP, Scope.DEALER, "16029", 0.881, 1, Unit.PRICE_INDEX, 87.2),
    (Kind.UNIT_PRICE_DROP, Scope.SKU, "85123A", 0.9, 1, Unit.PRICE_INDEX, None),
    (Kind.COMPLAINT_SPIKE, Scope.DEALER, "16029", 9, 2.1, Unit.COMPLAINTS, None),
    (Kind.COMPLAINT_SPIKE, Scope.SKU, "85123A", 31, 4.4, Unit.COMPLAINTS, None),
    (Kind.COMPLAINT_SPIKE, Scope.CATEGORY, "logistics", 31, 4.4, Unit.COMPLAINTS, None),
    (Kind.RETURN_SPIKE, Scope.DEALER, "16029", 1, 0.04, Unit.RETURNS, 310.2),
    (Kind.RETURN_SPIKE, Scope.SKU, "85123A", 12, 1.2, Unit.RETURNS, None),
    (Kind.ISSUE_OVERDUE, Scope.DEALER, "16029", 1, 0, Unit.ISSUES, None),
    (Kind.ISSUE_OVERDUE, Scope.DEALER, "16029", 6, 1.24, Unit.ISSUES, None),
    (Kind.UNUSUAL_PATTERN, Scope.DEALER, "16029", 20, 14, Unit.ORDERS, None),
    (Kind.DIVERSION_SUSPECTED, Scope.DEALER, "16029", 500, 140, Unit.UNITS, None),
    (Kind.FEED_OUTAGE, Scope.FEED, "complaints", 0, 412, Unit.EVENTS, None),
]
OTHERS_AT_THE_END = {Unit.PRICE_INDEX: 0.995}


def drafts_of_the_table() -> Iterator[Draft]:
    for kind, scope, entity, observed, expected, unit, loss in SEEN:
        for change in Change:
            ended = change is Change.RESOLVED
            seen = OTHERS_AT_THE_END.get(unit, round(expected * 0.97)) if ended else observed
            rolled_up = (
                {"members": ("a", "b"), "members_total": 42} if scope is Scope.REGION else {}
            )
            outage = kind is Kind.FEED_OUTAGE
            yield draft(
                kind,
                scope,
                entity,
                change,
                effect=effect(seen, expected, unit, loss, days=0.125 if outage else 28),
                onset=AT - 3 * HOUR if outage else AT - 24 * DAY,
                **rolled_up,
            )
    yield absorbed()
    yield from resized()


def resized() -> Iterator[Draft]:
    """Orders as often as usual, or not, that are smaller, or larger."""
    for kind, observed, loss in (
        (Kind.ORDER_VOLUME_DROP, 480.0, 130.0),
        (Kind.ORDER_VOLUME_SURGE, 2400.0, -350.0),
    ):
        for share in (0.0, 0.4, -0.4):
            seen = effect(observed, 1000.0, Unit.VALUE, loss)
            parts = Parts.of(-share * loss, -(1 - share) * loss, 0, 0, 0)
            yield draft(kind, effect=seen, parts=parts)


def absorbed() -> Draft:
    into = Suppressed(reason=SuppressedReason.ROLLED_UP, into="0123456789abcdef0123")
    return draft(change=Change.RESOLVED, suppressed=into)


def age(each: Draft) -> int:
    return 30 * DAY if each.change is Change.REMINDED else 12 * DAY + 5 * HOUR


def the_table() -> str:
    lines = []
    for each in drafts_of_the_table():
        message = tell(each, each.at - age(each))
        lines += [f"{each.kind} {each.scope} {each.change}", f"  {message.en}", f"  {message.zh}"]
    return "\n".join(lines) + "\n"


def test_sentences_are_those_of_the_golden_table() -> None:
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(the_table(), encoding="utf-8")
    assert the_table() == GOLDEN.read_text(encoding="utf-8")


def require_sound(message: Message, entity: str) -> None:
    for sentence in (message.en, message.zh):
        assert entity in sentence
        assert not HOLES.search(sentence.replace(entity or "\n", ""))
        assert len(sentence) <= MOST_CHARACTERS
        assert "\n" not in sentence
    assert not CJK.search(message.en)
    assert CJK.search(message.zh)
    assert message.en.endswith(".")
    assert message.zh.endswith("。")


def test_every_sentence_of_the_table_is_sound() -> None:
    for each in drafts_of_the_table():
        named = "" if each.scope is Scope.MARKET else each.entity
        require_sound(tell(each, each.at - age(each)), named)


numbers = st.floats(0, 1e9)


@given(
    st.sampled_from([row[:2] for row in SEEN]),
    st.sampled_from(Change),
    st.text("abcXYZ019-_./", min_size=1, max_size=128),
    st.text("ab cXYZ\n09é", max_size=300),
    st.tuples(numbers, numbers, st.sampled_from(Unit), st.none() | st.floats(-1e9, 1e9)),
    st.tuples(st.floats(0, 1), st.floats(0, 1000), st.floats(1 / 1440, 365)),
)
def test_every_sentence_is_sound_whatever_the_numbers(
    what: tuple[Kind, Scope],
    change: Change,
    entity: str,
    name: str,
    figures: tuple[float, float, Unit, float | None],
    rest: tuple[float, float, float],
) -> None:
    kind, scope = what
    (observed, expected, unit, loss), (chance, days_ago, window_days) = figures, rest
    others: dict[str, Any] = {}
    if scope is Scope.DEALER:
        others["dealer"] = Dealer(id=entity, name=name)
    each = draft(
        kind,
        scope,
        entity,
        change,
        effect=effect(observed, expected, unit, loss, days=window_days),
        onset=AT - round(days_ago * DAY),
        **others,
    )
    if each.vertical is not None:
        each = each.model_copy(update={"vertical": Vertical(ratio=1, chance=chance)})
    require_sound(tell(each, AT - round(days_ago * DAY)), entity)


def english(**others: Any) -> str:
    return tell(draft(**others), AT - 12 * DAY).en


def test_one_of_a_kind_is_singular() -> None:
    one = effect(1, 5, Unit.ORDERS, days=1)
    assert "1 order in the last day, 5 expected" in english(effect=one)


def test_issues_are_counted_in_the_plural_from_two() -> None:
    one, two = (effect(number, 0, Unit.ISSUES) for number in (1, 2))
    assert "has 1 unresolved issue past its deadline" in english(
        kind=Kind.ISSUE_OVERDUE, effect=one
    )
    assert "has 2 unresolved issues past their deadline" in english(
        kind=Kind.ISSUE_OVERDUE, effect=two
    )


def test_issues_are_named_with_who_looks_after_them() -> None:
    dealer = Dealer(id="16029", name="Smith & Sons Ltd", manager="Ann Lee")
    told = draft(Kind.ISSUE_OVERDUE, effect=effect(5, 0, Unit.ISSUES), dealer=dealer)
    message = tell(told, AT, Details(("C-17", "C-20", "C-31")))
    assert message.en.endswith(
        "has 5 unresolved issues past their deadline, C-17, C-20, C-31 and 2 more, "
        "the oldest since 5 September 2011, account manager Ann Lee."
    )
    assert "问题编号 C-17、C-20、C-31 及另外 2 项" in message.zh
    assert message.zh.endswith("客户经理 Ann Lee。")


def test_unusual_pattern_is_told_by_its_measures() -> None:
    told = draft(Kind.UNUSUAL_PATTERN, effect=effect(20, 14, Unit.ORDERS))
    measures = ((Unit.ORDERS, 1.43), (Unit.PRICE_INDEX, 0.962), (Unit.RETURNS, 2.1))
    message = tell(told, AT, Details(measures=measures))
    assert (
        "trades in an unusual pattern: orders at 143% of usual, prices at 96.2% of usual, "
        "returns at 210% of usual, since about" in message.en
    )
    assert "订单数为往常的 143%" in message.zh


def test_single_issue_is_named_without_a_superlative() -> None:
    told = draft(Kind.ISSUE_OVERDUE, effect=effect(1, 0, Unit.ISSUES))
    assert "past its deadline, C-17, since 5 September" in tell(told, AT, Details(("C-17",))).en


def test_returns_are_told_with_how_much_came_back() -> None:
    told = draft(Kind.RETURN_SPIKE, effect=effect(1, 0.04, Unit.RETURNS))
    message = tell(told, AT, Details(back=Back(4.2, 3100.4, "GBP")))
    assert ", goods of about 4.2 usual orders came back lately (GBP 3,100), since " in message.en
    assert "近期退货约合 4.2 张平常订单" in message.zh
    assert "3,100 英镑" in message.zh


def test_returns_in_several_currencies_are_told_without_money() -> None:
    told = draft(Kind.RETURN_SPIKE, effect=effect(1, 0.04, Unit.RETURNS))
    assert (
        "about 1 usual order came back lately, since"
        in tell(told, AT, Details(back=Back(1.0, None, None))).en
    )


def test_old_window_is_told_with_its_end() -> None:
    assert "in the 28 days to 3 October 2011" in english(at=AT + 7 * DAY)


def test_chance_that_is_no_news_is_left_out() -> None:
    assert "chance" not in english(vertical=Vertical(ratio=0.5, chance=0.8))


def test_chance_beyond_imagination_is_bounded() -> None:
    beyond = english(vertical=Vertical(ratio=0.5, chance=0))
    assert "chance 1 in a billion or less" in beyond


def test_alert_that_faded_without_recovery_does_not_claim_one() -> None:
    ended = english(change=Change.RESOLVED)
    assert "no further sign that orders from dealer 16029" in ended


def test_dealer_that_never_came_back_is_not_said_to_be_well() -> None:
    ended = english(change=Change.RESOLVED, effect=effect(0, 14.6, Unit.ORDERS))
    assert "still orders nothing, which now counts as its usual" in ended


def test_end_tells_how_long_it_lasted_since_its_onset() -> None:
    assert english(change=Change.RESOLVED).startswith("Over after 24 days: ")


def test_gain_is_told_as_more() -> None:
    gain = effect(40, 14, Unit.ORDERS, -2100)
    assert "EUR 2,100 a week more" in english(
        kind=Kind.ORDER_VOLUME_SURGE, effect=gain, parts=Parts.of(2100, 0, 0, 0, 0)
    )


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words(verdict: Verdict) -> None:
    assert len(english(verdict=verdict)) > len(english(verdict=verdict).split(", chance")[0])


def test_market_with_a_name_of_its_own_is_named() -> None:
    seen = effect(1, 5, Unit.ORDERS)
    named = english(scope=Scope.MARKET, entity="Germany", effect=seen)
    assert named.startswith("Orders from the whole market (Germany) are below usual")
