"""Invoices of the demo companies: none is lost, and what is paid comes of payments and credit notes alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from portico_demo import billing, nile, regency_company, turinova
from portico_demo.company import Company

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def companies() -> dict[str, Company]:
    return {"regency": regency_company.build(NOW)[0], "turinova": turinova.build(NOW), "nile": nile.build(NOW)}


@pytest.fixture(scope="module")
def built() -> dict[str, Company]:
    return companies()


@pytest.fixture(params=["regency", "turinova", "nile"])
def company(request: pytest.FixtureRequest, built: dict[str, Company]) -> Company:
    return built[request.param]


def tables(company: Company) -> dict[str, list[dict[str, object]]]:
    ids = {customer.code: n for n, customer in enumerate(company.customers, 1)}
    return {
        table: [dict(zip(columns.split(), row, strict=True)) for row in rows]
        for table, columns, rows in billing.rows(company, ids, NOW)
    }


def test_every_real_invoice_and_cancellation_is_there(built: dict[str, Company]) -> None:
    company, cleaned = regency_company.build(NOW)
    rows = tables(company)["invoices"]
    numbers = {row["number"] for row in rows}
    left_out = sum(count for why, count in cleaned.noted.items() if why.endswith("left out"))
    notes = [row for row in rows if row["kind"] == "credit_note"]
    assert len(rows) == len(numbers)
    assert {order.number for order in company.orders} <= numbers
    assert len(notes) + left_out == len(cleaned.credits)
    assert len([row for row in notes if row["credits_id"]]) == cleaned.noted["orders that a cancellation returns in full"]


def test_paid_is_what_payments_and_credit_notes_say(company: Company) -> None:
    found = tables(company)
    rows = {row["id"]: row for row in found["invoices"]}
    settled = dict.fromkeys(rows, Decimal(0))
    for row in found["payment_allocations"]:
        settled[row["invoice_id"]] += row["amount"]  # type: ignore[operator]
    paid_back = {str(row["reference"]).partition(" ")[0] for row in found["payments"] if row["amount"] < 0}  # type: ignore[operator]
    for row in rows.values():
        if row["kind"] == "credit_note":
            if row["credits_id"] and row["paid_total"] and row["number"] not in paid_back:
                settled[row["credits_id"]] += row["gross_total"]  # type: ignore[operator]
        else:
            assert row["paid_total"] <= row["gross_total"]  # type: ignore[operator]
            assert (row["status"] == "paid") == (row["paid_total"] == row["gross_total"])
    for row in rows.values():
        if row["kind"] == "invoice":
            assert settled[row["id"]] == row["paid_total"], row


@pytest.mark.parametrize("slug", ["regency", "turinova"])
def test_there_is_something_of_every_state(built: dict[str, Company], slug: str) -> None:
    rows = [row for row in tables(built[slug])["invoices"] if row["kind"] == "invoice"]
    states = {
        "paid" if row["status"] == "paid" else "overdue" if row["due_on"] < NOW.date() else "open"  # type: ignore[operator]
        for row in rows
    }
    assert states == {"paid", "overdue", "open"}


def test_the_same_moment_gives_the_same_invoices(built: dict[str, Company]) -> None:
    assert tables(built["turinova"]) == tables(turinova.build(NOW))
