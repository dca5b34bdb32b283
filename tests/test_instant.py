"""Event time: the text form, alone and in columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.instant import DAY, FIRST, HOUR, LAST, format_instant, parse_instant
from schemas.instants import parse_instants
from schemas.moment import parse_moment

MICROS = st.integers(FIRST, LAST)
DIGITS = st.text("0123456789", min_size=1, max_size=9)
OFFSETS = st.one_of(
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "+23:59", "-23:59", "", "+24:00", "+1:00"]),
    st.builds(
        "{}{:02d}:{:02d}".format, st.sampled_from("+-"), st.integers(0, 25), st.integers(0, 61)
    ),
)
TIMES = st.builds(
    "{:04d}-{:02d}-{:02d}{}{:02d}:{:02d}:{:02d}{}{}".format,
    st.one_of(st.integers(0, 9999), st.sampled_from([1900, 2000, 2023, 2024])),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from("TTTt "),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.one_of(st.just(""), st.builds(".{}".format, DIGITS)),
    OFFSETS,
)


@given(MICROS)
@example(FIRST)
@example(LAST)
def test_instant_survives_its_text(at: int) -> None:
    assert parse_instant(format_instant(at)) == at


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    st.integers(-1439, 1439),
)
def test_instant_agrees_with_the_standard_library(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_instant(moment.isoformat()) == since // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("1970-01-01T00:00:00.1234569Z", 123_456),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T23:00:00-01:00", 0),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
    ],
)
def test_instant_reads_rfc_3339(text: str, micros: int) -> None:
    assert parse_instant(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-31",
        "2024-05-31T12:00:00",
        "2024-05-31 12:00:00Z",
        "2024-05-31T12:00Z",
        "2024-05-31T12:00:00 Z",
        "2024-05-31T12:00:00Z ",
        "2024-05-31T12:00:00Z\n",
        "2024-05-31T12:00:00.Z",
        "2024-05-31T12:00:00,5Z",
        "2024-05-31T12:00:00+0200",
        "2024-05-31T12:00:00+02",
        "2024-05-31T12:00:00+24:00",
        "2024-05-31T12:00:00+02:60",
        "2024-05-31T24:00:00Z",
        "2024-12-31T23:59:60Z",
        "2024-05-31T12:60:00Z",
        "2024-04-31T12:00:00Z",
        "2023-02-29T12:00:00Z",
        "2024-13-01T12:00:00Z",
        "2024-00-01T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "２０２４-05-31T12:00:00Z",  # noqa: RUF001  digits of another script
        "2024-W22-5T12:00:00Z",
        "20240531T120000Z",
        "1717156800",
    ],
)
def test_instant_refuses_what_is_not_rfc_3339(text: str) -> None:
    with pytest.raises(ValueError, match="allowed is RFC 3339"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (1_500_000, "1970-01-01T00:00:01.5Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (FIRST, "0001-01-01T00:00:00Z"),
    ],
)
def test_instant_is_written_in_utc_and_as_short_as_it_can_be(micros: int, text: str) -> None:
    assert format_instant(micros) == text


@given(st.lists(st.one_of(TIMES, st.text(max_size=25)), max_size=8))
def test_columns_of_instants_equal_single_ones(texts: list[str]) -> None:
    ts, good = parse_instants(texts)
    for text, at, readable in zip(texts, ts.tolist(), good.tolist(), strict=True):
        try:
            assert (parse_instant(text), True) == (at, readable)
        except ValueError:
            assert (at, readable) == (0, False)


@given(st.lists(TIMES, min_size=1, max_size=8))
def test_columns_of_times_with_one_bad_offset_keep_the_good_ones(texts: list[str]) -> None:
    ts, good = parse_instants(["2024-05-31T12:00:00Z", *texts])
    assert (ts[0], good[0]) == (parse_instant("2024-05-31T12:00:00Z"), True)


def test_moment_of_a_date_alone_is_its_first_in_utc() -> None:
    assert parse_moment("1970-01-02") == DAY
    assert parse_moment("1970-01-02T01:00:00Z") == DAY + HOUR
    with pytest.raises(ValueError, match="no such time"):
        parse_moment("2023-02-29")
