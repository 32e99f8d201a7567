"""The page of a statement, its PDF and its files: of any range, in one currency, for whom it is."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa
from tests.functional.portico_payments.books import Books, credit, invoice, payment

from portico.audit.models import AuditEntry
from portico.db.types import new_id, now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_payments import accounting, documents, statement_views

DAY = dt.date(2026, 3, 1)
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
def told(books: Books) -> Books:
    """February: 100 billed. March: 240 billed, 20 credited, 150 paid. April: 60 billed. And something in dinars."""

    def on(month: int, day: int = 5) -> dict[str, Any]:
        return {"issued_on": dt.date(2026, month, day), "due_on": dt.date(2026, month, day) + dt.timedelta(30)}

    books.invoices(
        invoice("1", "100", **on(2)), invoice("2", "240", **on(3)), credit("3", "2", "20", issued_on=dt.date(2026, 3, 6)),
        invoice("4", "60", **on(4)), invoice("5", "0.125", currency="KWD", **on(3)),
    )  # fmt: skip
    books.payments(payment("1", "150", paid_on=dt.date(2026, 3, 31)))
    books.post()
    return books


def rows(client: Client, **asked: str) -> list[str]:
    page = client.get("/payments/statement", {**MARCH, **asked})
    return [" ".join(row.text.split()) for row in page.html.select("#statement tbody tr")]


def figures(client: Client, **asked: str) -> list[str]:
    page = client.get("/payments/statement", {**MARCH, **asked})
    return [one.text for one in page.html.select(".payments-figures .figure")]


def test_a_statement_adds_up_line_by_line(told: Books, finance: Client) -> None:
    assert rows(finance) == [
        "5 Mar 2026 Invoice I-2 €240.00 €340.00",
        "6 Mar 2026 Credit note CN-3 -€20.00 €320.00",
        "31 Mar 2026 Payment P-1 -€150.00 €170.00",
    ]
    assert figures(finance) == ["€100.00", "€240.00", "-€170.00", "€170.00"]


def test_each_line_leads_to_its_invoice_or_payment(told: Books, finance: Client) -> None:
    page = finance.get("/payments/statement", MARCH)
    for link, number in zip(page.html.select("#statement tbody .row-link"), ("I-2", "CN-3", "P-1"), strict=True):
        assert number in finance.get(link["href"]).text


def test_each_currency_is_by_itself(told: Books, finance: Client) -> None:
    assert rows(finance, currency="KWD") == ["5 Mar 2026 Invoice I-5 KWD 0.125 KWD 0.125".replace("KWD ", "KWD\xa0").replace("\xa0", " ")]
    assert rows(finance, currency="nonsense") == rows(finance)


def test_what_is_open_is_told_by_its_age_and_comes_to_the_balance(told: Books, finance: Client) -> None:
    facts = finance.get("/payments/statement", MARCH).html.select("#statement dl.facts dd")
    assert facts[-1].text == "€230.00"  # by the ledger, of all that is booked
    assert facts[-2].text == "-€170.00"  # 150 paid and 20 credited, which settle nothing by what the company says


def test_a_long_statement_goes_on_over_pages(books: Books, finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_views, "PER_PAGE", 3)
    books.invoices(*(invoice(str(number), "10", issued_on=DAY) for number in range(7)))
    books.post()
    found: list[str] = []
    for page in ("1", "2", "3"):
        found += rows(finance, page=page)
    assert [row.split()[-1] for row in found] == [f"€{10 * (number + 1)}.00" for number in range(7)]
    assert rows(finance, page="4") == []
    assert rows(finance, page="x") == found[:3]


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"from": "x"}, "Write the date like"), ({"from": "2026-04-01", "to": "2026-03-01"}, "before the first one")],
)
def test_what_cannot_be_read_is_said(finance: Client, told: Books, asked: dict[str, str], words: str) -> None:
    assert words in finance.get("/payments/statement", asked).text
    finance.get("/payments/statement.pdf", asked, status=422)
    finance.post("/payments/statement/export", {**asked, "format": "csv"}, status=422)


def test_without_days_it_is_of_the_last_three_months(finance: Client, told: Books) -> None:
    page = finance.get("/payments/statement").html
    [until] = page.select("input[name=to][type=date]")
    assert until["value"] == now().date().isoformat() or until["value"] > "2026"


def test_staff_choose_a_customer(company: Company, told: Books, account_id: UUID) -> None:
    company.account("Other", "C-2")
    agent = company.agent()
    assert "Whose statement?" in agent.get("/payments/statement").text
    assert len(rows(agent, account=str(account_id))) == 3
    agent.get(f"/payments/statement?account={new_id()}", status=404)
    agent.get("/payments/statement.pdf", status=303)
    agent.post("/payments/statement/export", {"format": "ofx"}, status=303)


def test_nobody_reads_anothers_statement(company: Company, told: Books, account_id: UUID) -> None:
    other = company.account("Other", "C-2")
    stranger = company.client(company.customer_person(other, role="owner"))
    assert "Nothing was booked yet" in stranger.get("/payments/statement").text
    asked = {**MARCH, "account": str(account_id)}
    stranger.get("/payments/statement", asked, status=404)
    stranger.get("/payments/statement.pdf", asked, status=404)
    stranger.post("/payments/statement/export", {**asked, "format": "csv"}, status=404)
    for place in ({"role": "viewer"}, {"role": "purchaser"}):
        company.client(company.customer_person(account_id, **place)).get("/payments/statement", status=403)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("currency", ["EUR", "KWD"])
def test_the_pdf_is_made_and_on_record(told: Books, finance: Client, language: str, currency: str) -> None:
    asked = {**MARCH, "currency": currency}
    answer = finance.get("/payments/statement.pdf", asked, headers={"Accept-Language": language})
    assert answer.body.startswith(b"%PDF-")
    assert [row.subject_type for row in told.rows(sa.select(AuditEntry.subject_type).where(AuditEntry.action == "documents.downloaded"))] == ["statement"]


def test_what_is_too_long_for_paper_is_refused(told: Books, finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_LINES", 2)
    answer = finance.get("/payments/statement.pdf", MARCH, status=422)
    assert "more than 2,000 lines" in answer.text


def test_the_csv_has_every_line_with_its_balance(told: Books, finance: Client) -> None:
    answer = finance.post("/payments/statement/export", {**MARCH, "format": "csv"})
    found = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert [(one["What"], one["Billed"], one["Paid or credited"], one["Balance"]) for one in found] == [
        ("Opening balance", "", "", "100.00"), ("Invoice", "240.00", "", "340.00"), ("Credit note", "", "20.00", "320.00"),
        ("Payment", "", "150.00", "170.00"), ("Closing balance", "", "", "170.00"),
    ]  # fmt: skip
    [entry] = told.rows(sa.select(AuditEntry.after).where(AuditEntry.action == "payments.statement_export"))
    assert entry.after["format"] == "csv"


def test_the_workbook_has_numbers(told: Books, finance: Client) -> None:
    answer = finance.post("/payments/statement/export", {**MARCH, "format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    assert [row[5].value for row in list(sheet.rows)[1:]] == [100, 340, 320, 170, 170]


@pytest.mark.parametrize(("form", "words"), [("ofx", "<BALAMT>-170.00</BALAMT>"), ("hledger", "0 EUR = -170.00 EUR")])
def test_bookkeeping_programs_get_the_closing_balance(told: Books, finance: Client, form: str, words: str) -> None:
    assert words in finance.post("/payments/statement/export", {**MARCH, "format": form}).text


def test_no_other_format_is_known(told: Books, finance: Client) -> None:
    finance.post("/payments/statement/export", {**MARCH, "format": "mt940"}, status=422)


def test_a_statement_costs_few_queries_however_long(books: Books, finance: Client) -> None:
    books.invoices(invoice("0", "10", issued_on=DAY))
    books.post()
    finance.get("/payments/statement", MARCH)
    few = len(finance.queries)
    books.invoices(*(invoice(str(number), "10", issued_on=DAY) for number in range(1, 90)))
    books.post()
    finance.get("/payments/statement", MARCH)
    assert len(finance.queries) == few <= 8


def test_the_parts_of_a_statement_go_on_where_the_last_ended(books: Books, company: Company, account_id: UUID) -> None:
    books.invoices(*(invoice(str(number), "10", issued_on=DAY) for number in range(20)))
    books.post()
    with company.system() as db:
        found = accounting.statements(db, account_id, DAY, DAY)["EUR"]
        parts = [line for after in (0, 7, 14) for line in accounting.lines(db, account_id, found, most=7, after=after)]
        whole = list(accounting.all_lines(db, account_id, found))
    assert parts == whole
    assert parts[-1].balance == found.closing == Decimal(200)
