"""Triggers in templates are ones that htmx can read: a selector of two words has to stand in round brackets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[3]
TEMPLATES = [
    file for root in ("core", "plugins", "themes") for file in sorted((TREE / root).rglob("*.jinja2"))
    if "hx-trigger" in file.read_text(encoding="utf-8")
]  # fmt: skip
MODIFIER = r"(?:changed|once|consume|(?:delay|throttle|from|target|queue|root|threshold):\S+)"
UNREADABLE = re.compile(rf"from:(?:(?:find|closest|next|previous) )?+[^\s,(]+ (?!{MODIFIER})\S")


def test_pattern_finds_what_htmx_refuses() -> None:
    assert UNREADABLE.search("input changed delay:250ms from:find .search input, submit")
    assert not UNREADABLE.search("input from:find input, change from:find .more, submit")
    assert not UNREADABLE.search("input from:#brand delay:300ms, change from:#brand delay:300ms")


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.relative_to(TREE).as_posix())
def test_selectors_of_triggers_are_one_word(file: Path) -> None:
    for trigger in re.findall(r'hx-trigger="([^"]*)"', file.read_text(encoding="utf-8")):
        assert not UNREADABLE.search(trigger), trigger
