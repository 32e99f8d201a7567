"""Recovery codes: ten, each good once, shown once, kept only as keyed hashes."""

from __future__ import annotations

import secrets

COUNT = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is mistaken for something else
_LENGTH = 12
"""59 bits of chance; guessing is limited besides."""


def new_codes() -> list[str]:
    return [_spaced("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))) for _ in range(COUNT)]


def plain(typed: str) -> str | None:
    """A code as it was made, however it was typed; None when it cannot be one."""
    text = "".join(typed.lower().split()).replace("-", "")
    return _spaced(text) if len(text) == _LENGTH and set(text) <= set(_ALPHABET) else None


def _spaced(text: str) -> str:
    return "-".join(text[n : n + 4] for n in range(0, _LENGTH, 4))
