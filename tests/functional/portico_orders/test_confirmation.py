"""The confirmation of an order as a PDF: what is in it, in each language, and for whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages

from portico.testing.portal import Company
from portico_erp.values import OrderStatus
from portico_orders import synchronise
from portico_orders.samples import remote_order


def told(company: Company, **changed: Any) -> str:
    """The path of an order that the company told."""
    with company.system() as db:
        synchronise.apply(db, [remote_order("1", "C-1", **changed)])
        found = db.scalar(sa.text("SELECT id FROM orders_order"))
    return f"/orders/{found}"


def test_it_says_what_was_ordered_and_what_is_under_way(company: Company, account_id: UUID) -> None:
    path = told(company, quote_number="QU-9", note="Gate 4")
    customer = company.customer(account_id)
    assert f"{path}/confirmation.pdf" in customer.get(path).text
    answer = customer.get(f"{path}/confirmation.pdf")
    assert "Order confirmation O-1.pdf" in answer.headers["Content-Disposition"]
    text = "".join(pages(answer.body))
    for words in ("Order confirmation O-1", "Acme", "PO-1", "QU-9", "Steel sheet", "€2,000.00", "€2,544.00", "Deliveries", "D-1", "DHL",
                  "TRACK-1", "Left on", "Gate 4"):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(("status", "words"), [(OrderStatus.CANCELLED, "This order was cancelled."), (OrderStatus.DRAFT, "Not confirmed")])
def test_what_is_no_order_says_so_across_the_page(company: Company, account_id: UUID, status: OrderStatus, words: str) -> None:
    path = told(company, status=status, deliveries=[])
    assert words in pages(company.customer(account_id).get(f"{path}/confirmation.pdf").body)[0]


def test_what_is_too_old_to_be_seen_is_not_printed_either(company: Company, account_id: UUID) -> None:
    path = told(company)
    with company.system() as db:
        db.execute(sa.text("UPDATE orders_order SET ordered_at = now() - interval '5 years'"))
    customer = company.customer(account_id)
    customer.get(path, status=404)
    customer.get(f"{path}/confirmation.pdf", status=404)
    company.api(customer.person).get(f"{path}/confirmation.pdf", status=404)


def test_the_document_of_the_api_names_it(company: Company) -> None:
    document = company.anonymous().get("/api/v1/openapi.json").json
    found = document["paths"]["/api/v1/portal/orders/{order_id}/confirmation.pdf"]["get"]["responses"]
    assert found["200"]["content"] == {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
    assert "304" not in found
