"""Settings: what is allowed, which source wins, and what a wrong one is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.duration import Duration
from schemas.settings import Settings
from schemas.settings_reference import settings_reference
from streams.configuration import load, names
from streams.errors import UsageError


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEALERWATCH_BROKER", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


def told(*overrides: str, config: Path | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        load(config, overrides)
    return str(refused.value)


@given(st.integers(1, 9_999_999), st.sampled_from("smhd"))
def test_duration_survives_writing_and_reading(number: int, unit: str) -> None:
    duration = Duration.parse(f"{number}{unit}")
    assert Duration.parse(str(duration)) == duration


@given(st.text(max_size=6).filter(lambda text: not re.fullmatch(r"[1-9][0-9]*[smhd]", text)))
def test_duration_refuses_whatever_is_not_a_number_and_a_unit(text: str) -> None:
    with pytest.raises(ValueError, match="90s, 15m, 1h, 1d"):
        Duration.parse(text)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1d", 86_400)])
def test_duration_is_microseconds_inside_and_seconds_for_timers(text: str, seconds: int) -> None:
    duration = Duration.parse(text)
    assert (duration, duration.seconds) == (seconds * 1_000_000, seconds)


def test_defaults_need_nothing_from_outside() -> None:
    assert load() == Settings()


def test_plugged_detectors_are_read_as_the_docs_write_them(file: Path) -> None:
    file.write_text(
        "detectors: [{path: river.drift.PageHinkley, parameters: {threshold: 20}, on: price}]\n"
    )
    (plugged,) = load(file).detectors
    assert (plugged.path, plugged.on) == ("river.drift.PageHinkley", "price")
    file.write_text("detectors: [{path: river.drift.Nothing}]\n")
    assert "detectors.0.path = river.drift.Nothing" in told(config=file)


def test_each_source_beats_the_one_below(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("tick: 15m\nlateness: 1m\nbudget: {false_alerts_per_week: 3}\n")
    monkeypatch.setenv("DEALERWATCH_TICK", "30m")
    monkeypatch.setenv("DEALERWATCH_BUDGET__FALSE_ALERTS_PER_WEEK", "4")
    settings = load(file, ["budget.false_alerts_per_week=5"])
    assert str(settings.lateness) == "1m"  # file over default
    assert str(settings.tick) == "30m"  # environment over file
    assert settings.budget.false_alerts_per_week == 5  # --set over environment
    assert settings.topics.partitions == 4  # default


def test_values_of_one_group_come_from_several_sources(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("topics: {partitions: 8, prefix: a-}\n")
    monkeypatch.setenv("DEALERWATCH_TOPICS__PREFIX", "b-")
    topics = load(file, ["topics.replication_factor=3"]).topics
    assert (topics.partitions, topics.prefix, topics.replication_factor) == (8, "b-", 3)


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("tick=7m", "must divide 24 hours exactly"),
        ("tick=30s", "must be between 1m and 1d"),
        ("tick=3600", "a duration is a whole number and a unit"),
        ("budget.false_alerts_per_week=0", "greater than 0"),
        ("budget.false_alerts_per_week=nan", "finite"),
        ("budget.false_alerts_per_week=many", "valid number"),
        ("currency=eur", "ISO 4217, three upper-case letters"),
        ("timezone=Mars/Olympus", "must be an IANA time zone"),
        ("broker=somewhere", "HOST:PORT"),
        ("webhook.url=ftp://x", "http:// or https://"),
        ("metrics.port=70000", "must be less than or equal to 65535"),
        ("log.level=loud", "must be 'debug', 'info', 'warning' or 'error'"),
        ("detectors=x", "river to run beside our own"),
    ],
)
def test_impossible_value_is_told_with_setting_value_and_what_is_allowed(
    override: str, allowed: str
) -> None:
    name, value = override.split("=")
    message = told(override)
    assert name in message
    assert value in message
    assert allowed in message


def test_unknown_setting_is_told_the_nearest_name() -> None:
    assert "did you mean `budget.false_alerts_per_week`" in told("budget.false_alert_per_week=1")


def test_group_given_a_value_is_told_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "`budget` is a group; its settings are budget.false_alerts_per_week" in told("budget=1")
    monkeypatch.setenv("DEALERWATCH_BUDGET", "1")
    assert "did you mean `DEALERWATCH_BUDGET__FALSE_ALERTS_PER_WEEK`" in told()


def test_unknown_setting_in_a_file_is_told_the_nearest_name(file: Path) -> None:
    file.write_text("markt: {name: EU}\n")
    assert "did you mean `market.name`" in told(config=file)


def test_unknown_variable_is_told_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALERWATCH_TIK", "15m")
    message = told()
    assert "DEALERWATCH_TIK:" in message
    assert "did you mean `DEALERWATCH_TICK`" in message


def test_override_without_value_is_told_how_to_write_it() -> None:
    assert "write name=value" in told("tick")


def test_name_near_no_setting_is_told_where_they_are_listed() -> None:
    assert "`dealerwatch schema --settings` shows them all" in told("colour=blue")


def test_file_that_is_no_yaml_is_told_its_line(file: Path) -> None:
    file.write_text("tick: 15m\nmarket: [\n")
    message = told(config=file)
    assert f"{file} line 3: not YAML: " in message
    assert "\n" not in message


@pytest.mark.parametrize("content", ["- a\n- b\n", "tick: [", "\x00"])
def test_file_that_is_no_mapping_is_told_so(file: Path, content: str) -> None:
    file.write_text(content)
    assert str(file) in told(config=file)


def test_missing_file_is_told(tmp_path: Path) -> None:
    assert "nowhere.yaml: cannot be read: No such file" in told(config=tmp_path / "nowhere.yaml")


def test_empty_file_changes_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert load(file) == Settings()


def test_all_wrong_settings_are_told_at_once() -> None:
    message = told("tick=7m", "currency=eur")
    assert "tick" in message
    assert "currency" in message


def test_more_confirming_copies_than_copies_are_refused() -> None:
    assert "must not be above replication_factor=1" in told("topics.min_insync_replicas=2")


def test_webhook_without_signing_key_is_refused_and_the_key_never_shown() -> None:
    message = told("webhook.url=http://localhost/", "webhook.secret=hunter2")
    assert "secret must be `whsec_`" in message
    assert "hunter2" not in message


def test_settings_cannot_be_changed_afterwards() -> None:
    settings: Any = Settings()
    with pytest.raises(ValidationError):
        settings.tick = Duration.parse("15m")


def test_settings_model_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALERWATCH_TICK", "15m")
    assert str(Settings().tick) == "1h"


def test_the_page_of_settings_is_current_and_names_each() -> None:
    page = Path("docs/settings.md").read_text("utf-8")
    assert page == settings_reference(), "run `dealerwatch schema --settings > docs/settings.md`"
    for name in names():
        assert f"| `{name}` |" in page


def test_every_setting_is_described() -> None:
    for name in names():
        model: type[BaseModel] = Settings
        *groups, leaf = name.split(".")
        for group in groups:
            inner = model.model_fields[group].annotation
            assert isinstance(inner, type)
            model = inner
        assert model.model_fields[leaf].description, name
