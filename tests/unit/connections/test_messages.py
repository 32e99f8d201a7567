"""What a connector said is told later in whatever language the reader has."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from translationstring import TranslationString

from portico.connections.messages import LONGEST, Message, kept, read, told
from portico.web.i18n import translate


def message(text: str, **mapping: Any) -> TranslationString:
    return TranslationString(text, domain="portico_companydb", mapping=mapping or None)


def there_and_back(value: Any) -> Any:
    column = Message()
    return column.process_result_value(column.process_bind_param(value, None), None)


def test_a_sentence_within_a_sentence_keeps_both() -> None:
    why = TranslationString("${field}: below zero.", domain="portico_erp", mapping={"field": message("Price")})
    whole = message(
        "${count} items; ${bad} of the first ${sample} cannot be used, for example ${ref}: ${why}",
        count=Decimal(3172), bad=Decimal(1), sample=Decimal(200), ref="material:X", why=why,
    )
    found = there_and_back(whole)
    assert translate("en", found) == "3,172 items; 1 of the first 200 cannot be used, for example material:X: Price: below zero."
    assert translate("fr", found).startswith("3\u202f172 articles")
    assert "Prix : valeur inférieure à zéro." in translate("fr", found)
    assert "السعر: أقل من الصفر." in translate("ar", found)


@pytest.mark.parametrize("text", [None, "plain", "", '{"text": broken', "[]", '{"other": 1}'])
def test_a_plain_text_stays_one(text: str | None) -> None:
    assert there_and_back(text) == text


def test_what_is_kept_is_bounded() -> None:
    found = kept(message("x" * 5000, name="y" * 5000))
    assert len(found["text"]) == LONGEST
    assert len(found["mapping"]["name"]["text"] if isinstance(found["mapping"]["name"], dict) else found["mapping"]["name"]) == LONGEST
    assert told(json.loads(json.dumps(found))) is not None
    assert read(None) is None
