"""The beginning of a text or a table, for pages to show: lines and cells, never markup."""

from __future__ import annotations

import csv
import re
from typing import Any

MOST_BYTES = 256 << 10
"""Of the file: the rest is not read."""
MOST_LINES, MOST_ROWS, MOST_CELLS = 200, 100, 20
LONGEST_LINE, LONGEST_CELL = 1000, 200
_SEPARATORS = ",;\t|"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What no page can show, and what turns the direction of the text behind it."""


def excerpt(data: bytes, extension: str, whole: bool) -> dict[str, Any]:
    """{"text": …} or {"rows": [[…]]}, and "more": whether the file goes on. data: its first MOST_BYTES; whole: all of it."""
    text = _decoded(data, whole)
    lines = text.splitlines()
    if not whole and len(lines) > 1:
        lines.pop()  # cut somewhere
    rows = _rows(lines) if extension in ("csv", "tsv") else []
    if rows:
        return {"rows": [[_cell(one) for one in row[:MOST_CELLS]] for row in rows[:MOST_ROWS]],
                "more": not whole or len(rows) > MOST_ROWS or any(len(row) > MOST_CELLS for row in rows)}
    shown = [_CONTROL.sub("", one)[:LONGEST_LINE] for one in lines[:MOST_LINES]]
    return {"text": "\n".join(shown),
            "more": not whole or len(lines) > MOST_LINES or any(len(one) > LONGEST_LINE for one in lines[:MOST_LINES])}


def _decoded(data: bytes, whole: bool) -> str:
    for cut in range(1 if whole else 4):  # a letter may be cut, and has up to four bytes
        try:
            return data[: len(data) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def _rows(lines: list[str]) -> list[list[str]]:
    """Nothing, if it is no table."""
    first = next((one for one in lines if one.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    if not first.count(separator):
        return []
    try:
        rows = [row for row in csv.reader((one + "\n" for one in lines[: MOST_ROWS * 4]), delimiter=separator) if row]
    except csv.Error:
        return []
    return rows if len(rows) > 1 else []


def _cell(text: str) -> str:
    return _CONTROL.sub(" ", text)[:LONGEST_CELL]
