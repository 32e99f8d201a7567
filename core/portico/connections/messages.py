"""Keeps what a connector said in a form that can be told in any language later: on other days, to other readers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from translationstring import TranslationString

LONGEST = 1000
_MARK = '{"text": '


def kept(message: Any) -> dict[str, Any]:
    """A message as JSON. A Decimal in its mapping is a number, written as the reader's language does."""
    mapping = {name: _kept_value(value) for name, value in (getattr(message, "mapping", None) or {}).items()}
    return {"text": str(message)[:LONGEST], "domain": getattr(message, "domain", None), "mapping": mapping}


def _kept_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return kept(value) if isinstance(value, TranslationString) else str(value)[:LONGEST]


def told(stored: Any) -> Any:
    """What `kept` made, as a message again; a plain text as it is."""
    if not isinstance(stored, dict):
        return stored
    if "number" in stored:
        return Decimal(stored["number"])
    if not stored.get("domain"):
        return str(stored.get("text", ""))
    mapping = {name: told(value) for name, value in (stored.get("mapping") or {}).items()}
    return TranslationString(stored["text"], domain=stored["domain"], mapping=mapping)


def written(message: Any) -> str:
    """A message as one text, which `read` makes a message again; a plain text as it is."""
    return json.dumps(kept(message), ensure_ascii=False) if isinstance(message, TranslationString) else str(message)


def read(text: str | None) -> Any:
    """A column's text as a message; what is no message of ours is a plain text."""
    if text is None or not text.startswith(_MARK):
        return text
    try:
        return told(json.loads(text))
    except ValueError:
        return text


class Message(TypeDecorator[Any]):
    """A text column for a message: a TranslationString comes back as one."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return value if value is None else written(value if isinstance(value, TranslationString) else str(value)[:LONGEST])

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return read(value)
