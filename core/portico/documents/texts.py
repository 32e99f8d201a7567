"""What people wrote, as it can stand in a document: readable characters, and none that turn the direction of what follows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They could show an amount's digits in another order than they have; the plain marks of direction cannot."""
_SPACES = frozenset("\t\x0b\x0c\x85\u2028\u2029")


def cleaned(value: Any) -> Any:
    """Every text within, in composed form; nothing else is changed. Raises TypeError for what no JSON can hold, and for floats:
    an amount is written by the plugin, or is a text."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(name): cleaned(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    raise TypeError(f"a document cannot hold {type(value).__name__}")


def _text(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_kept(one) for one in unicodedata.normalize("NFC", plain))


def _kept(one: str) -> str:
    if one == "\n":
        return one
    if one in _SPACES:
        return " "
    if one in _TURNING or unicodedata.category(one) in ("Cc", "Cs", "Cn", "Co"):
        return ""
    return one
