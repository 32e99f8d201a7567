"""The tryton connector against the contract on its simulator, which is held against what a real Tryton said.

The contract on the real one: tests/tryton.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.stage import new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import QuoteDecision
from portico_tryton.stage import RECORDED, TrytonStage, open_stage


class TestTryton(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
        with open_stage(tmp_path_factory.mktemp("tryton"), live=False) as stage:
            yield stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[TrytonStage]:
    with open_stage(tmp_path, live=False) as stage:
        yield stage


@pytest.fixture
def client(stage: TrytonStage) -> Iterator[Any]:
    client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
    yield client
    client.close()


def test_recording_holds_shapes_and_nothing_of_the_server_it_came_from(stage: TrytonStage) -> None:
    text = RECORDED.read_text(encoding="utf-8")
    assert "model.sale.sale.search_read" in stage.recorder.read()
    for secret in (stage.secrets["password"], stage.config["user"], "127.0.0.1", "Sheet 1", "PORTAL-"):
        assert secret not in text


@pytest.mark.parametrize(("days", "code"), [(1, ""), (2, "expired")])
def test_offer_is_accepted_on_its_last_day_wherever_that_is(
    stage: TrytonStage, client: Any, days: int, code: str
) -> None:
    """The last day at a company west of UTC goes on when Tryton's clock says the next; nowhere is it two days behind."""
    request = new_request(stage, client)
    receipt = client.submit(request)
    staff = stage.company
    staff.quote(staff.sale(request.reference), days=-days)
    with pytest.raises(ConnectorRejectedError) if code else nullcontext() as caught:
        client.decide(QuoteDecision(receipt.erp_ref, True))
    assert not code or caught.value.code == code


def test_simulator_refuses_an_answer_to_what_staff_changed_a_moment_before(stage: TrytonStage, client: Any) -> None:
    """As Tryton does by its own timestamps: else the contract offline would prove less than on a real one."""
    request = new_request(stage, client)
    receipt = client.submit(request)
    stage.price_quote(request.reference)
    call = client.rpc.call

    def late(method: str, *given: Any, **context: Any) -> Any:
        if method.endswith(".confirm"):
            stage.revise_quote(request.reference)
        return call(method, *given, **context)

    client.rpc.call = late
    with pytest.raises(ConnectorUnavailableError):
        client.decide(QuoteDecision(receipt.erp_ref, True))


def test_simulator_asks_for_prices_of_the_party(stage: TrytonStage, client: Any) -> None:
    ref, _quantity, _price = stage.own_price
    prices = [client.prices("C1", [(ref, Decimal(quantity))]).prices[0].unit_price for quantity in (1, 10, 100)]
    assert prices == [Decimal("0.95"), Decimal("0.8765"), Decimal("0.5")]
    assert client.prices("C2", [(ref, Decimal(100))]).prices[0].unit_price == Decimal("1.99")


def test_simulator_shows_a_sale_that_its_queue_forgot(stage: TrytonStage, client: Any) -> None:
    request = new_request(stage, client)
    client.submit(request)
    stage.price_quote(request.reference)
    ref = stage.order_from(request.reference)
    client.settings = replace(client.settings, patience_s=-5)
    assert ref in {one.ref for one in client.changed_orders(None, 1000).problems}
    stage.ship(ref)
    assert [one.ref for one in drain(client.changed_orders)[0]].count(ref) == 1
