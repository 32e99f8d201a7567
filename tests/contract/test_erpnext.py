"""The erpnext connector against the contract, on a simulator by the documentation: no running ERPNext was tried
(docs/connectors/erpnext.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portico.connections.http import HttpAnswer
from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.stage import Loopback, new_order, new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.values import Address, Agreed, InvoiceStatus, QuoteDecision, QuoteStatus
from portico_erpnext import billing, mapping, rest, setup
from portico_erpnext.reader import REFERENCE
from portico_erpnext.settings import ErpNextSettings
from portico_erpnext.simulator.server import simulated
from portico_erpnext.stage import ErpNextStage, open_stage


class TestErpNext(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
        with open_stage(tmp_path_factory.mktemp("erpnext"), live=False) as stage:
            yield stage

    def test_without_rules_the_customers_list_says_the_price(self, stage: Any, client: Any) -> None:
        site = stage.site
        rules, site.docs["Pricing Rule"] = site.docs["Pricing Rule"], {}
        try:
            (price,) = client.prices(stage.customer_ref, [("M2", Decimal(3))]).prices
        finally:
            site.docs["Pricing Rule"] = rules
        assert (price.unit_price, price.price_list, price.tax_rate) == (Decimal("2.5"), "Gold", 15)

    def test_draft_of_the_companys_own_is_not_shown(self, stage: Any, client: Any) -> None:
        _before, cursor = drain(client.changed_quotes)
        values = {"quotation_to": "Customer", "party_name": stage.customer_ref, "company": "Gadgets Ltd", "currency": "USD"}
        made = stage.site.insert("Quotation", {**values, "items": [{"item_code": "M1", "qty": 1.0, "rate": 1.0}], "taxes": []})
        shown, cursor = drain(client.changed_quotes, cursor)
        assert shown == []
        stage.site.save("Quotation", made["name"], {"docstatus": 1, "status": "Open"})
        assert [one.ref for one in drain(client.changed_quotes, cursor)[0]] == [made["name"]]

    def test_two_at_the_same_moment_make_one_quotation(self, stage: Any, client: Any) -> None:
        """ERPNext itself refuses the second, which is where the first look-up found nothing."""
        request, looks = new_request(stage, client), iter([False])
        really = client.reader.quotations
        client.submit(request)
        client.reader.quotations = lambda filters: really(filters) if next(looks, True) else []
        try:
            receipt = client.submit(request)
        finally:
            client.reader.quotations = really
        assert stage.count_quotes(request.reference) == 1
        assert receipt == client.find_quote(request.reference)

    def test_an_offer_that_ran_out_cannot_be_accepted(self, stage: Any, client: Any) -> None:
        request = new_request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        stage.site.docs["Quotation"][receipt.erp_ref]["valid_till"] = "2020-01-01"
        with pytest.raises(ConnectorRejectedError) as caught:
            client.decide(QuoteDecision(receipt.erp_ref, True))
        assert caught.value.code == "expired"

    def test_an_answer_to_what_changed_since_it_was_looked_at_is_not_written(self, stage: Any, client: Any) -> None:
        """Between looking and writing: Frappe compares the document's time, and the portal looks again."""
        request = new_request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        offered = {one.ref: one for one in drain(client.changed_quotes)[0]}[receipt.erp_ref]
        decision = QuoteDecision(receipt.erp_ref, True, agreed=Agreed(offered.totals.gross, offered.currency, offered.version))
        really = client.reader.rest.update

        def late(*given: Any) -> None:
            stage.revise_quote(request.reference)
            really(*given)

        client.reader.rest.update = late
        try:
            with pytest.raises(ConnectorUnavailableError):
                client.decide(decision)
        finally:
            client.reader.rest.update = really
        with pytest.raises(ConnectorRejectedError) as caught:
            client.decide(decision)
        assert caught.value.code == "changed"

    def test_reason_of_a_refusal_is_kept(self, stage: Any, client: Any) -> None:
        request = new_request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        client.decide(QuoteDecision(receipt.erp_ref, False, reason="Too dear"))
        found = {one.ref: one for one in drain(client.changed_quotes)[0]}[receipt.erp_ref]
        assert (found.status, found.reason) == (QuoteStatus.DECLINED, "Too dear")

    def test_delivery_says_who_carries_it(self, stage: Any, client: Any) -> None:
        ref = new_order(stage, client)
        stage.ship(ref)
        (delivery,) = client.order(ref).deliveries
        assert (delivery.carrier, delivery.tracking_number) == ("Swift", "TRACK-1")

    def test_cancelled_invoice_comes_as_such(self, stage: Any, client: Any) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        _before, cursor = drain(client.changed_invoices)
        stage.site.db_set("Sales Invoice", ref, {"docstatus": 2, "status": "Cancelled"})
        (found,), _cursor = drain(client.changed_invoices, cursor)
        assert (found.ref, found.status, found.open_amount) == (ref, InvoiceStatus.CANCELLED, 0)

    def test_address_is_read_whole(self, stage: Any, client: Any) -> None:
        ref = stage.add_address("Lille")
        found = {one.ref: one for one in client.addresses(stage.customer_ref)}[ref]
        assert found == Address(ref, "Depot", "1 Rue d'Été", "", "Lille", "", "FR", delivery=True)


def test_set_up_makes_the_fields_once_and_the_check_says_what_lacks() -> None:
    with simulated() as (site, port):
        stage = ErpNextStage(site, port)
        site.docs["Custom Field"].clear()
        site.fields["Quotation"].discard(REFERENCE)
        client = stage.connector.open(stage.config, stage.secrets, egress=Loopback())
        try:
            broken = {one.capability for one in client.test() if not one.ok}
            assert broken == {"setup", "quote_submission", "quotes", "quote_decisions"}
            assert client.set_up().created is True
            assert client.set_up().created is False
            assert {one.capability for one in client.test() if not one.ok} == set()
            site.insert("Company", {"name": "Another", "default_currency": "EUR"})
            with pytest.raises(ConnectorRejectedError) as caught:
                client.test()
            assert caught.value.field == "company"
        finally:
            client.close()


def test_the_check_looks_for_the_portals_fields_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Any] = []
    really = setup.missing
    monkeypatch.setattr(setup, "missing", lambda rest: looks.append(rest) or really(rest))
    with simulated() as (site, port):
        stage = ErpNextStage(site, port)
        client = stage.connector.open(stage.config, stage.secrets, egress=Loopback())
        try:
            assert all(one.ok for one in client.test())
        finally:
            client.close()
    assert len(looks) == 1


def answer(status: int, kind: str = "", message: str = "", exception: str = "") -> HttpAnswer:
    said = {"exc_type": kind, "_server_messages": json.dumps([json.dumps({"message": message})]), "exception": exception}
    return HttpAnswer(status, {}, json.dumps(said).encode())


@pytest.mark.parametrize(("given", "error", "code"), [
    (answer(401, "AuthenticationError"), ConnectorUnauthorisedError, ""),
    (answer(403, "PermissionError", "No permission for <b>Item</b>"), ConnectorUnauthorisedError, ""),
    (answer(404, "DoesNotExistError", "Item X not found"), ConnectorRejectedError, "unknown"),
    (HttpAnswer(404, {}, b"<html>nothing</html>"), ConnectorRejectedError, "url"),
    (answer(409, "DuplicateEntryError", "exists"), ConnectorRejectedError, "duplicate"),
    (answer(417, "UniqueValidationError", "must be unique"), ConnectorRejectedError, "duplicate"),
    (answer(417, "TimestampMismatchError", "has been modified"), ConnectorUnavailableError, ""),
    (answer(417, "MandatoryError", "Delivery Date is needed"), ConnectorRejectedError, "refused"),
    (answer(500, "OperationalError", "", "(1054, \"Unknown column 'x'\")"), ConnectorRejectedError, "schema"),
    (answer(500, "QueryDeadlockError"), ConnectorUnavailableError, ""),
    (answer(500, "KeyError"), ConnectorUnavailableError, ""),
    (HttpAnswer(503, {"retry-after": "7"}, b"<html>maintenance</html>"), ConnectorUnavailableError, ""),
    (HttpAnswer(429, {}, b"{}"), ConnectorUnavailableError, ""),
])  # fmt: skip
def test_words_of_erpnext_mean_one_of_the_three_errors(given: HttpAnswer, error: type[Exception], code: str) -> None:
    found = rest.refusal(given)
    assert type(found) is error
    assert getattr(found, "code", "") == code


def test_words_for_people_are_passed_on_without_their_markup() -> None:
    found = rest.refusal(answer(417, "ValidationError", "Item <a href='/app/item/X'>X</a> is <b>disabled</b>"))
    assert "Item X is disabled" in str(found.message.interpolate())


def test_clocks_that_went_back_leave_no_change_out() -> None:
    """At 01:00 UTC on 26 October 2025 it became 02:00 again in Paris: what changed at 02:10 came after what changed at 02:50."""
    asked = rest.Rest(ErpNextSettings("https://erp.example", "k", "s"), Loopback())
    asked._zone = ZoneInfo("Europe/Paris")
    before = datetime(2025, 10, 26, 0, 50, tzinfo=UTC)
    asked.clock = datetime(2025, 10, 26, 0, 55, tzinfo=UTC)
    assert asked.local_since(before) == "2025-10-26 02:50:00"
    asked.clock = datetime(2025, 10, 26, 1, 15, tzinfo=UTC)
    assert asked.local_since(before) == "2025-10-26 01:50:00"


PRICE = {"name": "a", "price_list_rate": 5, "customer": None, "uom": "Nos", "valid_from": None, "valid_upto": None}


@pytest.mark.parametrize(("prices", "chosen"), [
    ([PRICE, PRICE | {"name": "b", "customer": "C1"}], "b"),
    ([PRICE, PRICE | {"name": "b", "customer": "C2"}], "a"),
    ([PRICE | {"valid_from": "2026-01-01"}, PRICE | {"name": "b", "valid_from": "2026-06-01"}], "b"),
    ([PRICE, PRICE | {"name": "b", "valid_from": "2027-01-01"}], "a"),
    ([PRICE, PRICE | {"name": "b", "valid_upto": "2026-01-01", "valid_from": "2025-01-01"}], "a"),
    ([PRICE | {"uom": "Box"}], None),
    ([], None),
])  # fmt: skip
def test_price_is_the_one_that_holds_today(prices: list[Any], chosen: str | None) -> None:
    found = mapping.chosen_price(prices, "Nos", "C1", date(2026, 11, 22))
    assert (found and found["name"]) == chosen


@pytest.mark.parametrize(("charged", "own", "rate"), [
    ([("On Net Total", "VAT", 15)], "{}", "15"),
    ([("On Net Total", "VAT", 15), ("On Net Total", "City", 2.5), ("Actual", "Freight", 9)], None, "17.5"),
    ([("On Net Total", "VAT", 15)], '{"VAT": 5.5}', "5.5"),
    ([("On Net Total", "VAT", 15)], "nonsense", "15"),
])  # fmt: skip
def test_rate_of_a_line_is_that_of_its_taxes(charged: list[Any], own: str | None, rate: str) -> None:
    taxes = [{"charge_type": kind, "account_head": head, "rate": value} for kind, head, value in charged]
    assert mapping.tax_rate(taxes, {"item_tax_rate": own}) == Decimal(rate)


def test_price_that_holds_its_tax_is_told_without() -> None:
    tax = {"charge_type": "On Net Total", "account_head": "VAT", "rate": 15, "included_in_print_rate": 1}
    assert mapping.before_tax(Decimal(115), [tax]) == 100


def test_open_amount_is_in_the_invoices_own_currency() -> None:
    record = {"outstanding_amount": 110.0, "currency": "EUR", "party_account_currency": "USD", "conversion_rate": 1.1}
    assert billing._open_amount(record) == Decimal("100.00")
