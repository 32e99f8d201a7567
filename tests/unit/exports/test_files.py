"""A table as CSV and as a spreadsheet: read back by others' readers, it is what was given, and nothing in it runs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from portico.api.schema import money
from portico.exports import csv_file, xlsx_file
from portico.exports.columns import Column, Table
from portico.exports.neutral import neutral_text

Write = Callable[[Table, IO[bytes]], int]
COLUMNS = (Column("Number"), Column("At", "moment"), Column("Day", "day"), Column("Lines", "number"), Column("Total", "money"))
ROW = ("O-1", dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC), dt.date(2026, 7, 9), 3, money(Decimal("-1234567.5"), "EUR"))


def table(rows: Iterable[Sequence[Any]], columns: Sequence[Column] = COLUMNS, **more: Any) -> Table:
    return Table("Orders", columns, [str(one.title) for one in columns], rows, ZoneInfo("Europe/Paris"), **more)


def as_csv(given: Table) -> list[list[str]]:
    file = io.BytesIO()
    csv_file.write(given, file)
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))


def as_sheet(given: Table) -> Any:
    file = io.BytesIO()
    xlsx_file.write(given, file)
    return openpyxl.load_workbook(file).active


def test_csv_holds_exact_amounts_and_the_companys_time() -> None:
    assert as_csv(table([ROW, (None,) * 5])) == [
        ["Number", "At", "Day", "Lines", "Total"],
        ["O-1", "2026-07-02 00:30:00", "2026-07-09", "3", "-1234567.50"],
        ["", "", "", "", ""],
    ]


def test_spreadsheet_holds_numbers_as_numbers_and_days_as_days() -> None:
    sheet = as_sheet(table([ROW]))
    number, at, day, lines, total = sheet[2]
    assert (number.value, number.data_type) == ("O-1", "s")
    assert (at.value, at.is_date) == (dt.datetime(2026, 7, 2, 0, 30), True)
    assert (day.value, day.is_date) == (dt.datetime(2026, 7, 9), True)
    assert (lines.value, lines.data_type) == (3, "n")
    assert (total.value, total.data_type, total.number_format) == (-1234567.5, "n", "#,##0.00")


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "#,##0"), ("KWD", "#,##0.000"), ("GBP", "#,##0.00")])
def test_an_amount_is_shown_with_its_currencys_decimals(currency: str, shown: str) -> None:
    sheet = as_sheet(table([(money(Decimal(5), currency),)], [Column("Total", "money")]))
    assert sheet["A2"].number_format == shown


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\uff1d1+1", '=HYPERLINK("http://x","y")'],
)
def test_no_text_is_a_formula(text: str) -> None:
    rows = [(text,)]
    assert as_csv(table(rows, [Column("A")]))[1] == [f"'{text}"]
    cell = as_sheet(table(rows, [Column("A")]))["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")
    assert cell.hyperlink is None


def test_a_title_is_no_formula_either() -> None:
    assert as_csv(table([], [Column("=1")]))[0] == ["'=1"]
    assert as_sheet(table([], [Column("=1")]))["A1"].value == "'=1"


@pytest.mark.parametrize("text", ["O-1", "Café, \"Nil\"\nKairo", "نايل", "https://example.com", "1=1", "0012", "x" * 32_767])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral_text(text) == text
    assert as_csv(table([(text,)], [Column("A")]))[1] == [text]
    cell = as_sheet(table([(text,)], [Column("A")]))["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_text_longer_than_a_cell_is_cut_where_one_sees_it() -> None:
    cell = as_sheet(table([("x" * 40_000,)], [Column("A")]))["A2"]
    assert (len(cell.value), cell.value[-1]) == (32_767, "…")


def test_a_sheet_reads_from_the_right_where_the_reader_does() -> None:
    assert as_sheet(table([], right_to_left=True)).sheet_view.rightToLeft
    assert not as_sheet(table([])).sheet_view.rightToLeft


def test_any_title_names_the_sheet() -> None:
    given = Table("[a]:b*c?d/e\\f'" * 5, COLUMNS, ["x"] * 5, [], ZoneInfo("UTC"))
    assert as_sheet(given)["A1"].value == "x"


@pytest.mark.parametrize("write", [csv_file.write, xlsx_file.write])
def test_memory_does_not_grow_with_the_rows(write: Write) -> None:
    few, many = (peak_of(write, number) for number in (2_000, 20_000))
    assert many < few + 300_000, (few, many)


class Nowhere(io.RawIOBase):
    """Takes what is written, and keeps none of it."""

    def __init__(self) -> None:
        self.place = self.size = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def write(self, data: Any) -> int:
        self.place += len(data)
        self.size = max(self.size, self.place)
        return len(data)


def peak_of(write: Write, number: int) -> int:
    """Bytes that Python held at once beyond what it held before."""

    def rows() -> Iterator[Sequence[Any]]:
        for n in range(number):
            yield (f"O-{n}", *ROW[1:])

    write(table(rows()), Nowhere())  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        assert write(table(rows()), Nowhere()) == number  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
