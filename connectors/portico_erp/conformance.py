"""What every connector must do, as tests: inherit `ConnectorContract` in a test and give it a `Stage` for
your ERP.

class TestMine(ConnectorContract):
@pytest.fixture(scope="class")
def stage(self) -> Iterator[Stage]: ...

A test of a capability that the connector does not declare is skipped; nothing else is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import colander
import pytest

from portico_erp import deadline
from portico_erp.capabilities import CAPABILITIES, Check
from portico_erp.connector import Connector, Egress
from portico_erp.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_erp.values import ItemKind, OrderStatus, Page, QuoteDecision, QuoteLine, QuoteRequest, QuoteStatus

PAGE = 7
"""An odd small page, so that paging is really tried."""


class Stage(Protocol):
    """The ERP behind the connector, as the tests play on it: at least 20 items, one of them with an own price
    for `customer_ref`, and at least one order. Changes are made past the connector, as the company's
    people would; a test takes back what it did to an item, as the tests come in any order.

    invalid: settings that must fail, each with the error that is due. own_price: (item ref, quantity, exact
    price).
    """

    connector: Connector
    egress: Egress
    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    invalid: Sequence[tuple[Mapping[str, Any], Mapping[str, str], type[ConnectorError]]]
    customer_ref: str
    customer_email: str
    item_count: int
    own_price: tuple[str, Decimal, Decimal]

    def set_price(self, ref: str, price: Decimal) -> None: ...
    def retired(self, ref: str) -> AbstractContextManager[None]:
        """Inside, the company does not sell the item any more."""

    def spoil(self, ref: str) -> AbstractContextManager[None]:
        """Inside, the item's price in the ERP is absurd."""

    def price_quote(self, reference: str) -> None:
        """The company prices the quote and says until when it stands."""

    def order_from(self, reference: str) -> str:
        """The company makes an order of the quote; the order's ref."""

    def ship(self, order_ref: str) -> None:
        """All of the order leaves with one delivery."""

    def count_quotes(self, reference: str) -> int: ...
    def losing_the_answer(self, client: Any) -> AbstractContextManager[None]:
        """Inside, a write reaches the ERP and takes effect, and its answer does not come back."""


def drain(read: Callable[[str | None, int], Page[Any]], cursor: str | None = None) -> tuple[list[Any], str]:
    """All records until nothing is left for now, and the cursor to go on from."""
    found: list[Any] = []
    for _turn in range(10_000):
        page = read(cursor, PAGE)
        assert len(page.items) + len(page.problems) <= PAGE, "a page holds no more than was asked for"
        found.extend(page.items)
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the reader never says that it is done")


class ConnectorContract:
    """Inherit, and override `stage`."""

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls) -> Stage:
        raise NotImplementedError("give the contract a stage")

    @pytest.fixture
    def client(self, stage: Stage) -> Iterator[Any]:
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        yield client
        client.close()

    @pytest.fixture(autouse=True)
    def _declared(self, request: pytest.FixtureRequest, stage: Stage) -> None:
        for mark in request.node.iter_markers("capability"):
            if not set(mark.args) <= stage.connector.capabilities:
                pytest.skip(f"{stage.connector.name} does not declare {', '.join(mark.args)}")

    # -- what it says of itself
    # --------------------------------------------------------------------------------

    def test_client_has_every_declared_capability(self, stage: Stage, client: Any) -> None:
        assert isinstance(client, Check)
        for name in stage.connector.capabilities & CAPABILITIES.keys():
            assert isinstance(client, CAPABILITIES[name]), f"declares {name} without implementing it"

    def test_settings_schema_accepts_the_stage_and_refuses_unknown_fields(self, stage: Stage) -> None:
        whole = {**stage.config, **stage.secrets}
        stage.connector.settings_schema().deserialize(whole)
        with pytest.raises(colander.Invalid):
            stage.connector.settings_schema().deserialize({**whole, "surprise": "x"})

    def test_every_secret_is_a_setting_and_not_in_the_config(self, stage: Stage) -> None:
        names = {node.name for node in stage.connector.settings_schema().children}
        assert set(stage.connector.secret_fields) <= names
        assert not set(stage.connector.secret_fields) & stage.config.keys()

    def test_check_reports_each_declared_capability_as_working(self, stage: Stage, client: Any) -> None:
        reports = client.test()
        assert {report.capability for report in reports} == stage.connector.capabilities
        assert [report for report in reports if not report.ok] == []

    def test_invalid_settings_fail_the_check_with_the_error_that_is_due(self, stage: Stage) -> None:
        assert stage.invalid
        for config, secrets, error in stage.invalid:
            with pytest.raises(error) as caught:
                self.open_and_test(stage, config, secrets)
            for secret in filter(None, secrets.values()):
                assert secret not in str(caught.value)

    @staticmethod
    def open_and_test(stage: Stage, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        client = stage.connector.open(config, secrets, egress=stage.egress)
        try:
            with deadline.within(10):
                client.test()
        finally:
            client.close()

    def test_call_whose_time_is_over_is_unavailable(self, client: Any) -> None:
        with pytest.raises(ConnectorUnavailableError), deadline.within(0):
            client.test()

    # -- catalogue
    # ---------------------------------------------------------------------------------------------

    @pytest.mark.capability("catalogue")
    def test_catalogue_pages_through_to_the_end(self, stage: Stage, client: Any) -> None:
        items, _cursor = drain(client.items)
        assert len(items) == stage.item_count
        assert len({item.ref for item in items}) == stage.item_count
        assert {item.kind for item in items} <= set(ItemKind)

    @pytest.mark.capability("catalogue")
    def test_second_pass_without_changes_brings_nothing(self, client: Any) -> None:
        _items, cursor = drain(client.items)
        again, cursor = drain(client.items, cursor)
        once_more, _cursor = drain(client.items, cursor)
        assert (again, once_more) == ([], [])

    @pytest.mark.capability("catalogue")
    def test_changed_price_comes_in_the_next_pass_exactly(self, stage: Stage, client: Any) -> None:
        items, cursor = drain(client.items)
        price = Decimal("1234567.89")
        stage.set_price(items[3].ref, price)
        try:
            changed, _cursor = drain(client.items, cursor)
        finally:
            stage.set_price(items[3].ref, items[3].price)
        assert [(item.ref, item.price) for item in changed] == [(items[3].ref, price)]

    @pytest.mark.capability("catalogue")
    def test_retired_item_comes_as_inactive(self, stage: Stage, client: Any) -> None:
        items, cursor = drain(client.items)
        ref = next(item.ref for item in items[5:] if item.active and item.ref != stage.own_price[0])
        with stage.retired(ref):
            changed, _cursor = drain(client.items, cursor)
        assert [(item.ref, item.active) for item in changed] == [(ref, False)]

    @pytest.mark.capability("catalogue")
    def test_absurd_row_is_a_problem_and_the_others_arrive(self, stage: Stage, client: Any) -> None:
        items, _cursor = drain(client.items)
        with stage.spoil(items[0].ref):
            page = client.items(None, 1000)
            assert [problem.ref for problem in page.problems] == [items[0].ref]
            assert page.problems[0].message
            assert len(page.items) == len(items) - 1

    @pytest.mark.capability("catalogue")
    def test_unreadable_cursor_is_rejected(self, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError):
            client.items("}{", PAGE)

    # -- prices
    # ------------------------------------------------------------------------------------------------

    @pytest.mark.capability("prices")
    def test_own_price_is_exact_and_names_its_list(self, stage: Stage, client: Any) -> None:
        ref, quantity, price = stage.own_price
        answer = client.prices(stage.customer_ref, [(ref, quantity)]).by_ref()[ref]
        assert (answer.unit_price, answer.quantity) == (price, quantity)
        assert answer.price_list
        assert abs((datetime.now(UTC) - answer.as_of).total_seconds()) < 300
        assert client.prices(None, [(ref, quantity)]).by_ref()[ref].price_list is None

    @pytest.mark.capability("prices")
    def test_unknown_item_is_missing_and_not_an_error(self, stage: Stage, client: Any) -> None:
        ref, quantity, _price = stage.own_price
        strange = [
            "no-such-item",
            "material:",
            "material:no-such",
            "x" * 300,
            "material:' OR 1=1 --",
            "material:\x00",
        ]
        answer = client.prices(stage.customer_ref, [(ref, quantity), *((r, Decimal(1)) for r in strange)])
        assert [price.ref for price in answer.prices] == [ref]
        assert set(answer.missing) == set(strange)

    @pytest.mark.capability("prices")
    def test_absurd_price_is_a_problem_of_that_item_only(self, stage: Stage, client: Any) -> None:
        items = [
            item for item in client.items(None, 1000).items if item.active and item.ref != stage.own_price[0]
        ]
        with stage.spoil(items[0].ref):
            answer = client.prices(None, [(items[0].ref, Decimal(1)), (items[1].ref, Decimal(1))])
        assert [price.ref for price in answer.prices] == [items[1].ref]
        assert [problem.ref for problem in answer.problems] == [items[0].ref]

    @pytest.mark.capability("prices")
    def test_unknown_customer_is_rejected_with_the_field(self, stage: Stage, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError) as caught:
            client.prices("no-such-customer", [stage.own_price[:2]])
        assert caught.value.field == "customer_ref"

    # -- quotes
    # ------------------------------------------------------------------------------------------------

    def request(self, stage: Stage, client: Any) -> QuoteRequest:
        """A quote of two lines under a new reference."""
        refs = [item for item in client.items(None, 1000).items if item.active][:2]
        lines = [
            QuoteLine(
                item.ref, item.name, Decimal("2.5"), item.unit, item.price, item.tax_rate, "ünïcode — عربى"
            )
            for item in refs
        ]
        return QuoteRequest(
            str(uuid.uuid4()),
            stage.customer_ref,
            refs[0].currency,
            lines,
            "A note, with 'quotes' and ناص.",
            datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
            "PO-7",
        )

    @pytest.mark.capability("quote_submission")
    def test_submit_twice_makes_one_quote(self, stage: Stage, client: Any) -> None:
        request = self.request(stage, client)
        first, second = client.submit(request), client.submit(request)
        assert first == second
        assert stage.count_quotes(request.reference) == 1
        assert client.find_quote(request.reference) == first

    @pytest.mark.capability("quote_submission")
    def test_submit_after_a_lost_answer_makes_one_quote(self, stage: Stage, client: Any) -> None:
        request = self.request(stage, client)
        with stage.losing_the_answer(client), pytest.raises(ConnectorUnavailableError):
            client.submit(request)
        assert stage.count_quotes(request.reference) == 1
        assert client.submit(request) == client.find_quote(request.reference)
        assert stage.count_quotes(request.reference) == 1

    @pytest.mark.capability("quote_submission")
    def test_submit_again_finds_the_quote_although_an_item_was_retired_since(
        self, stage: Stage, client: Any
    ) -> None:
        request = self.request(stage, client)
        receipt = client.submit(request)
        with stage.retired(request.lines[0].ref):
            assert client.submit(request) == receipt
            with pytest.raises(ConnectorRejectedError):
                client.submit(replace(request, reference=str(uuid.uuid4())))

    @pytest.mark.capability("quote_submission")
    def test_unknown_reference_finds_nothing(self, client: Any) -> None:
        assert client.find_quote(str(uuid.uuid4())) is None

    @pytest.mark.capability("quote_submission")
    def test_refused_quote_names_the_field_and_leaves_nothing(self, stage: Stage, client: Any) -> None:
        good = self.request(stage, client)
        bad_line = replace(good.lines[1], ref="material:no-such-item")
        for request, field in (
            (replace(good, customer_ref="no-such-customer"), "customer_ref"),
            (replace(good, lines=[good.lines[0], bad_line]), "lines.1"),
            (replace(good, lines=[]), "lines"),
        ):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.submit(request)
            assert caught.value.field == field
            assert stage.count_quotes(good.reference) == 0

    @pytest.mark.capability("quote_submission", "quotes")
    def test_quote_comes_back_as_it_was_sent_and_then_as_it_was_priced(
        self, stage: Stage, client: Any
    ) -> None:
        _before, cursor = drain(client.changed_quotes)
        request = self.request(stage, client)
        receipt = client.submit(request)
        (quote,), cursor = drain(client.changed_quotes, cursor)
        assert (quote.ref, quote.number, quote.reference) == (
            receipt.erp_ref,
            receipt.number,
            request.reference,
        )
        assert (quote.customer_ref, quote.currency) == (request.customer_ref, request.currency)
        assert (quote.note, quote.po_number) == (request.note, request.po_number)
        assert quote.status is QuoteStatus.SUBMITTED
        sent = [(line.ref, line.quantity, line.unit_price, line.note) for line in request.lines]
        assert [(line.ref, line.quantity, line.unit_price, line.note) for line in quote.lines] == sent
        stage.price_quote(request.reference)
        (priced,), cursor = drain(client.changed_quotes, cursor)
        assert (priced.ref, priced.status) == (quote.ref, QuoteStatus.PRICED)
        assert priced.valid_until is not None
        assert priced.totals.net + priced.totals.tax == priced.totals.gross > 0
        assert priced.updated_at > quote.updated_at
        assert drain(client.changed_quotes, cursor)[0] == []

    # -- orders
    # ------------------------------------------------------------------------------------------------

    @pytest.mark.capability("quote_submission", "quotes", "quote_decisions")
    def test_answer_counts_once_and_comes_back(self, stage: Stage, client: Any) -> None:
        _before, cursor = drain(client.changed_quotes)
        for accepted, status in ((True, QuoteStatus.ACCEPTED), (False, QuoteStatus.DECLINED)):
            request = self.request(stage, client)
            receipt = client.submit(request)
            stage.price_quote(request.reference)
            decision = QuoteDecision(receipt.erp_ref, accepted, "Carla", "Too dear — غالٍ", "PO-8")
            assert client.decide(decision).status is status
            assert client.decide(decision).status is status
            changed, cursor = drain(client.changed_quotes, cursor)
            (quote,) = [one for one in changed if one.ref == receipt.erp_ref]
            assert quote.status is status
            with pytest.raises(ConnectorRejectedError) as caught:
                client.decide(replace(decision, accepted=not accepted))
            assert caught.value.code == "state"

    @pytest.mark.capability("quote_submission", "quote_decisions")
    def test_answer_to_what_is_not_offered_is_rejected(self, stage: Stage, client: Any) -> None:
        receipt = client.submit(self.request(stage, client))
        for ref, code in ((receipt.erp_ref, "state"), ("no-such-quote", "unknown"), ("999999999", "unknown")):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.decide(QuoteDecision(ref, True))
            assert caught.value.code == code

    @pytest.mark.capability("quote_submission", "orders")
    def test_order_follows_its_quote_and_its_delivery_follows_the_order(
        self, stage: Stage, client: Any
    ) -> None:
        request = self.request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        _before, cursor = drain(client.changed_orders)
        ref = stage.order_from(request.reference)
        (order,), cursor = drain(client.changed_orders, cursor)
        assert (order.ref, order.quote_ref, order.quote_number, order.customer_ref) == (
            ref,
            receipt.erp_ref,
            receipt.number,
            request.customer_ref,
        )
        assert [line.quantity for line in order.lines] == [line.quantity for line in request.lines]
        stage.ship(ref)
        (shipped,), cursor = drain(client.changed_orders, cursor)
        assert shipped.status is OrderStatus.SHIPPED
        (delivery,) = shipped.deliveries
        assert delivery.shipped_at.utcoffset() == UTC.utcoffset(None)
        assert [line.quantity for line in delivery.lines] == [line.quantity for line in order.lines]
        assert client.order(ref) == shipped
        assert drain(client.changed_orders, cursor)[0] == []

    @pytest.mark.capability("orders")
    def test_unknown_order_is_none(self, client: Any) -> None:
        for ref in ("999999999", "no-such-order", "-1", "1e3", "٣", "9" * 30, ""):
            assert client.order(ref) is None

    # -- customers
    # ---------------------------------------------------------------------------------------------

    @pytest.mark.capability("customers")
    def test_customer_is_found_by_code_and_by_mail_in_any_case(self, stage: Stage, client: Any) -> None:
        by_code = client.find_customer(code=stage.customer_ref)
        assert by_code.ref == stage.customer_ref
        assert client.find_customer(email=stage.customer_email.upper()) == by_code
        assert client.find_customer(code="no-such") is None
        assert client.find_customer(email="nobody@nowhere.example") is None
        assert client.find_customer(claim_code="no-such") is None
        assert client.find_customer(claim_code="") is None
        assert client.find_customer() is None

    @pytest.mark.capability("customers")
    def test_customer_is_found_by_claim_code_in_any_case(self, stage: Stage, client: Any) -> None:
        by_code = client.find_customer(code=stage.customer_ref)
        assert client.find_customer(claim_code=f" {by_code.claim_code.swapcase()} ") == by_code

    @pytest.mark.capability("customers")
    def test_claim_code_does_not_show_in_a_log(self, stage: Stage, client: Any) -> None:
        customer = client.find_customer(code=stage.customer_ref)
        assert customer.claim_code
        assert customer.claim_code not in repr(customer)


__all__ = ["ConnectorContract", "ConnectorUnauthorisedError", "Stage", "drain"]
