"""A table as CSV (RFC 4180): UTF-8 with the mark by which spreadsheets know it, amounts with a point, days as ISO 8601."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import IO, Any
from zoneinfo import ZoneInfo

from portico.exports.columns import Kind, Table
from portico.exports.neutral import neutral_text

MEDIA_TYPE = "text/csv"


def write(table: Table, file: IO[bytes]) -> int:
    """The number of rows below the titles. The file stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(neutral_text, table.titles))
    cells = _cells(table.zone)
    written = [cells[column.kind] for column in table.columns]
    count = 0
    for row in table.rows:
        count += 1
        writer.writerow(["" if value is None else cell(value) for cell, value in zip(written, row, strict=True)])
    text.flush()
    text.detach()
    return count


def _cells(zone: ZoneInfo) -> dict[Kind, Callable[[Any], str]]:
    return {
        "text": neutral_text,
        "number": lambda value: format(value, "f") if not isinstance(value, int) else str(value),
        "money": lambda value: format(value, "f"),
        "day": lambda value: str(value.isoformat()),
        "moment": lambda value: str(value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")),
    }
