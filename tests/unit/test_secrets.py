"""No key, token or password of anybody lies in the repository (ASVS 13.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "node_modules", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build", "dist"}
LOOKS_LIKE = (
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}",
    r"portico_pat_[\w-]{40}",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    r"\bxox[abprs]-[0-9A-Za-z-]{20}",
    r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",
    r"(?i:master_key)\s*[=:]\s*[\"']?[A-Za-z0-9_-]{43}=",
)
FOUND = re.compile("|".join(LOOKS_LIKE))


def files() -> Iterator[Path]:
    waiting = [ROOT]
    while waiting:
        for one in waiting.pop().iterdir():
            if one.is_dir() and not one.is_symlink() and one.name not in NOT_OURS and not one.name.endswith(".egg-info"):
                waiting.append(one)
            elif one.is_file() and one.stat().st_size < 2_000_000:
                yield one


def test_no_file_holds_a_secret() -> None:
    looked, holding = 0, []
    for file in files():
        looked += 1
        if FOUND.search(file.read_text(errors="replace")):
            holding.append(str(file.relative_to(ROOT)))
    assert looked > 900
    assert holding == []


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0B" * 2, "portico_" + "pat_" + "x" * 43, "AKIA" + "A1B2C3D4E5F6G7H8",
     "PORTICO_MASTER_KEY=" + "A" * 43 + "=", "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 43],
)
def test_a_secret_would_be_found(text: str) -> None:
    assert FOUND.search(text)
