"""What is known beforehand: master data and calendar, from files and by country."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from schemas.calendar import CalendarWindow
from schemas.instant import format_instant
from schemas.master import DealerRecord
from schemas.settings import Settings
from streams.errors import UsageError
from streams.logs import configure
from streams.playing.reference import read_calendar, read_master

CALENDAR = """start,end,name,type,scope,entity,expected_ratio
2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,May Day,holiday,market,,
"""
CHANGES = (("holiday", "party"), ("2024-05-02T00:00:00Z", "soon"))


def settings(**calendar: str) -> Settings:
    return Settings.model_validate({"calendar": calendar, "timezone": "Europe/Berlin"})


def test_nothing_is_known_by_default() -> None:
    assert read_calendar(Settings(), {}) == ()
    assert read_master(None) == {}


def days_of(windows: Sequence[CalendarWindow], name: str) -> list[tuple[str, str]]:
    return [
        (format_instant(w.start)[:10], format_instant(w.end)[:10])
        for w in windows
        if w.name == name
    ]


def test_holidays_of_a_country_are_days_wherever_its_dealers_are() -> None:
    windows = read_calendar(settings(country="DE"), {})
    assert ("2024-10-03", "2024-10-04") in days_of(windows, "German Unity Day")
    assert all(one.local and one.entity == "DE" and one.scope == "country" for one in windows)


def test_holidays_that_follow_each_other_are_one_window() -> None:
    windows = read_calendar(settings(country="CN"), {})
    assert ("2024-10-01", "2024-10-08") in days_of(windows, "National Day")  # over a weekend
    assert ("2024-04-04", "2024-04-06") in days_of(windows, "Tomb-Sweeping Day")


def test_worked_days_off_are_like_the_day_they_are_worked_for() -> None:
    worked = {
        format_instant(one.start)[:10]: one.like_weekday
        for one in read_calendar(settings(country="CN"), {})
        if one.type == "workday"
    }
    assert worked["2024-02-04"] == 3  # a Sunday for Thursday 15 February
    assert worked["2024-09-14"] == 0  # a Saturday for Monday 16 September


def test_countries_add_up_and_master_data_bring_their_own() -> None:
    dealer = DealerRecord(dealer_id="d", country="CH")
    windows = read_calendar(settings(country="FR,DE"), {"d": dealer})
    assert {one.entity for one in windows} == {"CH", "DE", "FR"}


def test_unknown_country_of_a_dealer_has_no_holidays() -> None:
    assert read_calendar(Settings(), {"d": DealerRecord(dealer_id="d", country="XX")}) == ()


def test_region_of_a_country_adds_its_own_holidays() -> None:
    country, region = (
        read_calendar(settings(country="DE"), {}),
        read_calendar(settings(country="DE-BY"), {}),
    )
    assert {(one.name, one.start) for one in country} < {(one.name, one.start) for one in region}


def test_file_and_country_add_up_and_the_option_beats_the_setting(tmp_path: Path) -> None:
    file, other = tmp_path / "one.csv", tmp_path / "other.csv"
    file.write_text(CALENDAR)
    other.write_text(CALENDAR.replace("May Day", "fair"))
    from_setting = read_calendar(settings(file=str(file)), {})
    from_option = read_calendar(settings(file=str(file)), {}, other)
    assert [window.name for window in from_setting] == ["May Day"]
    assert [window.name for window in from_option] == ["fair"]
    both = read_calendar(settings(file=str(file), country="DE"), {})
    assert len(both) > len(from_setting)


@pytest.mark.parametrize("content", [CALENDAR.replace(*change) for change in CHANGES])
def test_calendar_that_cannot_be_used_is_told_with_its_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "calendar.csv"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"calendar\.csv"):
        read_calendar(settings(file=str(file)), {})


@pytest.mark.parametrize(
    "content", ["", CALENDAR.splitlines()[0], "BEGIN:VCALENDAR\nEND:VCALENDAR\n"]
)
def test_calendar_without_a_day_is_read_and_remarked(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure()
    file = tmp_path / "calendar.csv"
    file.write_text(content)
    assert read_calendar(settings(), {}, file) == ()
    assert "no_days_in_calendar" in capsys.readouterr().err


def test_unknown_country_is_told_with_the_setting() -> None:
    with pytest.raises(UsageError, match=r"calendar\.country = XX"):
        read_calendar(settings(country="XX"), {})


def test_master_data_that_cannot_be_used_are_told_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "dealers.csv"
    file.write_text("name,region\nMeyer,north\n")
    with pytest.raises(UsageError, match=r"dealers\.csv"):
        read_master(file)
