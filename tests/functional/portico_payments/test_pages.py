"""The pages of payments: what is on them, who sees it, how many queries they may cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_payments.books import Books, credit, invoice, payment

from portico.audit.models import AuditEntry
from portico.db.types import new_id, now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import Allocation, InvoiceStatus
from portico_payments.models import PAYMENT


def numbers(client: Client, **params: Any) -> list[str]:
    page = client.get("/payments", params)
    return [link.text for link in page.html.select("#payments tbody .row-link")]


def id_of(books: Books, ref: str) -> UUID:
    [row] = books.rows(sa.select(PAYMENT.c.id).where(PAYMENT.c.erp_ref == ref))
    return row.id


def test_the_list_shows_number_day_way_and_amount(books: Books, finance: Client) -> None:
    books.payments(payment("1", "1234567.89", paid_on=dt.date(2026, 1, 31)))
    row = finance.get("/payments").html.select_one("#payments tbody tr")
    assert row is not None
    for text in ("P-1", "€1,234,567.89", "31 Jan 2026", "transfer", "Received"):
        assert text in row.text


def test_an_empty_list_says_what_will_come(finance: Client) -> None:
    assert "appears here by itself" in finance.get("/payments").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["P-4", "P-3", "P-2", "P-1"]),
        ({"state": "received"}, ["P-4", "P-1"]),
        ({"state": "refunded"}, ["P-2"]),
        ({"state": "cancelled"}, ["P-3"]),
        ({"from": "2026-01-03"}, ["P-4", "P-3"]),
        ({"to": "2026-01-02"}, ["P-2", "P-1"]),
        ({"q": "p-3"}, ["P-3"]),
        ({"q": "CARD"}, ["P-4"]),
        ({"q": "%"}, []),
        ({"q": "nothing"}, []),
        ({"limit": "10", "state": "none such"}, ["P-4", "P-3", "P-2", "P-1"]),
    ],
)
def test_the_list_is_narrowed(books: Books, finance: Client, asked: dict[str, str], found: list[str]) -> None:
    day = dt.date(2026, 1, 1)
    books.payments(
        payment("1", paid_on=day),
        payment("2", "-5", paid_on=day + dt.timedelta(1)),
        payment("3", paid_on=day + dt.timedelta(2), cancelled=True),
        payment("4", paid_on=day + dt.timedelta(3), method="card"),
    )
    assert numbers(finance, **asked) == found


def test_pages_of_the_list_follow_each_other(books: Books, finance: Client) -> None:
    books.payments(*(payment(f"{number:02}", paid_on=dt.date(2026, 1, 1)) for number in range(25)))
    seen, page = [], finance.get("/payments?limit=10")
    while True:
        seen += [link.text for link in page.html.select("#payments tbody .row-link")]
        older = page.html.select_one('a[rel="next"]')
        if older is None:
            break
        page = finance.get(older["href"])
    assert len(seen) == len(set(seen)) == 25


def test_what_cannot_be_read_is_said(finance: Client) -> None:
    page = finance.get("/payments", {"from": "yesterday", "to": "2026-01-31"})
    assert "Write the date like 2026-01-31." in page.text
    assert "before the first one" in finance.get("/payments?from=2026-02-01&to=2026-01-01").text


def test_no_other_customer_sees_a_payment(company: Company, books: Books, finance: Client) -> None:
    books.payments(payment("1"))
    other = company.account("Other", "C-2")
    stranger = company.client(company.customer_person(other, role="owner"))
    own = id_of(books, "1")
    assert numbers(stranger) == []
    for path in (f"/payments/{own}", f"/payments/{own}/receipt.pdf"):
        stranger.get(path, status=404)
        finance.get(path)
    finance.get(f"/payments/{new_id()}", status=404)


@pytest.mark.parametrize(("place", "sees"), [
    ({"role": "owner"}, True), ({"role": "finance"}, True), ({"role": "purchaser"}, False), ({"role": "viewer"}, False),
])  # fmt: skip
def test_owners_and_finance_see_payments_and_nobody_else(
    company: Company, books: Books, account_id: UUID, place: dict[str, str], sees: bool
) -> None:
    books.payments(payment("1"))
    client = company.client(company.customer_person(account_id, **place))
    client.get("/payments", status=200 if sees else 403)


def test_who_sees_only_their_own_sees_no_payments(company: Company, books: Books, account_id: UUID) -> None:
    """What an organisation owes is nobody's own."""
    books.payments(payment("1"))
    client = company.client(company.customer_person(account_id, role="finance", reach="own"))
    assert numbers(client) == []
    client.get(f"/payments/{id_of(books, '1')}", status=404)


def test_staff_see_all_customers_and_filter_by_one(company: Company, books: Books) -> None:
    other = company.account("Other", "C-2")
    books.payments(payment("1"), replace(payment("2"), customer_ref="C-2"))
    agent = company.agent()
    assert sorted(numbers(agent)) == ["P-1", "P-2"]
    assert numbers(agent, account=str(other)) == ["P-2"]
    assert numbers(agent, q="p-1") == ["P-1"]
    assert numbers(agent, account=str(new_id())) == []


def test_the_page_shows_what_the_payment_settled(books: Books, finance: Client) -> None:
    books.invoices(invoice("1", "120"))
    settles = (Allocation("1", Decimal(60)), Allocation("9", Decimal(30)))
    books.payments(payment("1", "100", allocations=settles))
    page = finance.get(f"/payments/{id_of(books, '1')}")
    rows = [" ".join(row.text.split()) for row in page.html.select("main tbody tr")]
    assert "I-1" in rows[0]
    assert "€60.00" in rows[0]
    assert rows[1].startswith("9not known in the portal")
    [link] = page.html.select("main tbody .row-link[href]")
    assert "I-1" in finance.get(link["href"]).text
    facts = page.html.select_one("main dl")
    assert facts is not None
    assert "€10.00" in facts.text  # what is left of it


def test_a_cancelled_payment_says_so(books: Books, finance: Client) -> None:
    books.payments(payment("1", cancelled=True))
    assert "This payment was cancelled" in finance.get(f"/payments/{id_of(books, '1')}").text


@pytest.mark.parametrize("changed", [{}, {"cancelled": True}, {"amount": Decimal(-7)}])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_receipt_is_a_pdf(books: Books, finance: Client, changed: dict[str, Any], language: str) -> None:
    books.invoices(invoice("1", "120"))
    settles = () if "amount" in changed else (Allocation("1", Decimal(60)),)
    books.payments(replace(payment("1", allocations=settles), **changed))
    answer = finance.get(
        f"/payments/{id_of(books, '1')}/receipt.pdf", headers={"Accept-Language": language}, status=200
    )
    assert answer.content_type == "application/pdf"
    assert answer.body.startswith(b"%PDF-")


def test_staff_see_where_the_company_and_the_ledger_disagree(company: Company, books: Books) -> None:
    books.invoices(
        invoice("1", "120"),  # agrees
        invoice("2", "240", status=InvoiceStatus.PAID),  # the company says paid, and nothing is known of a payment
        invoice("3", "60", open_amount=Decimal(40), status=InvoiceStatus.PARTLY_PAID), credit("4", "3", "20"),  # agrees
        invoice("5", "100", open_amount=Decimal(70), status=InvoiceStatus.PARTLY_PAID),  # 40 were paid
    )  # fmt: skip
    books.payments(payment("1", "40", allocations=(Allocation("5", Decimal(40)),)))
    page = company.admin().get("/payments/reconciliation")
    rows = [" ".join(row.text.split()) for row in page.html.select("main tbody tr")]
    assert [row.split()[0] for row in rows] == ["I-2", "I-5"]
    assert "€0.00 €240.00 -€240.00" in rows[0]
    assert "€70.00 €60.00 €10.00" in rows[1]
    company.agent().get("/payments/reconciliation", status=403)


def test_where_all_agrees_that_is_said(company: Company, books: Books) -> None:
    books.invoices(invoice("1", "100", open_amount=Decimal(0), status=InvoiceStatus.PAID))
    books.payments(payment("1", "130", allocations=(Allocation("1", Decimal(100)),)))
    assert "Everything agrees" in company.admin().get("/payments/reconciliation").text


def _queries(client: Client, path: str) -> int:
    client.get(path)
    return len(client.queries)


def test_pages_cost_few_queries_however_many_rows(company: Company, books: Books, finance: Client) -> None:
    books.payments(payment("0", allocations=(Allocation("1", Decimal(1)),)))
    agent = company.agent()
    few = {client: _queries(client, "/payments?limit=100") for client in (finance, agent)}
    books.payments(
        *(
            payment(str(number), allocations=[Allocation(str(one), Decimal(1)) for one in range(number)])
            for number in range(1, 40)
        )
    )
    for client, count in few.items():
        assert _queries(client, "/payments?limit=100") == count <= 5
    counts = {_queries(finance, f"/payments/{id_of(books, ref)}") for ref in ("0", "39")}
    assert counts == {min(counts)}
    assert min(counts) <= 8


def test_the_api_says_the_same(company: Company, books: Books, account_id: UUID) -> None:
    books.invoices(invoice("1", "120"))
    books.payments(payment("1", "100", allocations=(Allocation("1", Decimal(60)),), paid_on=now().date()))
    api = company.api(company.customer_person(account_id, role="finance"))
    [item] = api.get("/payments").json["items"]
    assert (item["number"], item["amount"], item["assigned"], item["state"]) == ("P-1", "100.00", "60.00", "received")
    found = api.get(f"/payments/{item['id']}").json
    assert [(one["invoice_number"], one["amount"]) for one in found["settles"]] == [("I-1", "60.00")]
    assert api.get(f"/payments/{item['id']}/receipt.pdf").body.startswith(b"%PDF-")
    assert api.get("/payments?from=2026-02-01&to=2026-01-01", status=422)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_is_exported_and_that_is_on_record(books: Books, finance: Client, form: str) -> None:
    books.payments(payment("1", "0.5"), payment("2"))
    answer = finance.post("/payments/export", {"format": form, "q": "p-1"}, status=200)
    if form == "csv":
        head, row = answer.body.decode("utf-8-sig").splitlines()
        assert head == "Payment,Day,Status,Customer,Way of paying,Amount,Assigned to invoices,Currency"
        assert row.startswith("P-1,")
        assert row.endswith("Received,Acme,transfer,0.50,0.00,EUR")
    [entry] = books.rows(sa.select(AuditEntry.after).where(AuditEntry.action == "payments.export"))
    assert entry.after == {"q": "p-1", "format": form, "rows": 1}


@pytest.mark.parametrize("asked", [{"format": "pdf"}, {"from": "x"}, {"account": "x"}])
def test_an_export_that_cannot_be_meant_is_refused(finance: Client, asked: dict[str, str]) -> None:
    finance.post("/payments/export", asked, status=422)


def test_the_list_of_invoices_leads_to_the_statement(company: Company, books: Books, finance: Client, account_id: UUID) -> None:
    books.invoices(invoice("1"))
    assert "/payments/statement" in finance.get("/invoices").text
    viewer = company.client(company.customer_person(account_id, role="viewer"))
    assert "/payments/statement" not in viewer.get("/invoices").text
