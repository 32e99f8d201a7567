"""docs/security.md names tests that exist, and says something of every check that is asked for."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

_ROW = re.compile(r"^\| ([–\d.,* to]+) \| (.+?) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")

ASKED_FOR = set(
    "1.2.1 1.2.2 1.2.4 1.2.10 1.3.1 1.3.4 1.3.5 1.3.6 1.3.7 1.3.11 1.5.1 1.5.2 2.2.2 2.3.1 2.3.3 2.3.4 2.4.1 3.2.1 3.3.1 3.3.4 "
    "3.4.1 3.4.2 3.4.3 3.4.6 3.5.1 3.7.2 4.1.3 5.2.2 5.2.3 5.4.1 5.4.2 6.2.1 6.2.12 6.3.4 6.3.8 6.4.3 6.5.1 6.5.2 6.6.3 6.8.2 "
    "7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.5.1 8.2.1 8.2.2 8.2.3 8.3.2 8.4.1 9.1.2 9.2.2 9.2.3 10.4.5 11.3.3 11.4.2 12.3.2 13.2.4 "
    "13.3.1 14.3.2 15.3.3 15.4.2".split()
)


@lru_cache
def functions(file: Path) -> set[str]:
    return {one.name for one in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(one, ast.FunctionDef)}


def test_every_named_test_exists(tree: Path) -> None:
    named = _TEST.findall((tree / "docs" / "security.md").read_text(encoding="utf-8"))
    assert len(named) > len(ASKED_FOR)
    gone = [f"{file}::{name}" for file, name in named if not (tree / file).exists() or (name and name not in functions(tree / file))]
    assert gone == []


def test_every_check_has_a_line_that_names_its_test(tree: Path) -> None:
    rows = _ROW.findall((tree / "docs" / "security.md").read_text(encoding="utf-8"))
    told = {number for ids, _what, _proof in rows for number in re.findall(r"\d+\.\d+\.\d+", ids)}
    assert told >= ASKED_FOR
    empty = [ids for ids, _what, proof in rows if not _TEST.search(proof)]
    assert empty == []
