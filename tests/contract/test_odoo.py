"""The odoo connector against the contract, on a simulator in both dialects that is held against what a real Odoo 14 said.

The contract on the real one: `make odoo14` (docs/connectors/odoo.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portico_erp import records
from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.stage import new_order, new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.values import InvoiceStatus, QuoteDecision
from portico_odoo import pricing, rpc
from portico_odoo.simulator import billing
from portico_odoo.simulator.server import OF_RECORDS, POSITIONS, SimulatedOdoo, simulated
from portico_odoo.stage import OdooStage, open_stage


def inside(odoo: SimulatedOdoo) -> Callable[..., Any]:
    """The administrator's way in where no older interface answers."""

    def call(model: str, method: str, *arguments: Any, **named: Any) -> Any:
        given = list(arguments)
        ids = given.pop(0) if method in OF_RECORDS else None
        return odoo.call(model, method, [ids] if isinstance(ids, int) else ids, dict(zip(POSITIONS.get(method, []), given, strict=False)) | named)

    return call


class TestOlderDialect(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
        with open_stage(tmp_path_factory.mktemp("odoo"), live=False) as stage:
            yield stage

    def test_drafts_tell_prices_where_products_do_not_and_are_gone_afterwards(self, stage: Any, client: Any) -> None:
        ref, quantity, price = stage.own_price
        before = stage.call("sale.order", "search_count", [])
        found = pricing._drafted(client.reader, int(stage.customer_ref), [(int(ref), quantity), (int(ref), Decimal(1))])
        assert [records.measured(one, "price") for one in found] == [price, Decimal("0.95")]
        assert stage.call("sale.order", "search_count", []) == before

    def test_price_that_holds_its_tax_is_told_without(self, stage: Any, client: Any) -> None:
        tax = stage.call("account.tax", "search", [])[0]
        stage.call("account.tax", "write", [tax], {"price_include": True})
        stage.call("product.product", "write", [int(stage.own_price[0])], {"list_price": 115.0})
        (price,) = client.prices(None, [(stage.own_price[0], Decimal(1))]).prices
        stage.call("account.tax", "write", [tax], {"price_include": False})
        stage.call("product.product", "write", [int(stage.own_price[0])], {"list_price": 1.99})
        assert (price.unit_price, price.tax_rate) == (100, 15)

    def test_refusal_by_the_customer_differs_from_a_quotation_called_off(self, stage: Any, client: Any) -> None:
        declined, called_off = new_request(stage, client), new_request(stage, client)
        for request in (declined, called_off):
            client.submit(request)
            stage.price_quote(request.reference)
        client.decide(QuoteDecision(client.find_quote(declined.reference).erp_ref, False, reason="Too dear"))
        stage.call("sale.order", "action_cancel", [int(client.find_quote(called_off.reference).erp_ref)])
        quotes = {quote.reference: quote.status.value for quote in drain(client.changed_quotes)[0]}
        assert (quotes[declined.reference], quotes[called_off.reference]) == ("declined", "cancelled")

    def test_offer_is_accepted_on_its_last_day_wherever_that_is(self, stage: Any, client: Any) -> None:
        """The last day at a company west of UTC goes on when Odoo's clock says the next; nowhere is it two days behind."""
        for days, code in ((1, ""), (2, "expired")):
            request = new_request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            until = (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
            stage.call("sale.order", "write", [int(receipt.erp_ref)], {"validity_date": until})
            with pytest.raises(ConnectorRejectedError) if code else nullcontext() as caught:
                client.decide(QuoteDecision(receipt.erp_ref, True))
            assert not code or caught.value.code == code

    def test_invoice_that_is_cancelled_comes_as_such_and_a_draft_never(self, stage: Any, client: Any) -> None:
        issued, draft = stage.invoice_of(new_order(stage, client)), stage.invoice_of(new_order(stage, client))
        _before, cursor = drain(client.changed_invoices)
        stage.later()
        stage.call("account.move", "write", [int(issued)], {"state": "cancel"})
        stage.call("account.move", "write", [int(draft)], {"state": "draft"})
        (invoice,), _cursor = drain(client.changed_invoices, cursor)
        assert (invoice.ref, invoice.status, invoice.open_amount) == (issued, InvoiceStatus.CANCELLED, 0)
        assert client.invoice(draft) is None

    def test_credit_note_has_no_order_number_of_the_customer(self, stage: Any, client: Any) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        found = client.invoice(ref), client.invoice(stage.credit(ref))
        assert [one.po_number for one in found] == ["PO-7", None]

    def test_document_that_is_none_is_refused_in_words(self, stage: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        with monkeypatch.context() as patch:
            patch.setattr(billing, "printed", lambda _number: b"<html>")
            with pytest.raises(ConnectorRejectedError) as caught:
                client.invoice_document(ref)
        assert caught.value.code == "document"
        (template,) = stage.call("mail.template", "search", [])
        stage.call("mail.template", "write", [template], {"report_template": False})
        reports = {one.capability: one for one in client.test()}
        with pytest.raises(ConnectorRejectedError) as caught:
            client.invoice_document(ref)
        stage.call("mail.template", "write", [template], {"report_template": 1})
        assert (caught.value.code, reports["invoice_documents"].ok) == ("document", False)
        assert {one.capability: one for one in client.test()}["invoice_documents"].ok


class TestNamedDialect(ConnectorContract):
    """The dialect of 19 and later, on what stands for it by its documentation."""

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls) -> Iterator[Stage]:
        with simulated(19) as (odoo, port):
            stage = OdooStage(port, inside(odoo), later=odoo.later)
            # The key says who somebody is: a login is not looked at.
            stage.invalid = [one for one in stage.invalid if one[0].get("login") != "nobody"]
            yield stage

    def test_address_that_does_not_open_is_no_document(
        self, stage: Any, client: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        monkeypatch.setattr(billing, "in_portal", lambda _odoo, _path: None)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.invoice_document(ref)
        assert caught.value.code == "document"

    # It was never recorded, and the way breaks alike in both.
    test_answers_have_the_recorded_shapes = None  # type: ignore[assignment]
    test_broken_way_ends_in_one_of_the_three_errors_in_time = None  # type: ignore[assignment]


@pytest.mark.parametrize(("name", "message", "error", "code"), [
    ("odoo.exceptions.AccessDenied", "Access Denied", ConnectorUnauthorisedError, ""),
    ("odoo.exceptions.AccessError", "You are not allowed to access 'Sales Order'", ConnectorUnauthorisedError, ""),
    ("odoo.exceptions.UserError", "Object sale.order doesn't exist", ConnectorRejectedError, "schema"),
    ("odoo.exceptions.UserError", "Please define an accounting sales journal.", ConnectorRejectedError, "refused"),
    ("builtins.ValueError", "Invalid field 'x' on model 'stock.picking'", ConnectorRejectedError, "schema"),
    ("odoo.exceptions.MissingError", "Record does not exist or has been deleted.", ConnectorRejectedError, "unknown"),
    ("psycopg2.OperationalError", 'FATAL:  database "nodb" does not exist\n', ConnectorRejectedError, "database"),
    ("builtins.ZeroDivisionError", "division by zero", ConnectorRejectedError, "refused"),
])  # fmt: skip
def test_words_of_odoo_mean_one_of_the_three_errors(name: str, message: str, error: type[Exception], code: str) -> None:
    found = rpc.refusal(name, message)
    assert type(found) is error
    assert getattr(found, "code", "") == code


@pytest.mark.parametrize(("note", "plain"), [
    ("As it is <3 & so", "As it is <3 & so"), ("<p>One<br/>two &amp; <b>three</b></p><p>four</p>", "One\ntwo & three\nfour"), (False, ""),
])  # fmt: skip
def test_note_is_plain_text_in_every_version(note: Any, plain: str) -> None:
    assert records.plain(note) == plain
