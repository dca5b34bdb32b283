"""What is known beforehand: master data and calendar, from files and by country."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.instant import HOUR, parse_instant
from schemas.settings import Settings
from streams.errors import UsageError
from streams.playing.reference import read_calendar, read_master

CALENDAR = """start,end,name,type,scope,entity,expected_ratio
2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,May Day,holiday,market,,
"""
CHANGES = (("holiday", "party"), ("2024-05-02T00:00:00Z", "soon"))


def settings(**calendar: str) -> Settings:
    return Settings.model_validate({"calendar": calendar, "timezone": "Europe/Berlin"})


def test_nothing_is_known_by_default() -> None:
    assert read_calendar(Settings()) == ()
    assert read_master(None) == {}


def test_holidays_of_a_country_are_days_of_the_time_zone() -> None:
    windows = {(w.name, w.start): w for w in read_calendar(settings(country="DE"))}
    unity = next(
        w for (name, start), w in windows.items() if start == parse_instant("2024-10-02T22:00:00Z")
    )
    assert (unity.end - unity.start) == 24 * HOUR
    assert unity.type == "holiday"


def test_region_of_a_country_adds_its_own_holidays() -> None:
    country, region = (
        read_calendar(settings(country="DE")),
        read_calendar(settings(country="DE-BY")),
    )
    assert set(country) < set(region)


def test_file_and_country_add_up_and_the_option_beats_the_setting(tmp_path: Path) -> None:
    file, other = tmp_path / "one.csv", tmp_path / "other.csv"
    file.write_text(CALENDAR)
    other.write_text(CALENDAR.replace("May Day", "fair"))
    from_setting = read_calendar(settings(file=str(file)))
    from_option = read_calendar(settings(file=str(file)), other)
    assert [window.name for window in from_setting] == ["May Day"]
    assert [window.name for window in from_option] == ["fair"]
    both = read_calendar(settings(file=str(file), country="DE"))
    assert len(both) > len(from_setting)


@pytest.mark.parametrize("content", [CALENDAR.replace(*change) for change in CHANGES])
def test_calendar_that_cannot_be_used_is_told_with_its_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "calendar.csv"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"calendar\.csv"):
        read_calendar(settings(file=str(file)))


def test_unknown_country_is_told_with_the_setting() -> None:
    with pytest.raises(UsageError, match=r"calendar\.country = XX"):
        read_calendar(settings(country="XX"))


def test_master_data_that_cannot_be_used_are_told_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "dealers.csv"
    file.write_text("name,region\nMeyer,north\n")
    with pytest.raises(UsageError, match=r"dealers\.csv"):
        read_master(file)
