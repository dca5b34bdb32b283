"""What is kept of a record that was not used."""

from __future__ import annotations

import json
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import MOST_KEPT, DeadLetter, Reason, Refusal
from schemas.fields import encode

REFUSAL = Refusal(Reason.NOT_JSON, "the record is not JSON")


@given(st.binary(max_size=100), st.one_of(st.none(), st.integers(0, 10**15)))
def test_letter_survives_its_line(raw: bytes, at: int | None) -> None:
    letter = DeadLetter.of(REFUSAL, ("orders", 3, 7), raw).dated(at)
    line = encode(letter)
    assert b"\n" not in line
    assert DeadLetter.model_validate_json(line) == letter
    assert b64decode(json.loads(line)["raw_base64"]) == raw


def test_letter_has_the_fields_of_the_contract_in_order() -> None:
    letter = DeadLetter.of(REFUSAL, ("orders", 3, 7), b"{")
    assert json.loads(encode(letter)) == {
        "reason": "not_json",
        "topic": "orders",
        "partition": 3,
        "offset": 7,
        "raw_base64": "ew==",
        "at": None,
        "detail": "the record is not JSON",
    }


def test_letter_keeps_the_first_mebibyte_of_a_record() -> None:
    letter = DeadLetter.of(REFUSAL, ("orders", 0, 0), b"x" * (MOST_KEPT + 5))
    assert b64decode(letter.raw_base64) == b"x" * MOST_KEPT


def test_letter_is_dated_without_changing_the_first_one() -> None:
    letter = DeadLetter.of(REFUSAL, ("orders", 0, 0), b"")
    assert json.loads(encode(letter.dated(0)))["at"] == "1970-01-01T00:00:00Z"
    assert letter.at is None
