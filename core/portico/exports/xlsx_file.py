"""A table as a spreadsheet (Office Open XML): each row is on the disk before the next one is read. Numbers are numbers, days
are days; texts are never formulas or links, whatever they begin with.

A spreadsheet holds numbers in binary: up to 15 digits are exact. CSV holds them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter

from portico.exports.columns import Kind, Table
from portico.exports.neutral import neutral_text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


def write(table: Table, file: IO[bytes]) -> int:
    """The number of rows below the titles. The file stays open."""
    book = xlsxwriter.Workbook(file, _OPTIONS)
    try:
        return _fill(book, table)
    finally:
        book.close()  # also where reading the rows fails: it removes what it has put on the disk


def _fill(book: Any, table: Table) -> int:
    sheet = book.add_worksheet(_NOT_IN_A_NAME.sub(" ", table.title)[:31])
    if table.right_to_left:
        sheet.right_to_left()
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    for place, title in enumerate(table.titles):
        sheet.write_string(0, place, neutral_text(title), bold)
    writers = _writers(book, sheet, table.zone)
    placed = [(place, writers[column.kind]) for place, column in enumerate(table.columns)]
    count = 0
    for row in table.rows:
        count += 1
        for (place, cell), value in zip(placed, row, strict=True):
            if value is not None:
                cell(count, place, value)
    return count


def _writers(book: Any, sheet: Any, zone: ZoneInfo) -> dict[Kind, Callable[[int, int, Any], Any]]:
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    minute = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    @lru_cache(maxsize=16)
    def amount(decimals: int) -> Any:
        return book.add_format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})

    def money(row: int, place: int, value: Any) -> None:
        sheet.write_number(row, place, value, amount(max(0, -value.as_tuple().exponent)))

    def text(row: int, place: int, value: str) -> None:
        value = neutral_text(value)
        sheet.write_string(row, place, value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + "…")

    def moment(row: int, place: int, value: Any) -> None:
        sheet.write_datetime(row, place, value.astimezone(zone).replace(tzinfo=None), minute)

    return {
        "text": text,
        "number": sheet.write_number,
        "money": money,
        "day": lambda row, place, value: sheet.write_datetime(row, place, value, day),
        "moment": moment,
    }
