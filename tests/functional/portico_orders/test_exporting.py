"""The list as a file: what the filters show, all pages, to whom they show it, and to nobody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.exports import answer, rows
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import OrderStatus, RemoteOrder, Totals
from portico_orders.samples import remote_order

Make = Callable[..., RemoteOrder]
Sync = Callable[..., Any]


@pytest.fixture
def customer(company: Company, account_id: UUID) -> Client:
    return company.customer(account_id)


def lines(client: Client, **asked: str) -> list[dict[str, str]]:
    answer = client.post("/orders/export", {"format": "csv", **asked}, status=200)
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def numbers(client: Client, **asked: str) -> list[str]:
    return [line["Order"] for line in lines(client, **asked)]


def test_all_pages_are_in_it_with_exact_amounts(customer: Client, make: Make, sync: Sync) -> None:
    moment = now()
    sync(*(make(str(n), ordered_at=moment - timedelta(hours=n)) for n in range(1, 131)), quiet=True)
    found = lines(customer)
    assert [line["Order"] for line in found] == [f"O-{n}" for n in range(1, 131)]
    first = found[0]
    assert (first["Net"], first["Tax"], first["Total"], first["Currency"]) == ("2120.00", "424.00", "2544.00", "EUR")
    assert (first["Status"], first["PO number"], first["Lines"], first["Customer"]) == ("Received", "PO-1", "2", "Acme")


def test_more_than_the_database_hands_over_at_once(customer: Client, make: Make, sync: Sync) -> None:
    sync(*(make(str(n)) for n in range(rows.AT_ONCE + 20)), quiet=True)
    assert len(set(numbers(customer))) == rows.AT_ONCE + 20


def test_spreadsheet_has_the_same_rows(customer: Client, order_id: UUID) -> None:
    given = customer.post("/orders/export", {"format": "xlsx"}, status=200)
    assert given.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = openpyxl.load_workbook(io.BytesIO(given.body)).active
    titles, row = ([cell.value for cell in line] for line in (sheet[1], sheet[2]))
    assert dict(zip(titles, row, strict=True))["Total"] == 2544
    assert sheet.max_row == 2


def test_times_are_the_companys(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    moment = now().replace(month=1, day=1, hour=23, minute=30, second=0, microsecond=0) - timedelta(days=184)  # in July
    sync(make("1", ordered_at=moment), quiet=True)
    zone = company.tenant.zone
    (line,) = lines(customer)
    assert line["Ordered"] == moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def test_filters_are_those_of_the_list(company: Company, customer: Client, make: Make, sync: Sync, account_id: UUID) -> None:
    company.account("Other", "C-2")
    sync(
        make("1", status=OrderStatus.SHIPPED, ordered_at=now() - timedelta(days=40)),
        make("2"),
        make("3", customer_ref="C-2"),
        quiet=True,
    )
    month_ago = str((now() - timedelta(days=30)).date())
    assert numbers(customer, status="shipped") == ["O-1"]
    assert numbers(customer, q="po-2") == ["O-2"]
    assert numbers(customer, **{"from": month_ago}) == ["O-2"]
    assert numbers(customer, to=month_ago) == ["O-1"]
    agent = company.agent()
    assert sorted(numbers(agent)) == ["O-1", "O-2", "O-3"]
    assert sorted(numbers(agent, account=str(account_id))) == ["O-1", "O-2"]
    assert numbers(agent, q="po-3") == ["O-3"]


def test_reach_is_that_of_the_list(company: Company, customer: Client, account_id: UUID, make: Make, sync: Sync) -> None:
    sync(make("1"), make("2"), quiet=True)
    narrow = company.customer_person(account_id, role="purchaser", reach="own")
    with company.system() as db:
        db.execute(sa.text("UPDATE orders_order SET author_id = :who WHERE number = 'O-2'"), {"who": narrow.id})
    assert numbers(company.client(narrow)) == ["O-2"]
    assert sorted(numbers(customer)) == ["O-1", "O-2"]
    assert numbers(company.customer(company.account("Other", "C-2"))) == []


def test_what_the_company_does_not_show_is_not_in_it(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(
        make("1"),
        make("2", ordered_at=now() - timedelta(days=900)),
        make("3", status=OrderStatus.CANCELLED, updated_at=now() - timedelta(days=100), ordered_at=now() - timedelta(days=101)),
        quiet=True,
    )
    assert numbers(customer) == ["O-1"]
    assert len(numbers(company.agent())) == 3


def test_what_the_company_writes_is_no_formula(customer: Client, sync: Sync) -> None:
    sync(remote_order("1", "C-1", number="=cmd|' /C calc'!A0", po_number="+1"), quiet=True)
    (line,) = lines(customer)
    assert (line["Order"], line["PO number"]) == ("'=cmd|' /C calc'!A0", "'+1")


def test_negative_amounts_stay_numbers(customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", totals=Totals(Decimal(-10), Decimal(-2), Decimal(-12))), quiet=True)
    (line,) = lines(customer)
    assert line["Total"] == "-12.00"


def test_it_is_on_record_with_its_filters_and_size(company: Company, customer: Client, order_id: UUID) -> None:
    numbers(customer, q="po")
    with company.portal.superuser() as connection:
        told = connection.scalar(
            sa.text("SELECT after FROM audit_entry WHERE tenant_id = :t AND action = 'orders.export'"), {"t": company.id}
        )
    assert told == {"q": "po", "format": "csv", "rows": 1}


def test_half_a_list_is_never_given(
    company: Company, customer: Client, make: Make, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(*(make(str(n)) for n in range(4)), quiet=True)
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    refused = customer.post("/orders/export", {"format": "csv"}, status=422)
    assert "100,000" in refused.text
    monkeypatch.setattr(rows, "MOST_ROWS", 4)
    assert len(numbers(customer)) == 4


def test_a_process_makes_one_long_one_at_a_time(
    customer: Client, make: Make, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(make("1"), make("2"), quiet=True)
    with answer._long_one:
        assert len(numbers(customer)) == 2  # a short one needs no turn
        monkeypatch.setattr(answer, "SHORT", 1)
        for form in answer.FORMATS:
            customer.post("/orders/export", {"format": form}, status=503)
    assert len(numbers(customer)) == 2
    assert not answer._long_one.locked()


@pytest.mark.parametrize("asked", [{"format": "exe"}, {"format": "csv", "from": "yesterday"}, {"format": "csv", "account": "x"}])
def test_what_cannot_be_meant_is_refused(customer: Client, asked: dict[str, str]) -> None:
    customer.post("/orders/export", asked, status=422)


def test_the_list_offers_it_with_its_filters(customer: Client, order_id: UUID) -> None:
    form = customer.get("/orders", {"q": "po", "status": "open"}).html.select_one("form.export")
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert (sent["q"], sent["status"]) == ("po", "open")
    assert [button["value"] for button in form.select("button")] == ["csv", "xlsx"]
