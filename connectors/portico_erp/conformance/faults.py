"""The way between connector and ERP breaks: every call ends in one of the three errors, in time, and nothing is doubled."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from portico_erp import deadline
from portico_erp.conformance.proxy import Fault, FaultProxy, Kind
from portico_erp.conformance.stage import PAGE, declares, needs, new_order, new_request
from portico_erp.errors import ConnectorError, ConnectorUnavailableError
from portico_erp.values import Activity, ActivityKind, Address, Allocation, PaymentPosting, QuoteDecision, QuoteStatus

LIMITS_S, PATIENCE_S = (0.25, 1.0, 4.0, 16.0), 15
"""What a call is given: more where the ERP is so slow that the time is over before anything could go wrong. And how much later
nobody would call it "in time", however slow this machine is.
"""
MOST_PIECES = 200

Call = Callable[[Any, Any], Any]
READS: dict[str, Call] = {
    "catalogue": lambda stage, client: client.items(None, PAGE),
    "prices": lambda stage, client: client.prices(stage.customer_ref, [stage.own_price[:2]]),
    "price_breaks": lambda stage, client: client.price_breaks(stage.customer_ref, stage.own_price[0]),
    "stock": lambda stage, client: client.stock([stage.own_price[0]]),
    "quote_submission": lambda stage, client: client.find_quote("no-such-reference"),
    "quotes": lambda stage, client: client.changed_quotes(None, PAGE),
    "orders": lambda stage, client: client.changed_orders(None, PAGE),
    "contracts": lambda stage, client: client.changed_contracts(None, PAGE),
    "invoices": lambda stage, client: client.changed_invoices(None, PAGE),
    "payments": lambda stage, client: client.changed_payments(None, PAGE),
    "payment_posting": lambda stage, client: client.find_payment("no-such-reference"),
    "customers": lambda stage, client: client.find_customer(code=stage.customer_ref),
    "addresses": lambda stage, client: client.addresses(stage.customer_ref),
}
SPOILT = (Kind.REFUSE, Kind.CUT_ANSWER, Kind.GARBLE, Kind.POUR, Kind.DRIP, Kind.SILENCE)


def said(status: str) -> bytes:
    """An answer of HTTP that asks for patience."""
    return f"HTTP/1.1 {status}\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def patiently(call: Callable[[], Any]) -> Any:
    """The call, again when what was open before is found dead: the portal does no less."""
    for _turn in range(5):
        try:
            return call()
        except ConnectorUnavailableError:
            continue
    return call()


class FaultsContract:
    @pytest.fixture
    def proxy(self, stage: Any) -> Iterator[FaultProxy]:
        proxy = FaultProxy(needs(stage, "address", "behind").address)
        yield proxy
        proxy.close()

    @pytest.fixture
    def open_behind(self, stage: Any, proxy: FaultProxy) -> Iterator[Callable[[], Any]]:
        """Opens clients that call the ERP through the proxy."""
        made: list[Any] = []

        def behind() -> Any:
            config = stage.behind(*proxy.address)
            made.append(stage.connector.open(config, stage.secrets, egress=stage.egress))
            return made[-1]

        yield behind
        for client in made:
            client.close()

    @pytest.mark.rule("faults")
    @pytest.mark.parametrize("kind", SPOILT)
    @pytest.mark.parametrize("capability", READS)
    def test_broken_way_ends_in_one_of_the_three_errors_in_time(
        self, stage: Any, proxy: FaultProxy, open_behind: Callable[[], Any], capability: str, kind: Kind
    ) -> None:
        declares(stage, capability)
        client, read = open_behind(), READS[capability]
        for limit_s in LIMITS_S:
            fault = Fault(kind, http=getattr(stage, "speaks_http", False))
            begun = time.monotonic()
            with proxy.failing(fault), pytest.raises(ConnectorError), deadline.within(limit_s):
                read(stage, client)
            assert time.monotonic() - begun < limit_s + PATIENCE_S
            if fault.fired:
                break
        assert fault.fired, "the ERP never answered in time, so nothing of its answer could be spoilt"
        patiently(lambda: read(stage, client))

    @pytest.mark.rule("rate-limits")
    @pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
    def test_server_that_asks_for_patience_is_unavailable_for_that_long(
        self, stage: Any, proxy: FaultProxy, open_behind: Callable[[], Any], status: str
    ) -> None:
        if not needs(stage, "speaks_http").speaks_http:
            pytest.skip("the ERP does not speak HTTP")
        declares(stage, "catalogue")
        with proxy.failing(Fault(Kind.SAY, says=said(status))), pytest.raises(ConnectorUnavailableError) as caught:
            open_behind().items(None, PAGE)
        assert caught.value.retry_after_s == 7

    def sweep(self, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind, attempt: Call, check: Call) -> None:
        """A write that breaks at its first piece, its second … until it comes through; each time, trying again makes one.

        attempt(client, made): the write, under a reference of its own per `made`. check(client, made): that there is one.
        """
        for at in range(1, MOST_PIECES):
            client, made = open_behind(), str(uuid.uuid4())
            with proxy.failing(Fault(kind, at)) as fault:
                try:
                    with deadline.within(PATIENCE_S):
                        attempt(client, made)
                except ConnectorUnavailableError:
                    assert fault.fired
            patiently(lambda client=client, made=made: attempt(client, made))  # type: ignore[misc]
            check(client, made)
            client.close()
            if not fault.fired:
                assert at > 1, "nothing went through the proxy"
                return
        raise AssertionError("the write never comes through")

    @pytest.mark.rule("never-doubles")
    @pytest.mark.parametrize("kind", [Kind.CUT_REQUEST, Kind.LOSE_ANSWER])
    def test_quote_is_one_wherever_the_way_breaks(
        self, stage: Any, client: Any, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind
    ) -> None:
        declares(stage, "quote_submission", "catalogue")
        request = new_request(stage, client)

        def check(_client: Any, reference: str) -> None:
            assert stage.count_quotes(reference) == 1

        self.sweep(proxy, open_behind, kind, lambda c, made: c.submit(replace(request, reference=made)), check)

    @pytest.mark.rule("never-doubles")
    @pytest.mark.parametrize("kind", [Kind.CUT_REQUEST, Kind.LOSE_ANSWER])
    def test_answer_to_an_offer_counts_once_wherever_the_way_breaks(
        self, stage: Any, client: Any, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind
    ) -> None:
        declares(stage, "quote_decisions", "quotes", "quote_submission", "catalogue")
        request = new_request(stage, client)
        offered: dict[str, str] = {}

        def attempt(behind: Any, made: str) -> None:
            if made not in offered:
                offered[made] = client.submit(replace(request, reference=made)).erp_ref
                stage.price_quote(made)
            assert behind.decide(QuoteDecision(offered[made], True, "Carla")).status is QuoteStatus.ACCEPTED

        def check(_client: Any, made: str) -> None:
            assert client.find_quote(made).status is QuoteStatus.ACCEPTED
            assert stage.count_quotes(made) == 1

        self.sweep(proxy, open_behind, kind, attempt, check)

    @pytest.mark.rule("never-doubles")
    @pytest.mark.parametrize("kind", [Kind.CUT_REQUEST, Kind.LOSE_ANSWER])
    def test_address_is_one_wherever_the_way_breaks(
        self, stage: Any, client: Any, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind
    ) -> None:
        declares(stage, "addresses", "address_updates")

        def attempt(behind: Any, made: str) -> None:
            behind.push_address(stage.customer_ref, Address(None, made, "1 Rue d'Été", "69001", "Lyon", "", "FR"))

        def check(_client: Any, made: str) -> None:
            assert [one.name for one in client.addresses(stage.customer_ref)].count(made) == 1

        self.sweep(proxy, open_behind, kind, attempt, check)

    @pytest.mark.rule("never-doubles")
    @pytest.mark.parametrize("kind", [Kind.CUT_REQUEST, Kind.LOSE_ANSWER])
    def test_payment_is_one_wherever_the_way_breaks(
        self, stage: Any, client: Any, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind
    ) -> None:
        declares(stage, "payment_posting", "invoices", "orders", "quote_submission")
        needs(stage, "invoice_of", "count_payments")
        invoices: dict[str, Any] = {}

        def attempt(behind: Any, made: str) -> None:
            if made not in invoices:
                invoices[made] = client.invoice(stage.invoice_of(new_order(stage, client)))
            invoice = invoices[made]
            at, settles = datetime(2026, 3, 29, tzinfo=UTC), [Allocation(invoice.ref, Decimal(1))]
            behind.post_payment(PaymentPosting(made, stage.customer_ref, Decimal(1), invoice.currency, at, settles))

        def check(_client: Any, made: str) -> None:
            assert stage.count_payments(made) == 1
            assert client.invoice(invoices[made].ref).open_amount == invoices[made].open_amount - 1

        self.sweep(proxy, open_behind, kind, attempt, check)

    @pytest.mark.rule("never-doubles")
    @pytest.mark.parametrize("kind", [Kind.CUT_REQUEST, Kind.LOSE_ANSWER])
    def test_activity_is_one_wherever_the_way_breaks(
        self, stage: Any, proxy: FaultProxy, open_behind: Callable[[], Any], kind: Kind
    ) -> None:
        declares(stage, "activities")
        needs(stage, "count_activities")

        def attempt(behind: Any, made: str) -> None:
            at = datetime(2026, 3, 29, tzinfo=UTC)
            behind.log_activity(Activity(made, stage.customer_ref, ActivityKind.NOTE, "A note", "Of one line.", at))

        def check(_client: Any, made: str) -> None:
            assert stage.count_activities(made) == 1

        self.sweep(proxy, open_behind, kind, attempt, check)
