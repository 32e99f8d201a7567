"""Keeps what people wrote from being run by a spreadsheet (OWASP: CSV injection; ASVS 1.2.10)."""

from __future__ import annotations

from collections.abc import Iterable

# What a spreadsheet would take for a formula, also behind what it trims, and in the wide forms that some read alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def neutral(cells: Iterable[str]) -> list[str]:
    """Cells that begin like a formula get an apostrophe in front."""
    return [neutral_text(cell) for cell in cells]


def neutral_text(cell: str) -> str:
    begins = cell.startswith(_FORMULA) or cell.lstrip(" \u00a0").startswith(_FORMULA)
    return f"'{cell}" if begins else cell
