"""List, page, card, export and links between records: what is on them, who sees it, and how many queries they may cost."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_invoices.conftest import id_of

from portico.db.types import now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import InvoiceStatus, RemoteInvoice, Totals
from portico_invoices import synchronise
from portico_invoices.samples import remote_credit
from portico_orders import synchronise as orders
from portico_orders.models import ORDER
from portico_orders.samples import remote_order

Make = Callable[..., RemoteInvoice]
Sync = Callable[..., synchronise.Applied]
LATE = dt.timedelta(days=12)


@pytest.fixture
def customer(company: Company, account_id: UUID) -> Client:
    return company.customer(account_id)


def numbers(client: Client, **params: Any) -> list[str]:
    return [link.text for link in client.get("/invoices", params).html.select("#invoices tbody .row-link")]


def test_list_shows_what_is_open_and_each_invoice(customer: Client, make: Make, sync: Sync) -> None:
    sync(
        make("1", totals=Totals(Decimal(1000), Decimal(200), Decimal("1234567.89"))),
        make("2", due_on=now().date() - LATE),
        make("3", currency="GBP", status=InvoiceStatus.PARTLY_PAID, open_amount=Decimal("32.5")),
        remote_credit("4", "C-1", "1"),
    )
    page = customer.get("/invoices").html.select_one("#invoices").text
    for words in ("€1,237,099.89", "£32.50", "€2,532.00", "I-1", "PO-1", "Overdue", "open: £32.50", "-€132.00", "Credit note", "Settled"):
        assert words in page.replace("−", "-"), words


def test_empty_list_says_what_will_come_and_a_narrowed_one_by_what(customer: Client) -> None:
    assert "appears here by itself" in customer.get("/invoices").text
    answer = customer.get("/invoices", {"q": "nothing", "state": "overdue", "kind": "credit_note", "from": "2026-01-02"})
    for words in ("“nothing”", "Overdue", "Credit note", "No invoice fits"):
        assert words in answer.html.select_one("#invoices").text


def test_filters_that_cannot_be_meant_are_said(customer: Client, invoice_id: UUID) -> None:
    page = customer.get("/invoices", {"from": "yesterday", "state": "absurd", "kind": "absurd"})
    assert "Write the date like" in page.text
    assert [link.text for link in page.html.select("#invoices tbody .row-link")] == ["I-1"]


def test_pages_lead_on_and_back(customer: Client, make: Make, sync: Sync) -> None:
    sync(*(make(str(n)) for n in range(12)), quiet=True)
    first = customer.get("/invoices", {"limit": "10"}).html
    older = first.select_one("a[rel=next]")["href"]
    second = customer.get(older.removeprefix(customer.prefix)).html
    assert len(second.select("#invoices tbody tr")) == 2
    assert second.select_one("a[rel=prev]") is not None


def test_staff_see_all_customers_and_filter_by_one(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    other = company.account("Other", "C-2")
    sync(make("1"), make("2", customer_ref="C-2", currency="USD"), quiet=True)
    agent = company.agent()
    assert sorted(numbers(agent)) == ["I-1", "I-2"]
    assert numbers(agent, account=str(other)) == ["I-2"]
    assert numbers(agent, q="po-1") == ["I-1"]
    found = agent.get("/invoices", {"account": str(other)}).html.select_one(".invoices-open").text
    assert "$2,532.00" in found
    assert "€" not in found


def test_customer_never_sees_another_customers_invoice(company: Company, customer: Client, invoice_id: UUID) -> None:
    stranger = company.customer(company.account("Other", "C-2"))
    for path in (f"/invoices/{invoice_id}", f"/invoices/{invoice_id}/document"):
        assert customer.get(path).status_code == 200
        stranger.get(path, status=404)
    stranger.post(f"/invoices/{invoice_id}/sync", status=404)
    assert numbers(stranger) == []


def test_page_says_all_of_an_invoice(company: Company, customer: Client, account_id: UUID, make: Make, sync: Sync) -> None:
    with company.system() as db:
        orders.apply(db, [remote_order("7", "C-1")], quiet=True)
        order_id = db.scalar(sa.select(ORDER.c.id))
    sync(make("1", order_refs=["7", "no such"], note="Gate 4"), remote_credit("9", "C-1", "1"))
    page = customer.get(f"/invoices/{id_of(company, '1')}")
    text = " ".join(page.html.select_one("#invoice").text.split())
    for words in ("Invoice I-1", "To be paid", "€2,532.00", "due in 30 days", "Tax 10% on €120.00", "€12.00", "Tax 20% on €2,000.00",
                  "€400.00", "no such", "Gate 4", "CN-9", "Invoice issued", "a copy made here"):  # fmt: skip
        assert words in text, words
    assert "Order O-7" in customer.htmx("/related", {"ref": str(order_id)}).text
    assert "Invoice I-1" in customer.htmx("/related", {"ref": f"order:{order_id}"}).text
    assert f"order%3A{order_id}" in customer.get(f"/orders/{order_id}").text


def test_credit_note_leads_to_its_invoice_and_says_where_that_is_not_here(
    company: Company, customer: Client, account_id: UUID, make: Make, sync: Sync
) -> None:
    sync(make("1"), remote_credit("9", "C-1", "1"), remote_credit("8", "C-1", "gone"))
    page = customer.get(f"/invoices/{id_of(company, '9')}").html
    assert page.select_one("h1").text == "Credit note CN-9"
    assert page.select_one(f'a[href$="/invoices/{id_of(company, "1")}"]').text == "I-1"
    assert "is not here" in customer.get(f"/invoices/{id_of(company, '8')}").text


@pytest.mark.parametrize(
    ("changed", "words", "never"),
    [
        ({"due_on": now().date() - LATE}, "overdue for", "due in"),
        ({"due_on": None}, "no day is agreed", "due in"),
        ({"status": InvoiceStatus.PAID}, "Paid", "To be paid"),
        ({"status": InvoiceStatus.PARTLY_PAID, "open_amount": Decimal("7.5")}, "€7.50", "overdue"),
        ({"status": InvoiceStatus.CANCELLED}, "Cancelled", "To be paid"),
        ({"totals": Totals(Decimal(2000), Decimal(400), Decimal(2400))}, "Tax€400.00", "Tax 20"),
        ({"lines": ()}, "gives the totals alone", "Tax 20"),
    ],
)
def test_page_says_how_it_stands(
    company: Company, customer: Client, make: Make, sync: Sync, changed: dict[str, Any], words: str, never: str
) -> None:
    sync(make("1", **changed))
    text = "".join(customer.get(f"/invoices/{id_of(company, '1')}").html.select_one("#invoice").text.split("\n"))
    assert words in text
    assert never not in text


def test_history_is_told_newest_first(
    company: Company, customer: Client, invoice_id: UUID, make: Make, sync: Sync, later: Callable[[float], dt.datetime]
) -> None:
    partly = {"status": InvoiceStatus.PARTLY_PAID, "due_on": dt.date(2031, 2, 3)}
    sync(make(**partly, open_amount=Decimal(2000), updated_at=later(1)))
    sync(make(**partly, open_amount=Decimal(1500), updated_at=later(2)))
    page = customer.get(f"/invoices/{invoice_id}").html
    told = [one.text for one in page.select(".invoices-history .rows-title")]
    assert told[0] == "€1,500.00 is open"
    assert set(told[1:3]) == {"Partly paid", "Due day changed: 3 Feb 2031"}
    assert told[3] == "Invoice issued"


def test_latest_leads_to_the_newest_invoice(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    assert customer.get("/invoices/latest", status=303).location.endswith("/invoices")
    sync(make("1"), make("2", issued_on=now().date() - LATE), remote_credit("3", "C-1", "1", issued_on=now().date() + LATE))
    assert customer.get("/invoices/latest", status=303).location.endswith(f"/invoices/{id_of(company, '1')}")


def test_card_says_what_is_to_be_paid(customer: Client, make: Make, sync: Sync) -> None:
    assert "Nothing to pay" in customer.htmx("/invoices-summary").text
    sync(make("1"), make("2", due_on=now().date() - LATE), make("3", currency="JPY", totals=Totals(Decimal(9), Decimal(0), Decimal(9))))
    card = customer.htmx("/invoices-summary").text
    for words in ("€5,064.00", "€2,532.00 overdue", "¥9", "I-1", "I-3", "state=unpaid"):
        assert words in card
    dashboard = customer.get("/").html
    body = dashboard.select_one('[hx-get$="/invoices-summary"]')
    assert (body["hx-trigger"], body.get("aria-busy")) == ("later, live", None)


def test_export_has_the_filtered_list_with_signs(customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1"), make("2", status=InvoiceStatus.PAID), remote_credit("3", "C-1", "1"))

    def lines(**asked: str) -> dict[str, dict[str, str]]:
        answer = customer.post("/invoices/export", {"format": "csv", **asked}, status=200)
        return {one["Number"]: one for one in csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))}

    found = lines()
    assert found.keys() == {"I-1", "I-2", "CN-3"}
    assert (found["I-1"]["Total"], found["I-1"]["Open"], found["I-1"]["Currency"]) == ("2532.00", "2532.00", "EUR")
    assert (found["CN-3"]["Total"], found["CN-3"]["Kind"], found["CN-3"]["Status"]) == ("-132.00", "Credit note", "Settled")
    assert lines(state="unpaid").keys() == {"I-1"}
    assert customer.post("/invoices/export", {"format": "xlsx", "kind": "credit_note"}, status=200).body.startswith(b"PK")
    for wrong in ({"format": "docx"}, {"format": "csv", "from": "x"}):
        customer.post("/invoices/export", wrong, status=422)


def test_staff_export_what_their_search_finds(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make("1"), make("2"))
    answer = company.agent().post("/invoices/export", {"format": "csv", "q": "po-2"}, status=200)
    assert [line.split(",")[0] for line in answer.body.decode("utf-8-sig").splitlines()[1:]] == ["I-2"]


def test_queries_do_not_grow_with_the_rows(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    customer, counted = company.customer(account_id), []
    for more in (1, 40):
        sync(*(make(f"{more}-{n}") for n in range(more)), *(remote_credit(f"c{more}-{n}", "C-1", "1-0") for n in range(more)))
        costs = []
        for path in ("/invoices", f"/invoices/{id_of(company, '1-0')}"):
            customer.get(path)
            customer.get(path)
            costs.append(len(customer.queries))
        customer.htmx("/invoices-summary")
        counted.append((*costs, len(customer.queries)))
    assert counted[0] == counted[1]
    assert counted[0][0] <= 5
    assert counted[0][1] <= 8


@pytest.mark.without("portico_invoices.services:refresh RefreshTooOftenError")
def test_refresh_has_a_limit_for_each_person(company: Company, account_id: UUID) -> None:
    owner = company.client(company.customer_person(account_id))
    answers = [owner.post("/invoices/sync", status="*").status_code for _ in range(32)]
    assert answers[:30] == [303] * 30
    assert answers[30:] == [429] * 2
