"""Every capability that a connector can lack has words, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

import portico_erp
from portico.cli import i18n as extraction
from portico.web.i18n import translate
from portico_erp.capabilities import CAPABILITIES
from portico_erp.words import WORDS

FOLDER = Path(portico_erp.__file__).parent


def test_each_capability_but_setup_has_words() -> None:
    assert list(WORDS) == [name for name in CAPABILITIES if name != "setup"]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_words_are_translated(language: str) -> None:
    catalog = extraction.read(FOLDER / f"locale/{language}/LC_MESSAGES/portico_erp.po", language)
    assert extraction.missing(extraction.texts(FOLDER), catalog) == []
    assert all(translate(language, words.without) != str(words.without) for words in WORDS.values())
