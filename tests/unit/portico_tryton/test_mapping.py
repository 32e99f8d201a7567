"""Records of Tryton as values, and those that cannot become any."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import (
    Customer,
    InvoiceKind,
    InvoiceStatus,
    Item,
    ItemKind,
    OrderStatus,
    Problem,
    QuoteStatus,
    RemoteInvoice,
    RemoteOrder,
    RemoteQuote,
    StockLevel,
)
from portico_tryton import billing, fields, levels, mapping, reader

AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
TAXES: dict[int, Any] = {
    1: {"type": "percentage", "rate": Decimal("0.19"), "childs": []},
    2: {"type": "none", "rate": None, "childs": [1, 3]},
    3: {"type": "percentage", "rate": Decimal("0.005"), "childs": []},
    4: {"type": "fixed", "rate": None, "childs": []},
    5: {"type": "none", "rate": None, "childs": [5]},
}
KINDS = mapping.Kinds(frozenset({"fittings"}), frozenset({"charges"}))


def product(**other: Any) -> dict[str, Any]:
    return {
        "id": 7, "code": "M7", "name": "Sheet", "description": None, "type": "goods", "active": True, "salable": True,
        "sale_price_uom": Decimal("7.9900"), "sale_uom.": {"symbol": "m²", "digits": 2}, "categories.": [{"name": "Sheets"}],
        "account_category.": {"customer_taxes_used": [1]}, "template.": {"active": True}, "write_date": AT, **other,
    }  # fmt: skip


def sale(**other: Any) -> dict[str, Any]:
    line = {
        "id": 1, "type": "line", "product": 7, "product.": {"name": "Sheet"}, "quantity": 2.5, "unit.": {"symbol": "m²"},
        "unit_price": Decimal("7.9900"), "amount": Decimal("19.98"), "taxes": [1], "note": None, "sequence": None,
    }  # fmt: skip
    return {
        "id": 12, "number": None, "reference": None, "description": "ref", "comment": None, "state": "draft",
        "shipment_state": "none", "party.": {"code": "C1", "id": 2}, "currency.": {"code": "EUR"},
        "untaxed_amount": Decimal("19.98"), "tax_amount": Decimal("3.80"), "total_amount": Decimal("23.78"),
        "quotation_expire": None, "sale_date": None, "shipping_date": None, "create_date": AT, "write_date": None,
        "create_uid": 2, "shipments": [], "lines.": [line], **other,
    }  # fmt: skip


def test_item_has_price_unit_and_tax() -> None:
    item = mapping.item(product(), KINDS, TAXES, "EUR", AT)
    assert isinstance(item, Item)
    assert (item.ref, item.code, item.price, item.unit, item.tax_rate) == ("7", "M7", Decimal("7.99"), "m²", 19)
    assert (item.kind, item.category, item.active) == (ItemKind.MATERIAL, "Sheets", True)


@pytest.mark.parametrize(
    ("kind", "category", "expected"),
    [
        ("goods", "FITTINGS", ItemKind.ACCESSORY),
        ("assets", "Other", ItemKind.MATERIAL),
        ("service", "Other", ItemKind.SERVICE),
        ("service", "Charges", ItemKind.FEE),
        ("goods", "Charges", ItemKind.FEE),
    ],
)
def test_kind_follows_type_and_category(kind: str, category: str, expected: ItemKind) -> None:
    assert KINDS.kind(product(type=kind, **{"categories.": [{"name": category}]})) is expected


@pytest.mark.parametrize("off", [{"salable": False}, {"active": False}, {"template.": {"active": False}}])
def test_item_that_is_not_sold_is_inactive_even_without_a_price(off: dict[str, Any]) -> None:
    item = mapping.item(product(sale_price_uom=None, **off), KINDS, TAXES, "EUR", AT)
    assert isinstance(item, Item)
    assert not item.active


def test_item_on_sale_without_a_price_is_a_problem() -> None:
    problem = mapping.item(product(sale_price_uom=None), KINDS, TAXES, "EUR", AT)
    assert isinstance(problem, Problem)
    assert (problem.ref, problem.code) == ("7", "missing")


@pytest.mark.parametrize(
    ("ids", "expected"), [([1], "19"), ([2], "19.5"), ([1, 3], "19.5"), ([4], "0"), ([99], "0"), ([], "0"), ([5], "0")]
)
def test_rate_of_taxes_that_are_made_of_others(ids: list[int], expected: str) -> None:
    assert fields.rate(ids, TAXES) == Decimal(expected)


@pytest.mark.parametrize(
    ("state", "note", "expected"),
    [
        ("draft", "", QuoteStatus.SUBMITTED),
        ("quotation", "", QuoteStatus.PRICED),
        ("confirmed", "", QuoteStatus.ACCEPTED),
        ("processing", "", QuoteStatus.ORDERED),
        ("done", "", QuoteStatus.ORDERED),
        ("cancelled", "", QuoteStatus.CANCELLED),
        ("cancelled", mapping.declined_note("Carla", "Too dear"), QuoteStatus.DECLINED),
        ("quotation", mapping.declined_note("Carla", "Too dear"), QuoteStatus.PRICED),
    ],
)
def test_state_of_a_quote(state: str, note: str, expected: QuoteStatus) -> None:
    quote = mapping.quote(sale(state=state), note, TAXES, AT, ours=True)
    assert isinstance(quote, RemoteQuote)
    assert quote.status is expected


def test_state_that_nobody_knows_is_a_problem() -> None:
    assert isinstance(mapping.quote(sale(state="new"), "", TAXES, AT, ours=True), Problem)


def test_titles_and_comments_are_no_lines_and_order_is_that_of_the_paper() -> None:
    (line,) = sale()["lines."]
    lines = [line | {"id": 1, "sequence": 2}, line | {"id": 2, "sequence": 1}, {"id": 3, "type": "comment"}, line | {"id": 4}]
    quote = mapping.quote(sale(**{"lines.": lines, "reference": "PO"}), "", TAXES, AT, ours=False)
    assert isinstance(quote, RemoteQuote)
    assert [mapping.lines_of({"lines.": lines})[n]["id"] for n in range(3)] == [2, 1, 4]
    assert (len(quote.lines), quote.reference, quote.po_number, quote.number) == (3, None, "PO", "(12)")


@pytest.mark.parametrize(
    ("state", "shipped", "expected"),
    [
        ("confirmed", "none", OrderStatus.PENDING),
        ("processing", "waiting", OrderStatus.PROCESSING),
        ("processing", "partially shipped", OrderStatus.PROCESSING),
        ("processing", "sent", OrderStatus.SHIPPED),
        ("done", "sent", OrderStatus.SHIPPED),
        ("done", "none", OrderStatus.DELIVERED),
        ("cancelled", "none", OrderStatus.CANCELLED),
    ],
)
def test_state_of_an_order(state: str, shipped: str, expected: OrderStatus) -> None:
    order = mapping.order(sale(state=state, shipment_state=shipped, sale_date=date(2026, 3, 30)), {}, TAXES, AT)
    assert isinstance(order, RemoteOrder)
    assert order.status is expected
    assert order.ordered_at == datetime(2026, 3, 30, 12, tzinfo=UTC)


def test_shipment_holds_this_sales_goods_alone() -> None:
    move = {"id": 1, "origin": "sale.line,1", "product": 7, "product.": {"name": "Sheet"}, "quantity": 2.5, "state": "done"}
    moves = [move, move | {"id": 2, "origin": "sale.line,99"}, move | {"id": 3, "state": "cancelled"}]
    shipment = {"id": 5, "number": "S5", "state": "done", "effective_date": date(2026, 4, 1), "planned_date": date(2026, 4, 2),
                "reference": "T-1", "outgoing_moves.": moves, "write_date": AT}
    order = mapping.order(sale(state="processing", shipments=[5, 6]), {5: shipment}, TAXES, AT)
    assert isinstance(order, RemoteOrder)
    (delivery,) = order.deliveries
    assert [(line.ref, line.quantity) for line in delivery.lines] == [("7", Decimal("2.5"))]
    assert (delivery.shipped_at, delivery.tracking_number) == (datetime(2026, 4, 1, 12, tzinfo=UTC), "T-1")
    assert order.expected_on == date(2026, 4, 2)


def test_claim_code_is_an_identifier_without_type_and_stays_out_of_problems() -> None:
    party = {"id": 2, "code": "C1", "name": "Acme", "active": True, "customer_currency.": {"code": "EURO"},
             "identifiers.": [{"code": "PORTAL-TAX", "type": "eu_vat"}, {"code": "portal-1", "type": None}]}
    assert mapping.claim_code(party, "PORTAL-") == "portal-1"
    assert mapping.claim_code(party, "") is None
    problem = mapping.customer(party, "EUR", "PORTAL-", AT)
    assert isinstance(problem, Problem)
    assert "portal-1" not in str(problem)
    assert isinstance(mapping.customer(party | {"customer_currency.": None}, "EUR", "PORTAL-", AT), Customer)


def test_newest_change_is_of_the_record_or_its_parts() -> None:
    later = AT.replace(hour=5)
    record = {"write_date": None, "create_date": AT, "lines.": [{"write_date": None, "moves.": [{"write_date": later}]}]}
    assert reader.changed_at(record, "lines", "lines.moves") == later
    assert reader.changed_at(record, "lines") == AT


@pytest.mark.parametrize("ref", ["0", "01", "-1", "1e3", "٣", "9" * 10, "", " 1", "sale.sale,1"])
def test_what_is_no_id_is_no_ref(ref: str) -> None:
    assert reader.record_id(ref) is None


def invoice(**other: Any) -> dict[str, Any]:
    return {
        "id": 3, "number": "INV-1", "state": "posted", "party.": {"code": "C1"}, "currency.": {"code": "EUR"},
        "invoice_date": date(2026, 3, 1), "untaxed_amount": Decimal(100), "tax_amount": Decimal(19), "total_amount": Decimal(119),
        "amount_to_pay": Decimal(119), "lines_to_pay.": [{"maturity_date": date(2026, 4, 1)}, {"maturity_date": date(2026, 3, 15)}],
        "comment": None, "sales.": [{"id": 12, "reference": "PO"}], "origin_invoices": [], "lines.": [], **other,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "status", "left"),
    [
        ({}, InvoiceStatus.OPEN, 119),
        ({"amount_to_pay": Decimal("0.01")}, InvoiceStatus.PARTLY_PAID, Decimal("0.01")),
        ({"amount_to_pay": Decimal(-5)}, InvoiceStatus.PAID, 0),
        ({"state": "paid", "amount_to_pay": Decimal(0)}, InvoiceStatus.PAID, 0),
        ({"state": "cancelled"}, InvoiceStatus.CANCELLED, 0),
    ],
)
def test_what_is_open_of_an_invoice(other: dict[str, Any], status: InvoiceStatus, left: Any) -> None:
    found = billing.invoice(invoice(**other), TAXES, AT)
    assert isinstance(found, RemoteInvoice)
    assert (found.status, found.open_amount, found.kind) == (status, left, InvoiceKind.INVOICE)
    assert (found.due_on, found.order_refs, found.po_number) == (date(2026, 3, 15), ("12",), "PO")


def test_negative_invoice_is_a_credit_note_of_positive_amounts() -> None:
    negative = {name: -invoice()[name] for name in ("untaxed_amount", "tax_amount", "total_amount", "amount_to_pay")}
    found = billing.invoice(invoice(**negative, origin_invoices=[2]), TAXES, AT)
    assert isinstance(found, RemoteInvoice)
    assert (found.kind, found.totals.gross, found.open_amount, found.credits_ref) == (InvoiceKind.CREDIT_NOTE, 119, 119, "2")


@pytest.mark.parametrize("given", [["odt", b"PK\x03\x04", False, "x"], ["pdf", b"PK\x03\x04", False, "x"], ["pdf", "text", False, "x"], None])
def test_document_that_is_no_pdf_is_refused_with_what_to_install(given: Any) -> None:
    with pytest.raises(ConnectorRejectedError, match="LibreOffice") as caught:
        billing.document(given, "INV-1")
    assert caught.value.code == "document"


def test_document_has_a_plain_file_name() -> None:
    assert billing.document(["pdf", b"%PDF-1.7", False, "x"], "../INV/1 é").file_name == "INV-1-é.pdf"


def stocked(**other: Any) -> dict[str, Any]:
    unit = {"id": 1, "factor": 1.0, "symbol": "u", "digits": 0}
    return {"id": 7, "type": "goods", "consumable": False, "quantity": 30.0, "default_uom.": unit, "sale_uom.": unit, **other}


def move(quantity: float, to: str, planned: date | None = None) -> dict[str, Any]:
    return {"internal_quantity": quantity, "planned_date": planned, "to_location.": {"type": to}}


@pytest.mark.parametrize(
    ("record", "moves", "available"),
    [
        (stocked(), [], 30),
        (stocked(), [move(12.0, "customer"), move(100.0, "storage")], 18),
        (stocked(), [move(40.0, "customer")], 0),
        (stocked(type="service"), [], None),
        (stocked(consumable=True), [], None),
        (stocked(**{"sale_uom.": {"id": 2, "factor": 12.0, "symbol": "dozen", "digits": 0}}), [], 2),
        (stocked(**{"sale_uom.": {"id": 2, "factor": 12.0, "symbol": "dozen", "digits": 1}}), [], Decimal("2.5")),
    ],
)
def test_what_is_available(record: dict[str, Any], moves: list[Any], available: Any) -> None:
    found = levels.level(record, moves, AT)
    assert isinstance(found, StockLevel)
    assert found.available == available


def test_more_is_expected_on_the_first_day_that_something_comes() -> None:
    coming = [move(1.0, "storage", date(2026, 5, 2)), move(1.0, "storage", date(2026, 5, 1)), move(1.0, "storage")]
    found = levels.level(stocked(), [*coming, move(1.0, "customer", date(2026, 4, 1))], AT)
    assert isinstance(found, StockLevel)
    assert found.expected_on == date(2026, 5, 1)
