"""What is Tryton's own: sessions that end, rights, sales that its queue forgets, drafts of staff, two submissions at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.conformance import drain
from portico_erp.conformance.stage import new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.values import ItemKind, QuoteDecision, QuoteLine, QuoteStatus
from portico_tryton.client import TrytonClient
from portico_tryton.settings import TrytonSettings
from portico_tryton.stage import TrytonStage


@pytest.fixture
def open_client(tryton_stage: TrytonStage) -> Iterator[Callable[..., TrytonClient]]:
    """Opens clients; named settings are other than the stage's."""
    made: list[TrytonClient] = []

    def open_with(**other: Any) -> TrytonClient:
        settings = TrytonSettings.read(tryton_stage.config, tryton_stage.secrets)
        made.append(TrytonClient(replace(settings, **other), tryton_stage.egress))
        return made[-1]

    yield open_with
    for client in made:
        client.close()


@pytest.fixture
def client(open_client: Callable[..., TrytonClient]) -> TrytonClient:
    return open_client()


@pytest.fixture
def offer(tryton_stage: TrytonStage, client: TrytonClient) -> str:
    """The ref of a quote that the company has priced."""
    request = new_request(tryton_stage, client)
    receipt = client.submit(request)
    tryton_stage.price_quote(request.reference)
    return receipt.erp_ref


def test_session_that_tryton_has_ended_is_begun_anew(client: TrytonClient) -> None:
    before = client.rpc.session()
    client.rpc._post(before.header, "common.db.logout", [])
    assert client.rpc._post(before.header, "model.party.party.search_count", [[], {}]).status == 401
    assert client.find_customer(code="C1") is not None
    assert client.rpc.session().header != before.header


def test_threads_that_find_the_session_ended_log_in_once(client: TrytonClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = client.rpc.session()
    client.rpc._post(ended.header, "common.db.logout", [])
    post, logins, found = client.rpc._post, [], []

    def counted(header: str, method: str, params: list[Any]) -> Any:
        if method == "common.db.login":
            logins.append(method)
        return post(header, method, params)

    monkeypatch.setattr(client.rpc, "_post", counted)
    threads = [threading.Thread(target=lambda: found.append(client.find_customer(code="C1"))) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.code for one in found] == ["C1"] * 4
    assert len(logins) == 1


def test_user_without_groups_is_told_which_rights_are_missing(open_client: Callable[..., TrytonClient]) -> None:
    reports = {report.capability: report for report in open_client(user="nobody").test()}
    assert "sale.sale (create)" in reports["quote_submission"].detail.interpolate()
    assert not any(reports[name].ok for name in ("quote_submission", "quotes", "quote_decisions", "orders", "invoices"))
    with pytest.raises(ConnectorUnauthorisedError, match="Sale"):
        open_client(user="nobody").changed_orders(None, 10)


def test_sale_that_the_queue_forgot_is_told_to_staff(
    tryton_stage: TrytonStage, client: TrytonClient, open_client: Callable[..., TrytonClient], offer: str
) -> None:
    tryton_stage.company.confirm(int(offer))
    _all, cursor = drain(client.changed_orders)
    assert [one.ref for one in client.changed_orders(cursor, 100).problems] == []
    impatient = open_client(patience_s=-5)
    page = impatient.changed_orders(cursor, 1000)
    assert offer in {problem.ref for problem in page.problems}
    assert {problem.code for problem in page.problems} == {"stuck"}
    (report,) = [one for one in impatient.test() if one.capability == "orders"]
    assert "trytond-worker" in report.detail.interpolate()
    tryton_stage.company.process(int(offer))
    assert offer not in {problem.ref for problem in impatient.changed_orders(cursor, 1000).problems}


def test_draft_of_staff_is_not_shown_before_it_is_offered(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    rpc = tryton_stage.company.rpc
    request = new_request(tryton_stage, client)
    client.submit(request)
    (sale,) = rpc.call("model.sale.sale.copy", [tryton_stage.company.sale(request.reference)])
    _before, cursor = drain(client.changed_quotes)
    assert str(sale) not in {one.ref for one in _before}
    tryton_stage.company.quote(sale)
    (found,), _cursor = drain(client.changed_quotes, cursor)
    # What staff write into a description is no reference of the portal's.
    assert (found.ref, found.status, found.reference) == (str(sale), QuoteStatus.PRICED, None)


def test_two_clients_that_submit_at_once_leave_one_quote(
    tryton_stage: TrytonStage, client: TrytonClient, open_client: Callable[..., TrytonClient]
) -> None:
    request = new_request(tryton_stage, client)
    clients, receipts = [open_client() for _n in range(3)], []
    threads = [threading.Thread(target=lambda one=one: receipts.append(one.submit(request))) for one in clients * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 6
    assert set(receipts) == {client.find_quote(request.reference)}
    assert tryton_stage.count_quotes(request.reference) == 1


def test_another_customers_reference_is_refused(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    request = new_request(tryton_stage, client)
    client.submit(request)
    with pytest.raises(ConnectorRejectedError) as caught:
        client.submit(replace(request, customer_ref="C2"))
    assert caught.value.field == "reference"


def test_quantity_that_the_unit_does_not_take_names_its_line(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    pieces = next(item for item in client.items(None, 1000).items if item.kind is ItemKind.ACCESSORY)
    line = QuoteLine(pieces.ref, pieces.name, Decimal("2.5"), pieces.unit, pieces.price)
    with pytest.raises(ConnectorRejectedError) as caught:
        client.submit(replace(new_request(tryton_stage, client), lines=[line]))
    assert caught.value.field == "lines.0.quantity"


def test_price_that_nobody_named_is_trytons_own(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    ref, quantity, price = tryton_stage.own_price
    line = QuoteLine(ref, "Sheet 1", quantity, "m²", None)
    request = replace(new_request(tryton_stage, client), lines=[line])
    receipt = client.submit(request)
    (quote,) = [one for one in drain(client.changed_quotes)[0] if one.ref == receipt.erp_ref]
    assert [(one.unit_price, one.tax_rate) for one in quote.lines] == [(price, Decimal(19))]


def test_prices_without_tax_where_the_partys_tax_rule_says_so(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    rpc = tryton_stage.company.rpc
    (party,) = rpc.call("model.party.party.search", [["code", "=", "C2"]])
    (rule,) = rpc.call(
        "model.account.tax.rule.create",
        [{"name": "Export", "kind": "sale", "company": 1, "lines": [["create", [{"origin_tax": 1, "tax": None}]]]}],
    )
    assert client.prices("C2", [("1", Decimal(1))]).by_ref()["1"].tax_rate == 19
    rpc.call("model.party.party.write", [party], {"customer_tax_rule": rule})
    try:
        answer = client.prices("C2", [("1", Decimal(1)), ("2", Decimal(3))])
    finally:
        rpc.call("model.party.party.write", [party], {"customer_tax_rule": None})
    assert [(price.tax_rate, price.price_list) for price in answer.prices] == [(0, None), (0, None)]


def test_kinds_follow_type_and_category(client: TrytonClient) -> None:
    kinds: dict[ItemKind, int] = {}
    for item in client.items(None, 1000).items:
        kinds[item.kind] = kinds.get(item.kind, 0) + 1
    assert kinds == {ItemKind.MATERIAL: 17, ItemKind.ACCESSORY: 5, ItemKind.SERVICE: 1, ItemKind.FEE: 1}


def test_reason_for_declining_comes_back_and_a_cancelled_quote_has_none(
    tryton_stage: TrytonStage, client: TrytonClient, offer: str
) -> None:
    client.decide(QuoteDecision(offer, False, "Carla", "Too dear\nSecond line"))
    request = new_request(tryton_stage, client)
    receipt = client.submit(request)
    tryton_stage.company.rpc.call("model.sale.sale.cancel", [int(receipt.erp_ref)])
    found = {one.ref: one for one in drain(client.changed_quotes)[0]}
    assert (found[offer].status, found[offer].reason) == (QuoteStatus.DECLINED, "Too dear\nSecond line")
    assert (found[receipt.erp_ref].status, found[receipt.erp_ref].reason) == (QuoteStatus.CANCELLED, "")


def test_offer_that_ended_yesterday_is_not_accepted(tryton_stage: TrytonStage, client: TrytonClient) -> None:
    request = new_request(tryton_stage, client)
    receipt = client.submit(request)
    sale, yesterday = int(receipt.erp_ref), client.rpc.now().date()
    rpc = tryton_stage.company.rpc
    rpc.call("model.sale.sale.write", [sale], {"quotation_date": yesterday.replace(year=yesterday.year - 1)})
    tryton_stage.company.quote(sale, days=1)
    with pytest.raises(ConnectorRejectedError) as caught:
        client.decide(QuoteDecision(receipt.erp_ref, True))
    assert caught.value.code == "expired"
    assert client.decide(QuoteDecision(receipt.erp_ref, False)).status is QuoteStatus.DECLINED


def test_order_that_was_taken_back_is_a_draft_again(tryton_stage: TrytonStage, client: TrytonClient, offer: str) -> None:
    tryton_stage.company.confirm(int(offer))
    tryton_stage.company.rpc.call("model.sale.sale.draft", [int(offer)])
    order = client.order(offer)
    assert order is not None
    assert order.status.value == "draft"


def test_words_of_tryton_reach_staff_and_no_traceback_does(client: TrytonClient) -> None:
    with pytest.raises(ConnectorRejectedError, match="that don't exist") as caught:
        client.rpc.call("model.sale.sale.read", [10**8], ["number"])
    assert caught.value.code == "user_error"
    with pytest.raises(ConnectorRejectedError) as caught:
        client.rpc.call("model.no.such.search", [])
    assert (caught.value.is_fault, "Traceback" in str(caught.value)) == (True, False)
    with pytest.raises(ConnectorUnauthorisedError, match="module"):
        client.rpc.call("model.sale.sale.no_such", [])


def test_unknown_reference_of_odd_characters_finds_nothing(client: TrytonClient) -> None:
    for reference in ("", "%", "_" * 36, "\x00", "' OR 1=1 --", str(uuid.uuid4())):
        assert client.find_quote(reference) is None
