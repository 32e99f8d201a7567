"""How texts are searched, in the languages of the demo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico_quotes.folding import fold, words


@pytest.mark.parametrize(("text", "folded"), [
    ("Tôle d'acier 10mm", "tole d acier 10mm"), ("STEEL-1/A_b", "steel 1 a b"), ("Straße", "strasse"),
    ("طَابِعَة فواتير", "طابعه فواتير"), ("إيصال أحمر", "ايصال احمر"), ("٣ لفات", "3 لفات"), ("  ", ""), ("%_'\\:*&|!", ""),
])
def test_texts_are_found_however_they_are_written(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=400))
def test_folding_is_stable_and_leaves_words_and_spaces_only(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert all(one.isalnum() or one == " " for one in once)
    assert len(words(text)) <= 8
