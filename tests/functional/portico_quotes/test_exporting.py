"""The list of quotes as a file, as its readers see it."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import sqlalchemy as sa

from portico.testing.client import Client


def lines(client: Client, **asked: str) -> list[dict[str, str]]:
    answer = client.post("/quotes/export", {"format": "csv", **asked}, status=200)
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def test_quotes_are_in_it_with_their_sums(shop: Any) -> None:
    shop.draft(STEEL_1=2)
    (line,) = lines(shop.customer())
    assert (line["Status"], line["Customer"], line["Lines"]) == ("Draft", "Acme", "1")
    assert (line["Net"], line["Total"], line["Currency"]) == ("1900.00", "2280.00", "EUR")
    sheet = openpyxl.load_workbook(io.BytesIO(shop.customer().post("/quotes/export", {"format": "xlsx"}).body)).active
    assert 2280 in [cell.value for cell in sheet[2]]


def test_filters_and_reach_are_those_of_the_list(shop: Any) -> None:
    shop.draft(STEEL_1=1)
    second = shop.draft(ALU_1=1)
    with shop.company.system() as db:
        db.execute(
            sa.text("update quotes_quote set state = 'accepted', number = 'Q-9', po_number = '=1' where id = :i"), {"i": second["id"]}
        )
    customer = shop.customer()
    assert len(lines(customer)) == 2
    assert [line["Quote"] for line in lines(customer, state="accepted")] == ["Q-9"]
    assert [line["Order number"] for line in lines(customer, q="q-9")] == ["'=1"]
    colleague = shop.company.client(shop.company.customer_person(shop.account_id, role="purchaser", reach="own"))
    assert lines(colleague) == []
    assert lines(shop.company.customer(shop.company.account("Bolt", "C2"))) == []
    assert len(lines(shop.company.agent())) == 2


def test_forgotten_drafts_are_not_in_it(shop: Any) -> None:
    draft = shop.draft(STEEL_1=1)
    with shop.company.system() as db:
        db.execute(sa.text("update quotes_quote set touched_at = now() - interval '8 days' where id = :i"), {"i": draft["id"]})
    assert lines(shop.customer()) == []


def test_it_is_on_record(shop: Any) -> None:
    shop.draft(STEEL_1=1)
    lines(shop.customer(), q="none")
    with shop.portal.superuser() as connection:
        told = connection.scalar(
            sa.text("select after from audit_entry where tenant_id = :t and action = 'quotes.export'"), {"t": shop.company.id}
        )
    assert told == {"q": "none", "format": "csv", "rows": 0}


def test_an_unknown_format_is_refused(shop: Any) -> None:
    shop.customer().post("/quotes/export", {"format": "pdf"}, status=422)
