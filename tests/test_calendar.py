"""Days that are known to differ, from CSV."""

from __future__ import annotations

import pytest

from schemas.calendar import CalendarWindow, parse_calendar
from schemas.instant import format_instant

HEADER = "start,end,name,type,scope,entity,expected_ratio\n"


def table(*rows: str) -> tuple[CalendarWindow, ...]:
    return parse_calendar((HEADER + "\n".join(rows)).encode(), "c.csv")


def span(window: CalendarWindow) -> tuple[str, str]:
    return format_instant(window.start), format_instant(window.end)


def test_csv_gives_windows_in_its_order() -> None:
    moments, dates = table(
        "2024-06-10T00:00:00+08:00,2024-06-19T00:00:00Z,618,promotion,region,North,1.5",
        "2024-10-01,2024-10-07,National Day,holiday,market,,",
    )
    assert span(moments) == ("2024-06-09T16:00:00Z", "2024-06-19T00:00:00Z")
    assert (moments.name, moments.type, moments.scope) == ("618", "promotion", "region")
    assert (moments.entity, moments.expected_ratio) == ("North", 1.5)
    assert span(dates) == ("2024-10-01T00:00:00Z", "2024-10-08T00:00:00Z")
    assert (dates.type, dates.scope, dates.entity) == ("holiday", "market", None)
    assert dates.expected_ratio is None
    assert dates.local  # two dates are days wherever they are looked at
    assert not moments.local


def test_csv_date_as_start_and_end_is_one_day() -> None:
    (window,) = table("2024-12-25,2024-12-25,Christmas,holiday,,,0")
    assert span(window) == ("2024-12-25T00:00:00Z", "2024-12-26T00:00:00Z")
    assert (window.scope, window.expected_ratio) == ("market", 0)


def test_csv_without_rows_has_no_windows() -> None:
    assert table() == parse_calendar(b"", "c.csv") == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2024-13-01,2024-10-07,n,holiday,market,,", "start is the text '2024-13-01'; allowed:"),
        ("2024-10-02,,n,holiday,market,,", "end is missing; needed:"),
        ("2024-10-02,2024-10-01,n,holiday,market,,", "end is not after start; allowed:"),
        ("2024-10-02,2024-10-02,,holiday,market,,", "name is missing; needed:"),
        ("2024-10-02,2024-10-02,n,feast,market,,", "type is the text 'feast'; allowed: One of hol"),
        ("2024-10-02,2024-10-02,n,event,shop,,", "scope is the text 'shop'; allowed: One of"),
        ("2024-10-02,2024-10-02,n,event,dealer,,", "entity is missing; needed: which dealer"),
        (
            "2024-10-02,2024-10-02,n,event,country,Spain,",
            "entity is Spain; allowed: a country",
        ),
        ("2024-10-02,2024-10-02,n,workday,,,", "type is the text 'workday'; allowed: One of hol"),
        ("2024-10-02,2024-10-02,n,event,market,,half", "expected_ratio is the text 'half'; allow"),
        ("2024-10-02,2024-10-02,n,event,market,,-1", "expected_ratio is the text '-1'; allowed:"),
        ("2024-10-02,2024-10-02,n,event,market,,nan", "expected_ratio is the text 'nan'; allow"),
        ("2024-10-02,2024-10-02,n,event,market,,,,", "9 cells; allowed are 7"),
    ],
)
def test_csv_errors_name_line_field_value_and_what_is_allowed(row: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^c.csv line 3: {message}"):
        table("2024-10-02,2024-10-02,fine,event,market,,", row)
