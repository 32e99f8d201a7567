"""Every text of the plugin speaks French and Arabic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import portico_quotes
from portico.cli import i18n as extraction

FOLDER = Path(portico_quotes.__file__).parent
_NAMES = re.compile(r"%\((\w+)\)s|\$\{(\w+)\}")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_text_is_translated_and_keeps_its_names(language: str) -> None:
    catalog = extraction.read(FOLDER / f"locale/{language}/LC_MESSAGES/portico_quotes.po", language)
    assert extraction.missing(extraction.texts(FOLDER), catalog) == []
    for message in catalog:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        known = {name for text in ids for name in _NAMES.findall(text)}
        assert all(set(_NAMES.findall(text)) <= known for text in strings if message.id)
