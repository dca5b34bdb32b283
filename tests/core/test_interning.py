"""Names have one number each, whoever asks and however."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.watching.dealers import Names
from detectors.watching.interning import UNKNOWN, NameIndex
from schemas.texts import Texts


@given(st.lists(st.lists(st.text(max_size=3), max_size=30), max_size=5), st.integers(0, 4))
def test_texts_get_the_numbers_that_strings_get(steps: list[list[str]], alone: int) -> None:
    by_text, by_string = Names(), Names()
    for number, names in enumerate(steps):
        expected = by_string.codes(names).tolist()
        if number == alone:
            assert [by_text.code(name) for name in names] == expected
        else:
            assert by_text.codes_of(Texts.of(names)).tolist() == expected
    assert by_text.all == by_string.all


def test_absent_text_stands_for_what_is_usual_and_gets_no_number_itself() -> None:
    names = Names()
    assert names.codes_of(Texts.of(["USD", "", "EUR", ""]), "EUR").tolist() == [0, 1, 1, 1]
    assert names.codes_of(Texts.of(["", "USD"]), "EUR").tolist() == [1, 0]
    assert names.all == ["USD", "EUR"]


def test_thousands_of_names_are_found_again() -> None:
    names = Names()
    texts = Texts.of(f"dealer {number}" for number in range(5_000))
    assert names.codes_of(texts).tolist() == list(range(5_000))
    assert names.codes_of(texts.take(slice(None, None, -1))).tolist() == list(range(5_000))[::-1]


def test_names_with_one_hash_are_told_apart_by_their_bytes() -> None:
    index = NameIndex()
    same = Texts.of(["a", "b", "bb", "a", "b"])
    same = replace(same, identity=np.full(5, same.identity[0]))
    assert index.add(same.take(slice(1))) == ["a"]
    assert index.find(same).tolist() == [0, UNKNOWN, UNKNOWN, 0, UNKNOWN]
    assert index.add(same) == ["b", "bb"]
    assert index.find(same).tolist() == [0, 1, 2, 0, 1]
