"""Days that are known to differ, from iCalendar."""

from __future__ import annotations

import pytest

from schemas.calendar import CalendarWindow
from schemas.ics import parse_ics
from schemas.instant import format_instant


def ics(*properties: str) -> bytes:
    """An iCalendar file with one event."""
    event = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20240101T000000Z", *properties, "END:VEVENT"]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *event, "END:VCALENDAR", ""]
    return "\r\n".join(whole).encode()


def span(window: CalendarWindow) -> tuple[str, str]:
    return format_instant(window.start), format_instant(window.end)


@pytest.mark.parametrize(
    ("properties", "start", "end"),
    [
        (("DTSTART;VALUE=DATE:20241001", "DTEND;VALUE=DATE:20241008"), "2024-10-01", "2024-10-08"),
        (("DTSTART;VALUE=DATE:20241001",), "2024-10-01", "2024-10-02"),
        (("DTSTART;VALUE=DATE:20241001", "DURATION:P2D"), "2024-10-01", "2024-10-03"),
    ],
)
def test_event_of_dates_is_whole_days(properties: tuple[str, ...], start: str, end: str) -> None:
    (window,) = parse_ics(ics("SUMMARY:National Day", *properties), "c.ics")
    assert span(window) == (f"{start}T00:00:00Z", f"{end}T00:00:00Z")
    assert (window.name, window.type, window.scope) == ("National Day", "holiday", "market")
    assert window.local


def test_event_of_moments_has_with_zones_and_categories() -> None:
    times = ("DTSTART;TZID=Europe/Berlin:20241001T100000", "DTEND:20241001T120000Z")
    (window,) = parse_ics(ics(*times, "CATEGORIES:Shop,PROMOTION"), "c.ics")
    assert span(window) == ("2024-10-01T08:00:00Z", "2024-10-01T12:00:00Z")
    assert (window.name, window.type) == ("unnamed", "promotion")
    assert not window.local


def test_times_without_zone_are_those_of_whoever_is_concerned() -> None:
    (window,) = parse_ics(ics("DTSTART:20241001T100000", "DURATION:PT2H"), "c.ics")
    assert span(window) == ("2024-10-01T10:00:00Z", "2024-10-01T12:00:00Z")
    assert window.local


def test_event_that_repeats_is_as_many_windows() -> None:
    yearly = ("DTSTART;VALUE=DATE:20241001", "RRULE:FREQ=YEARLY;COUNT=4")
    found = parse_ics(ics(*yearly, "EXDATE;VALUE=DATE:20251001"), "c.ics")
    assert [span(one)[0][:10] for one in found] == ["2024-10-01", "2026-10-01", "2027-10-01"]


def test_event_repeats_at_the_same_time_on_the_wall_until_its_end() -> None:
    start = "DTSTART;TZID=Europe/Berlin:20240301T100000"
    rule = "RRULE:FREQ=MONTHLY;UNTIL=20240501T080000Z"
    found = parse_ics(ics(start, "DURATION:PT2H", rule), "c.ics")
    assert [span(one)[0] for one in found] == [
        "2024-03-01T09:00:00Z", "2024-04-01T08:00:00Z", "2024-05-01T08:00:00Z",
    ]  # fmt: skip


def test_event_that_repeats_for_ever_ends_with_the_holidays_we_know() -> None:
    found = parse_ics(ics("DTSTART;VALUE=DATE:20241001", "RRULE:FREQ=YEARLY"), "c.ics")
    assert len(found) == 27
    assert span(found[-1])[0] == "2050-10-01T00:00:00Z"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (("SUMMARY:x",), "DTSTART"),
        (("DTSTART:2024xx",), "DTSTART"),
        (("DTSTART:20241001T100000Z",), "DTEND is not after DTSTART"),
        (
            ("DTSTART:20241001T100000Z", "DTEND:20241001T120000"),
            "must both have a zone",
        ),
        (("DTSTART;VALUE=DATE:20241001", "RRULE:FREQ=HOURLY"), "RRULE is not supported; allowed"),
        (("DTSTART;VALUE=DATE:20241001", "RRULE:BYDAY=MO"), "RRULE is not supported; allowed"),
        (("DTSTART;VALUE=DATE:20241001", "RRULE:FREQ=NEVER"), "RRULE is not supported; allowed"),
        (("DTSTART;VALUE=DATE:20241001", "RDATE;VALUE=DATE:20251001"), "RDATE is not supported"),
    ],
)
def test_errors_name_the_event_and_the_property(properties: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^c.ics event 1: .*{message}"):
        parse_ics(ics(*properties), "c.ics")


def test_broken_ics_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match=r"^c\.ics: not iCalendar"):
        parse_ics(b"BEGIN:VCALENDAR\nnonsense", "c.ics")
