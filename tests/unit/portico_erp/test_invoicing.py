"""What invoices, documents, payments, stock and addresses refuse to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.capabilities import CAPABILITIES, REQUIRES, Deliveries, Orders
from portico_erp.errors import InvalidValueError
from portico_erp.values import (
    MOST_DOCUMENT_BYTES,
    Address,
    Allocation,
    Document,
    InvoiceKind,
    InvoiceStatus,
    PaymentPosting,
    PriceBreak,
    RemoteInvoice,
    RemotePayment,
    StockAnswer,
    StockLevel,
    Totals,
)

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
TODAY = date(2026, 3, 29)
TOTALS = Totals(Decimal("100.00"), Decimal("20.00"), Decimal("120.00"))
INVOICE = RemoteInvoice("7", "I-7", InvoiceKind.INVOICE, InvoiceStatus.OPEN, "C1", "EUR", (), TOTALS, Decimal("120.00"),
                        TODAY, None, NOW)  # fmt: skip
POSTING = PaymentPosting("r-1", "C1", Decimal("120.00"), "EUR", NOW, [Allocation("7", Decimal("100.00"))])
PAYMENT = RemotePayment("3", None, "P-3", "C1", Decimal("120.00"), "EUR", TODAY, NOW)
LEVEL = StockLevel("material:1", Decimal("2.5"), "kg", None, NOW)
ADDRESS = Address("1", "Acme", "1 High Street\nFloor 2", "N1", "London", "", "GB")
STEP = PriceBreak(Decimal(0), Decimal("1.5"), "EUR", None)
PDF = Document("I-7.pdf", "application/pdf", b"%PDF-1.7 ...")


@pytest.mark.parametrize(
    ("value", "changes", "field"),
    [
        (INVOICE, {"open_amount": Decimal("120.01")}, "open_amount"),
        (INVOICE, {"open_amount": Decimal("-1")}, "open_amount"),
        (INVOICE, {"open_amount": Decimal("60")}, "open_amount"),
        (INVOICE, {"status": InvoiceStatus.PAID}, "open_amount"),
        (INVOICE, {"status": InvoiceStatus.CANCELLED}, "open_amount"),
        (INVOICE, {"credits_ref": "6"}, "credits_ref"),
        (INVOICE, {"issued_on": NOW}, "issued_on"),
        (INVOICE, {"due_on": "2026-03-29"}, "due_on"),
        (INVOICE, {"order_refs": [""]}, "order_refs.0"),
        (INVOICE, {"totals": Totals(Decimal(-1), Decimal(0), Decimal(-1))}, "totals.gross"),
        (INVOICE, {"updated_at": NOW.astimezone(timezone(timedelta(hours=2)))}, "updated_at"),
        (POSTING, {"amount": Decimal(0)}, "amount"),
        (POSTING, {"amount": Decimal("120.001")}, "amount"),
        (POSTING, {"currency": "JPY", "amount": Decimal("120.5")}, "amount"),
        (POSTING, {"amount": Decimal("99")}, "allocations"),
        (POSTING, {"allocations": [Allocation("7", Decimal(1))] * 2}, "allocations"),
        (PAYMENT, {"amount": Decimal(0)}, "amount"),
        (PAYMENT, {"paid_on": NOW}, "paid_on"),
        (LEVEL, {"available": Decimal(-1)}, "available"),
        (LEVEL, {"available": 2.5}, "available"),
        (LEVEL, {"expected_on": NOW}, "expected_on"),
        (ADDRESS, {"country": "gb"}, "country"),
        (ADDRESS, {"country": "GBR"}, "country"),
        (STEP, {"min_quantity": Decimal(-1)}, "min_quantity"),
        (PDF, {"content": b"PK\x03\x04 an office document"}, "content"),
        (PDF, {"content": b""}, "content"),
        (PDF, {"content": b"%PDF-" + bytes(MOST_DOCUMENT_BYTES)}, "content"),
        (PDF, {"media_type": "text/html", "content": b"<html>"}, "media_type"),
        (PDF, {"media_type": "application/xml", "content": b" <!DOCTYPE html>"}, "content"),
        (PDF, {"file_name": "../I-7.pdf"}, "file_name"),
        (PDF, {"file_name": "I-7\u202efdp.exe"}, "file_name"),
    ],
)
def test_value_refuses(value: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        replace(value, **changes)
    assert caught.value.field == field


def test_what_is_open_decides_the_status() -> None:
    gross = Decimal("120.00")
    assert InvoiceStatus.of(gross, gross) is InvoiceStatus.OPEN
    assert InvoiceStatus.of(gross, Decimal("0.01")) is InvoiceStatus.PARTLY_PAID
    assert InvoiceStatus.of(gross, Decimal(0)) is InvoiceStatus.PAID
    assert InvoiceStatus.of(Decimal(0), Decimal(0)) is InvoiceStatus.PAID
    assert InvoiceStatus.of(gross, Decimal(0), cancelled=True) is InvoiceStatus.CANCELLED


def test_credit_note_names_the_invoice_that_it_is_about() -> None:
    note = replace(INVOICE, kind=InvoiceKind.CREDIT_NOTE, credits_ref="6")
    assert (note.credits_ref, note.open_amount) == ("6", Decimal("120.00"))


def test_document_of_each_type_may_be_what_it_says() -> None:
    for media_type, content in (
        ("application/xml", b'\xef\xbb\xbf<?xml version="1.0"?><Invoice/>'),
        ("text/xml", b"\n<Invoice/>"),
        ("image/png", b"\x89PNG\r\n\x1a\n..."),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
    ):
        assert replace(PDF, media_type=media_type, content=content).content == content


def test_documents_content_does_not_show_in_a_log() -> None:
    assert "%PDF" not in repr(PDF)


def test_service_is_never_short_and_levels_are_found_by_ref() -> None:
    service = replace(LEVEL, ref="service:1", available=None)
    assert StockAnswer([LEVEL, service]).by_ref() == {"material:1": LEVEL, "service:1": service}


def test_facet_adds_no_method_and_requirements_are_capabilities() -> None:
    def methods(protocol: Any) -> set[str]:
        return {name for name in dir(protocol) if not name.startswith("_")}

    assert methods(Deliveries) == methods(Orders)
    for name, needed in REQUIRES.items():
        assert {name} | needed <= CAPABILITIES.keys()
