"""What is overdue, and what a typed amount looks for."""

from __future__ import annotations

import datetime as dt

import pytest

from portico_invoices import filters, states

TODAY = dt.date(2026, 3, 10)


@pytest.mark.parametrize(
    ("kind", "status", "due", "state"),
    [
        ("invoice", "open", TODAY, "open"),
        ("invoice", "open", TODAY - dt.timedelta(days=1), "overdue"),
        ("invoice", "partly_paid", TODAY - dt.timedelta(days=1), "overdue"),
        ("invoice", "open", None, "open"),
        ("invoice", "paid", TODAY - dt.timedelta(days=1), "paid"),
        ("invoice", "cancelled", TODAY - dt.timedelta(days=1), "cancelled"),
        ("credit_note", "open", TODAY - dt.timedelta(days=1), "open"),
    ],
)
def test_overdue_is_open_after_its_day(kind: str, status: str, due: dt.date | None, state: str) -> None:
    found = states.state(kind, status, due, TODAY)
    assert found == state
    assert states.look(kind, found).title


@pytest.mark.parametrize(
    ("typed", "looked_for"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,5", "1234.5"),
        ("1'234'567.00", "1234567.00"),
        ("1234,50", "1234.50"),
        ("12.5", "12.5"),
        ("9.000", "9000"),
        ("1234", "1234"),
        ("INV-1.5", "inv-1.5"),
        ("1.2.3", "1.2.3"),
        ("1,23.45", "1,23.45"),
    ],
)
def test_amount_is_found_however_it_is_written(typed: str, looked_for: str) -> None:
    assert filters.typed(typed) == looked_for
