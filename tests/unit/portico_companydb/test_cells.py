"""Cells of old databases: numbers, dates, times and truths in every spelling, and what is none of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico_companydb.foreign import cells
from portico_companydb.foreign.document import Cell
from portico_companydb.foreign.entities import BOOLEAN, DAY, KINDS, MOMENT, NUMBER, FieldKind
from portico_companydb.foreign.scan import bound
from portico_erp.errors import InvalidValueError

BERLIN = ZoneInfo("Europe/Berlin")


def read(kind: str, raw: Any, **words: Any) -> Any:
    return cells.value(FieldKind("", kind), Cell(columns=("X",), **words), {"X": raw, "PER": 100, "T": 93005}, "f", BERLIN, {})


@pytest.mark.parametrize(
    ("raw", "decimal", "expected"),
    [
        ("1.234,50", ",", "1234.50"),
        ("1,234.50", ".", "1234.50"),
        ("12,5-", ",", "-12.5"),
        (" 1 234,5 ", ",", "1234.5"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        (",5", ",", "0.5"),
        (0.1, ".", "0.1"),
        (7, ".", "7"),
        (b"12,5", ",", "12.5"),
    ],
)
def test_number_of_any_spelling(raw: Any, decimal: str, expected: str) -> None:
    assert read(NUMBER, raw, decimal=decimal) == Decimal(expected)


@pytest.mark.parametrize("raw", ["auf Anfrage", "1e5", "--1", "1.2.3", "٣", "NaN"])
def test_text_that_is_no_number_is_a_problem(raw: str) -> None:
    with pytest.raises(InvalidValueError):
        read(NUMBER, raw)


def test_cents_and_prices_for_a_hundred() -> None:
    assert read(NUMBER, 8765, scale=2, per="PER") == Decimal("0.8765")
    assert read(NUMBER, 100, per="T") == Decimal("0.0011")


@pytest.mark.parametrize(
    ("raw", "form", "expected"),
    [
        (20260301, "yyyymmdd", date(2026, 3, 1)),
        (Decimal("20260301"), "yyyymmdd", date(2026, 3, 1)),
        ("20260301", "auto", date(2026, 3, 1)),
        (1260301, "cyymmdd", date(2026, 3, 1)),
        (991231, "cyymmdd", date(1999, 12, 31)),
        (1032026, "ddmmyyyy", date(2026, 3, 1)),
        (2026060, "yyyyddd", date(2026, 3, 1)),
        ("01.03.2026", "%d.%m.%Y", date(2026, 3, 1)),
        ("2026-03-01", "auto", date(2026, 3, 1)),
        (date(2026, 3, 1), "auto", date(2026, 3, 1)),
        (0, "yyyymmdd", None),
        ("00000000", "yyyymmdd", None),
        (99999999, "yyyymmdd", None),
        ("  ", "auto", None),
        (None, "auto", None),
        (date(1, 1, 1), "auto", None),
        (date(9999, 12, 31), "auto", None),
        ("0000-00-00", "auto", None),
        ("0000-00-00 00:00:00", "auto", None),
    ],
)
def test_day_of_any_spelling(raw: Any, form: str, expected: date | None) -> None:
    assert read(DAY, raw, format=form) == expected


@pytest.mark.parametrize("raw", [20261301, 20260230, "soon", -1, "2026-02-30"])
def test_day_that_does_not_exist_is_a_problem(raw: Any) -> None:
    with pytest.raises(InvalidValueError):
        read(DAY, raw)


def test_time_of_day_in_a_column_beside() -> None:
    assert read(MOMENT, 20260301, format="yyyymmdd", time="T") == datetime(2026, 3, 1, 8, 30, 5, tzinfo=UTC)
    row = {"X": 20260301, "T": time(9, 30)}
    cell = Cell(columns=("X",), format="yyyymmdd", time="T")
    assert cells.moment(row["X"], cell, row, "f", BERLIN) == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_epochs() -> None:
    assert read(MOMENT, 1772323200, format="epoch") == datetime(2026, 3, 1, tzinfo=UTC)
    assert read(MOMENT, Decimal("1772323200123"), format="epoch_ms") == datetime(2026, 3, 1, 0, 0, 0, 123000, tzinfo=UTC)


def test_local_time_that_the_clocks_skipped_counts_from_before_the_change() -> None:
    assert read(MOMENT, datetime(2026, 3, 29, 2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_local_time_that_comes_twice_is_the_one_that_the_mapping_means() -> None:
    twice = datetime(2026, 10, 25, 2, 30)
    assert read(MOMENT, twice) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read(MOMENT, twice, fold=1) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert read(MOMENT, twice.replace(tzinfo=UTC)) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=200)),
    st.sampled_from(["moment", "day"]),
)
def test_no_row_of_later_stands_before_the_bound_whatever_the_clocks_did(since: datetime, later: timedelta, kind: str) -> None:
    begun = since.replace(tzinfo=UTC)
    local = (begun + later).astimezone(BERLIN).replace(tzinfo=None)
    limit = bound(begun, "auto", kind, BERLIN)
    assert limit <= (local if kind == "moment" else local.date())


@pytest.mark.parametrize(
    ("raw", "words", "expected"),
    [
        ("J", {}, True),
        ("n", {}, False),
        (1, {}, True),
        (0, {}, False),
        (True, {}, True),
        ("T ", {}, True),
        ("A", {}, True),
        ("I", {}, False),
        ("I", {"yes": frozenset("A")}, False),
        ("J", {"no": frozenset("J")}, False),
        ("", {"no": frozenset("J")}, True),
    ],
)
def test_truth_in_letters(raw: Any, words: dict[str, Any], expected: bool) -> None:
    assert read(BOOLEAN, raw, **words) is expected


def test_truth_that_is_neither_is_a_problem() -> None:
    with pytest.raises(cells.NotAssignedError):
        read(BOOLEAN, "Q")
    with pytest.raises(cells.NotAssignedError):
        read(BOOLEAN, "Q", yes=frozenset("J"), no=frozenset("N"))


def test_word_without_an_assignment_is_a_problem_or_the_default() -> None:
    assert read("text", "X ", values={"X": "done"}) == "done"
    assert read("text", "Y", values={"X": "done"}, otherwise="other") == "other"
    with pytest.raises(cells.NotAssignedError) as caught:
        read("text", "Y", values={"X": "done"})
    assert caught.value.value == "Y"


_CELLS = st.one_of(
    st.none(), st.text(max_size=20), st.binary(max_size=20), st.integers(), st.floats(), st.decimals(), st.booleans(), st.dates(),
    st.datetimes(), st.times(), st.timedeltas(),
)  # fmt: skip


@given(_CELLS, st.sampled_from(KINDS), st.sampled_from(["auto", "yyyymmdd", "cyymmdd", "epoch", "epoch_ms", "%d.%m.%Y"]))
def test_no_cell_makes_it_crash(raw: Any, kind: str, form: str) -> None:
    with suppress(InvalidValueError):
        read(kind, raw, format=form)
