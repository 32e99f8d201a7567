"""What holds for the standard schema on every kind of database, beside the contract."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.conformance import ConnectorContract, drain
from portico_erp.conformance.stage import new_order
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import (
    Address,
    Allocation,
    ContractStatus,
    InvoiceStatus,
    PaymentPosting,
    QuoteDecision,
)


class StandardSchema(ConnectorContract):
    @pytest.mark.parametrize("days", [0, 1])
    def test_contract_is_agreed_to_on_its_last_day_wherever_that_is_and_however_late_it_arrives(
        self, stage: Any, client: Any, days: int
    ) -> None:
        """West of UTC the last day goes on when the day of UTC is another already."""
        contract = self.offered(stage, client)
        until = datetime(2026, 3, 29, tzinfo=UTC).date()
        stage.database.execute("update contracts set answer_until = %s where id = %s", until, contract.ref)
        at = datetime(2026, 3, 29, 23, 30, tzinfo=UTC) + timedelta(days=days)
        answer = replace(self.answer_to(client.contract(contract.ref)), answered_at=at)
        assert self.refusal(client, replace(answer, answered_at=at + timedelta(days=2 - days))) == "expired"
        assert client.answer_contract(answer).status is ContractStatus.ACTIVE

    def test_offer_is_accepted_on_its_last_day_wherever_that_is(self, stage: Any, client: Any) -> None:
        """West of UTC the last day goes on when the day of UTC is another already; nowhere is it two days behind."""
        today = datetime.now(UTC).date()
        for days, code in ((0, ""), (1, ""), (2, "expired")):
            request = self.request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            until = today - timedelta(days=days)
            stage.database.execute("update quotes set valid_until = %s where portal_reference = %s", until, request.reference)
            with pytest.raises(ConnectorRejectedError) if code else nullcontext() as caught:
                client.decide(QuoteDecision(receipt.erp_ref, True))
            assert not code or caught.value.code == code

    def another_customer(self, stage: Any, code: str) -> None:
        if not stage.database.execute("select 1 from customers where code = %s", code):
            stage.database.execute("insert into customers (code, name, currency) values (%s, 'Other', 'EUR')", code)

    def test_two_refs_of_one_code_are_two_items(self, client: Any) -> None:
        answer = client.prices(None, [("material:M1", Decimal(1)), ("service:M1", Decimal(1))]).by_ref()
        assert answer["service:M1"].unit_price == 80
        assert answer["material:M1"].unit_price != 80

    @pytest.mark.parametrize(
        ("quantity", "price"),
        [("0.5", "0.95"), ("9.999", "0.95"), ("10", "0.8765"), ("100", "0.5"), ("1000000", "0.5")],
    )
    def test_quantity_break_is_the_largest_that_fits(self, client: Any, quantity: str, price: str) -> None:
        (answer,) = client.prices("C1", [("material:M1", Decimal(quantity))]).prices
        assert answer.unit_price == Decimal(price)

    def payment_of(self, amounts: dict[str, Decimal], **values: Any) -> PaymentPosting:
        parts = [Allocation(ref, amount) for ref, amount in amounts.items()]
        at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        return replace(PaymentPosting(str(uuid.uuid4()), "C1", sum(amounts.values(), Decimal(0)), "EUR", at, parts, "card"), **values)

    def test_one_payment_settles_several_invoices_and_gives_them_back(self, stage: Any, client: Any) -> None:
        invoices = [client.invoice(stage.invoice_of(new_order(stage, client))) for _n in range(2)]
        first, second = invoices
        receipt = client.post_payment(self.payment_of({first.ref: first.open_amount, second.ref: Decimal(1)}))
        assert [client.invoice(one.ref).status for one in invoices] == [InvoiceStatus.PAID, InvoiceStatus.PARTLY_PAID]
        for cancelled, left in (("true", second.open_amount), ("false", second.open_amount - 1)):
            stage.database.execute(f"update payments set is_cancelled = {cancelled} where id = %s", receipt.erp_ref)
            assert client.invoice(second.ref).open_amount == left
        stage.database.execute("delete from payment_allocations where invoice_id = %s", second.ref)
        assert client.invoice(second.ref) == replace(second, updated_at=client.invoice(second.ref).updated_at)

    def test_invoice_takes_no_more_than_is_open(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        note = client.invoice(stage.credit(invoice.ref))
        too_much = {invoice.ref: invoice.open_amount + Decimal("0.01")}
        for amounts, code in ((too_much, "state"), ({note.ref: Decimal(1)}, "state"), ({"1" * 30: Decimal(1)}, "unknown")):
            posting = self.payment_of(amounts)
            with pytest.raises(ConnectorRejectedError) as caught:
                client.post_payment(posting)
            assert (caught.value.field, caught.value.code) == ("allocations.0", code)
            assert stage.count_payments(posting.reference) == 0
        assert client.invoice(invoice.ref).open_amount == invoice.open_amount

    def test_two_payments_of_one_invoice_at_once_do_not_both_settle_it(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        postings = [self.payment_of({invoice.ref: invoice.open_amount}) for _n in range(6)]

        def attempt(posting: PaymentPosting) -> str:
            try:
                return client.post_payment(posting).number
            except ConnectorRejectedError as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(attempt, postings))
        assert results.count("state") == 5
        assert client.invoice(invoice.ref).status is InvoiceStatus.PAID

    def test_the_same_payment_at_once_is_booked_once(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        posting = self.payment_of({invoice.ref: Decimal(1)})
        with ThreadPoolExecutor(6) as pool:
            receipts = set(pool.map(client.post_payment, [posting] * 6))
        assert len(receipts) == 1
        assert (stage.count_payments(posting.reference), client.invoice(invoice.ref).open_amount) == (1, invoice.open_amount - 1)

    def test_reference_of_another_customers_payment_is_refused(self, stage: Any, client: Any) -> None:
        self.another_customer(stage, "C2")
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        posting = self.payment_of({invoice.ref: Decimal(1)})
        client.post_payment(posting)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.post_payment(replace(posting, customer_ref="C2", allocations=()))
        assert caught.value.code == "conflict"
        with pytest.raises(ConnectorRejectedError) as caught:
            client.post_payment(replace(posting, customer_ref="C2", reference=str(uuid.uuid4())))
        assert (caught.value.field, caught.value.code) == ("allocations.0", "unknown")

    @pytest.mark.parametrize(("name", "media_type", "content", "code"), [
        ("Invoice.pdf", "application/pdf", b"<html>", "document"), ("../x.pdf", "application/pdf", b"%PDF-1.7", "document"),
        ("x.exe", "application/x-msdownload", b"MZ", "document"), (None, None, None, "no_document"),
    ])  # fmt: skip
    def test_what_is_no_document_is_told(self, stage: Any, client: Any, name: Any, media_type: Any, content: Any, code: str) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        if name is None:
            stage.database.execute("delete from invoice_documents where invoice_id = %s", ref)
        else:
            stage.database.execute(
                "update invoice_documents set file_name = %s, media_type = %s, content = %s where invoice_id = %s",
                name, media_type, content, ref,
            )  # fmt: skip
        with pytest.raises(ConnectorRejectedError) as caught:
            client.invoice_document(ref)
        assert caught.value.code == code

    def test_what_is_not_counted_is_never_short_and_what_is_oversold_is_none(self, stage: Any, client: Any) -> None:
        stage.set_stock("material:M2", Decimal(-3), None)
        found = client.stock(["service:M1", "material:M2"]).by_ref()
        assert (found["service:M1"].available, found["material:M2"].available) == (None, 0)

    def test_two_submits_at_once_make_one_quote(self, stage: Any, client: Any) -> None:
        request = self.request(stage, client)
        receipts: list[Any] = []
        threads = [threading.Thread(target=lambda: receipts.append(client.submit(request))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 4
        assert len(set(receipts)) == 1
        assert stage.count_quotes(request.reference) == 1

    def test_another_customers_reference_is_refused(self, stage: Any, client: Any) -> None:
        self.another_customer(stage, "C2")
        request = self.request(stage, client)
        client.submit(request)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.submit(replace(request, customer_ref="C2"))
        assert caught.value.field == "reference"

    def test_customer_whose_claim_code_is_empty_is_found_by_none(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "insert into customers (code, name, claim_code, currency) values ('C0', 'Without', '', 'EUR')"
        )
        assert client.find_customer(code="C0") is not None
        assert client.find_customer(claim_code="") is None
        assert client.find_customer(claim_code="  ") is None

    def test_changed_address_is_a_change_of_its_customer(self, stage: Any, client: Any) -> None:
        _customers, cursor = drain(client.changed_customers)
        assert drain(client.changed_customers, cursor)[0] == []
        stage.add_address("Nantes")
        assert [one.ref for one in drain(client.changed_customers, cursor)[0]] == ["C1"]

    def test_address_of_another_customer_is_not_touched(self, stage: Any, client: Any) -> None:
        self.another_customer(stage, "C3")
        ref = stage.add_address("Brest")
        with pytest.raises(ConnectorRejectedError) as caught:
            client.push_address("C3", Address(ref, "Theirs", "", "", "Paris", "", "FR"))
        assert caught.value.field == "address.ref"
        client.remove_address("C3", ref)
        assert ref in {one.ref for one in client.addresses("C1")}
