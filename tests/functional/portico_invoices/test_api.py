"""Invoices as JSON: narrowed by what people know of them, within what they may see, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from tests.functional.portico_invoices.conftest import id_of

from portico.db.types import now
from portico.testing.portal import Company
from portico_erp.values import InvoiceStatus, RemoteInvoice, Totals
from portico_invoices import synchronise
from portico_invoices.samples import remote_credit
from portico_orders import synchronise as orders
from portico_orders.samples import remote_order

Make = Callable[..., RemoteInvoice]
Sync = Callable[..., synchronise.Applied]
AGO = dt.timedelta(days=40)


@pytest.fixture
def several(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    """Open, overdue, partly paid, paid, cancelled, a credit note, one in another currency, and one of another customer."""
    company.account("Bolt", "C-2")
    past = {"issued_on": now().date() - AGO, "due_on": now().date() - dt.timedelta(days=10)}
    with company.system() as db:
        orders.apply(db, [remote_order("7", "C-1")], quiet=True)
    sync(
        make("open", order_refs=["7"]),
        make("late", **past),
        make("partly", status=InvoiceStatus.PARTLY_PAID, open_amount=Decimal("500.5")),
        make("paid", status=InvoiceStatus.PAID, **past),
        make("cancelled", status=InvoiceStatus.CANCELLED, **past),
        make("yen", currency="JPY", totals=Totals(Decimal(9000), Decimal(0), Decimal(9000)), due_on=None),
        make("bolt", customer_ref="C-2"),
        remote_credit("back", "C-1", "paid", status=InvoiceStatus.OPEN, open_amount=Decimal(132), issued_on=past["issued_on"]),
    )


def numbers(answer: Any) -> set[str]:
    return {one["number"].partition("-")[2] for one in answer["items"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "unpaid"}, {"open", "late", "partly", "yen", "back"}),
        ({"state": "overdue"}, {"late"}),
        ({"state": "open"}, {"open", "yen", "back"}),
        ({"state": "partly_paid"}, {"partly"}),
        ({"state": "paid"}, {"paid"}),
        ({"state": "cancelled"}, {"cancelled"}),
        ({"kind": "credit_note"}, {"back"}),
        ({"kind": "invoice", "state": "open"}, {"open", "yen"}),
        ({"to": str(now().date() - AGO)}, {"late", "paid", "cancelled", "back"}),
        ({"from": str(now().date()), "state": "unpaid"}, {"open", "partly", "yen"}),
        ({"q": "po-LATE"}, {"late"}),
        ({"q": "o-7"}, {"open"}),
        ({"q": "132,00"}, {"back"}),
        ({"q": "2.532,00", "state": "overdue"}, {"late"}),
        ({"q": "9 000"}, {"yen"}),
        ({"q": "%"}, set()),
    ],
)
def test_list_is_narrowed(company: Company, account_id: UUID, several: None, query: dict[str, str], found: set[str]) -> None:
    client = company.api(company.customer_person(account_id))
    assert numbers(client.get("/invoices", query).json) == found


def test_customer_sees_their_own_and_staff_everything(company: Company, account_id: UUID, several: None) -> None:
    assert "bolt" not in numbers(company.api(company.customer_person(account_id)).get("/invoices").json)
    agent = company.api(company.member("staff", ["agent"], "Ann Agent"))
    everything = agent.get("/invoices").json
    assert numbers(everything) >= {"bolt", "open"}
    assert {one["account"] for one in everything["items"]} == {"Acme", "Bolt"}
    assert numbers(agent.get("/invoices", {"q": "po-bolt"}).json) == {"bolt"}
    assert numbers(agent.get("/invoices", {"q": "po-bolt", "account_id": str(account_id)}).json) == set()


def test_sums_are_of_each_currency_and_set_nothing_off(company: Company, account_id: UUID, several: None) -> None:
    client = company.api(company.customer_person(account_id))
    euro, yen = client.get("/invoices").json["open"]
    assert euro == {
        "currency": "EUR", "invoices": 3, "open": "5564.50", "late": 1, "overdue": "2532.00", "credit": "132.00",
        "next_due": str(now().date() + dt.timedelta(days=30)),
    }  # fmt: skip
    assert (yen["currency"], yen["open"], yen["overdue"], yen["next_due"]) == ("JPY", "9000", "0", None)


def test_one_says_all_of_it(company: Company, account_id: UUID, several: None) -> None:
    client = company.api(company.customer_person(account_id))
    found = client.get(f"/invoices/{id_of(company, 'open')}").json
    assert (found["state"], found["open_amount"], found["totals"]) == (
        "open", "2532.00", {"net": "2120.00", "tax": "412.00", "gross": "2532.00"},
    )  # fmt: skip
    assert [line["tax_rate"] for line in found["lines"]] == ["20", "10"]
    assert [one["number"] for one in found["orders"]] == ["O-7"]
    assert [one["kind"] for one in found["history"]] == ["issued"]
    late = client.get(f"/invoices/{id_of(company, 'late')}").json
    assert late["state"] == "overdue"
    assert late["orders"] == [{"id": None, "number": "order-late"}]


def test_credit_note_and_invoice_name_each_other(company: Company, account_id: UUID, several: None) -> None:
    client = company.api(company.customer_person(account_id))
    invoice, note = (client.get(f"/invoices/{id_of(company, ref)}").json for ref in ("paid", "back"))
    assert [one["number"] for one in invoice["linked"]] == ["CN-back"]
    assert [one["number"] for one in note["linked"]] == ["I-paid"]
    assert note["state"] == "open"


def test_what_is_another_customers_is_not_there(company: Company, account_id: UUID, several: None) -> None:
    client = company.api(company.customer_person(account_id))
    for one in (id_of(company, "bolt"), uuid4()):
        client.get(f"/invoices/{one}", status=404)


def test_pages_follow_each_other(company: Company, account_id: UUID, several: None) -> None:
    client = company.api(company.customer_person(account_id))
    found, cursor = [], None
    while True:
        page = client.get("/invoices", {"limit": "3", **({"cursor": cursor} if cursor else {})}).json
        found += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 7


def test_queries_do_not_grow(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    client = company.api(company.customer_person(account_id))
    counted = []
    for more in (1, 30):
        sync(*(make(f"{more}-{n}") for n in range(more)), *(remote_credit(f"c{more}-{n}", "C-1", "1-0") for n in range(more)))
        client.get("/invoices")
        lists = len(client.queries)
        client.get(f"/invoices/{id_of(company, '1-0')}")
        counted.append((lists, len(client.queries)))
    assert counted[0] == counted[1]
    assert counted[0][0] <= 5
    assert counted[0][1] <= 8


def test_refresh_asks_the_company_once(company: Company, account_id: UUID, invoice_id: UUID) -> None:
    client = company.api(company.customer_person(account_id))
    assert client.json("post", f"/invoices/{invoice_id}/sync", {}, status=200).json == {"state": "queued"}
    assert client.json("post", f"/invoices/{invoice_id}/sync", {}, status=200).json == {"state": "fresh"}
    with company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM job WHERE actor = 'invoices.refresh'")) == 1
