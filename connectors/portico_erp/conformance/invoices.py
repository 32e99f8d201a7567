"""Invoices, credit notes, their documents, and payments both ways."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.conformance.stage import drain, needs, new_order
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import Allocation, Document, InvoiceKind, InvoiceStatus, PaymentPosting


class InvoicesContract:
    def issued(self, stage: Any, client: Any) -> Any:
        """A new invoice, as the connector reads it."""
        return client.invoice(needs(stage, "invoice_of").invoice_of(new_order(stage, client)))

    def posting(self, stage: Any, invoice: Any, amount: Decimal) -> PaymentPosting:
        """A payment of part of the invoice under a new reference."""
        return PaymentPosting(
            str(uuid.uuid4()), stage.customer_ref, amount, invoice.currency, datetime.now(UTC).replace(microsecond=0),
            [Allocation(invoice.ref, amount)], "card", "pi_123",
        )  # fmt: skip

    @pytest.mark.capability("quote_submission", "orders", "invoices")
    def test_invoice_follows_its_order_and_is_paid_in_steps(self, stage: Any, client: Any) -> None:
        order = client.order(new_order(needs(stage, "invoice_of", "pay"), client))
        _before, cursor = drain(client.changed_invoices)
        ref = stage.invoice_of(order.ref)
        (invoice,), cursor = drain(client.changed_invoices, cursor)
        assert (invoice.ref, invoice.kind, invoice.status) == (ref, InvoiceKind.INVOICE, InvoiceStatus.OPEN)
        assert (invoice.customer_ref, invoice.currency) == (order.customer_ref, order.currency)
        assert invoice.order_refs in ([order.ref], (order.ref,))
        assert [line.quantity for line in invoice.lines] == [line.quantity for line in order.lines]
        assert invoice.totals == order.totals
        assert invoice.open_amount == invoice.totals.gross > 0
        assert client.invoice(ref) == invoice
        part = Decimal("0.01")
        for paid, status in ((part, InvoiceStatus.PARTLY_PAID), (invoice.open_amount - part, InvoiceStatus.PAID)):
            stage.pay(ref, paid)
            (changed,), cursor = drain(client.changed_invoices, cursor)
            assert (changed.ref, changed.status) == (ref, status)
            assert changed.open_amount == (0 if status is InvoiceStatus.PAID else invoice.open_amount - part)
        assert drain(client.changed_invoices, cursor)[0] == []

    @pytest.mark.capability("quote_submission", "orders", "invoices")
    def test_credit_note_names_its_invoice_and_is_positive(self, stage: Any, client: Any) -> None:
        invoice = self.issued(stage, client)
        ref = needs(stage, "credit").credit(invoice.ref)
        note = client.invoice(ref)
        assert (note.kind, note.credits_ref, note.totals.gross) == (
            InvoiceKind.CREDIT_NOTE,
            invoice.ref,
            invoice.totals.gross,
        )

    @pytest.mark.capability("invoices")
    def test_unknown_invoice_is_none(self, client: Any) -> None:
        for ref in ("999999999", "no-such-invoice", "-1", "1e3", "٣", "9" * 30, ""):
            assert client.invoice(ref) is None

    @pytest.mark.capability("quote_submission", "orders", "invoices", "invoice_documents")
    def test_document_of_an_invoice_is_what_it_says(self, stage: Any, client: Any) -> None:
        document = client.invoice_document(self.issued(stage, client).ref)
        assert isinstance(document, Document)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.invoice_document("no-such-invoice")
        assert (caught.value.field, caught.value.code) == ("ref", "unknown")

    @pytest.mark.capability("quote_submission", "orders", "invoices", "payments")
    def test_payment_names_what_it_settles(self, stage: Any, client: Any) -> None:
        invoice = self.issued(stage, client)
        _before, cursor = drain(client.changed_payments)
        ref = needs(stage, "pay").pay(invoice.ref, invoice.open_amount)
        (payment,), cursor = drain(client.changed_payments, cursor)
        assert (payment.ref, payment.reference, payment.customer_ref) == (ref, None, stage.customer_ref)
        assert (payment.amount, payment.currency, payment.cancelled) == (invoice.open_amount, invoice.currency, False)
        assert list(payment.allocations) == [Allocation(invoice.ref, invoice.open_amount)]
        assert drain(client.changed_payments, cursor)[0] == []

    @pytest.mark.capability("quote_submission", "orders", "invoices", "payment_posting")
    def test_payment_is_posted_once_and_settles_its_invoice(self, stage: Any, client: Any) -> None:
        invoice = self.issued(stage, client)
        posting = self.posting(stage, invoice, invoice.open_amount)
        receipt = client.post_payment(posting)
        assert client.post_payment(posting) == receipt == client.find_payment(posting.reference)
        assert needs(stage, "count_payments").count_payments(posting.reference) == 1
        paid = client.invoice(invoice.ref)
        assert (paid.status, paid.open_amount) == (InvoiceStatus.PAID, 0)
        assert client.find_payment(str(uuid.uuid4())) is None

    @pytest.mark.capability("quote_submission", "orders", "invoices", "payment_posting")
    def test_refused_payment_names_the_field_and_leaves_nothing(self, stage: Any, client: Any) -> None:
        good = self.posting(stage, self.issued(stage, client), Decimal("0.01"))
        stranger = [Allocation("no-such-invoice", Decimal("0.01"))]
        for posting, field in (
            (replace(good, customer_ref="no-such-customer"), "customer_ref"),
            (replace(good, allocations=stranger), "allocations.0"),
        ):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.post_payment(posting)
            assert (caught.value.field, caught.value.code) == (field, "unknown")
            assert needs(stage, "count_payments").count_payments(good.reference) == 0
