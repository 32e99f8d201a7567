"""Recovery codes: ten, each good once, shown once, kept only as keyed hashes."""

from __future__ import annotations

import secrets

COUNT = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is mistaken for something else
_LENGTH, _GROUP = 25, 5
"""123 bits of chance: from 112 on a plain hash is enough (ASVS 5.0 6.5.2), and there are five groups of five to type."""
_FORMER_LENGTH, _FORMER_GROUP = 12, 4
"""Of codes that were made before; they are good until new ones are made."""


def new_codes() -> list[str]:
    return [_spaced("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)), _GROUP) for _ in range(COUNT)]


def plain(typed: str) -> str | None:
    """A code as it was made, however it was typed; None when it cannot be one."""
    text = "".join(typed.lower().split()).replace("-", "")
    group = {_LENGTH: _GROUP, _FORMER_LENGTH: _FORMER_GROUP}.get(len(text))
    return _spaced(text, group) if group and set(text) <= set(_ALPHABET) else None


def _spaced(text: str, group: int) -> str:
    return "-".join(text[n : n + group] for n in range(0, len(text), group))
