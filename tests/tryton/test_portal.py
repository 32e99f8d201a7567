"""A customer of the portal and the people of a company that works with Tryton, from the price to the shipment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.conftest import Shop

from portico.connections import check, sync
from portico.connections.client import Client
from portico_orders import entity as orders
from portico_orders.models import Order
from portico_tryton.stage import TrytonStage


class TrytonShop(Shop):
    """A portal's company whose connection is the real Tryton."""

    def synchronise(self) -> None:
        super().synchronise()
        host, entity = self.portal.parts.connections, orders.ENTITY
        target = host.target(self.company.id, self.connection_id)
        sync.run(self.company.system, Client(host, target, entity.capability), entity)


def values(stage: TrytonStage) -> dict[str, Any]:
    return {**stage.config, **stage.secrets}


@pytest.fixture
def shop(portal: Any, tryton_stage: TrytonStage) -> Iterator[TrytonShop]:
    company = portal.company()
    connection_id = check.create(portal.parts, company.id, connector="tryton", name="Tryton", values=values(tryton_stage))
    shop = TrytonShop(portal, company, None, connection_id, company.account("Société Générique", "C1"))
    shop.synchronise()
    yield shop
    shop.forget()


def test_quote_of_a_customer_becomes_an_order_that_is_shipped(shop: TrytonShop, tryton_stage: TrytonStage) -> None:
    company, customer = tryton_stage.company, shop.customer()
    quote = shop.draft(M1="12", M2="3")
    lines = {line["code"]: line for line in quote["lines"]}
    assert (Decimal(lines["M1"]["unit_price"]), lines["M1"]["price_list"]) == (Decimal("0.8765"), "Gold")
    assert Decimal(lines["M2"]["unit_price"]) == Decimal("2.99")
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")
    sale = company.sale(quote["id"])
    (draft,) = company.rpc.call("model.sale.sale.read", [sale], ["state", "number", "party.code", "payment_term", "untaxed_amount"])
    assert (draft["state"], draft["number"], draft["party."]["code"]) == ("draft", None, "C1")
    assert draft["payment_term"]
    assert draft["untaxed_amount"] == Decimal("19.49")
    assert shop.quote(quote["id"]).number == f"({sale})"

    company.quote(sale)
    shop.synchronise()
    offered = shop.quote(quote["id"])
    (number,) = company.rpc.call("model.sale.sale.read", [sale], ["number"])
    assert (offered.number, offered.state) == (number["number"], "processed")
    assert offered.valid_until is not None
    customer.post(f"/quotes/{quote['id']}/accept", shop.seen(quote["id"], po_number="PO-77"), status=303)
    shop.work("quotes.decide")
    (confirmed,) = company.rpc.call("model.sale.sale.read", [sale], ["state", "reference"])
    assert confirmed == {"id": sale, "state": "confirmed", "reference": "PO-77"}

    def says(name: str) -> Any:
        return company.rpc.call("model.sale.sale.read", [sale], [name])[0][name]

    company.process(sale)
    assert says("state") == "processing"
    shop.synchronise()
    page = customer.get("/orders").text
    assert offered.number in page
    for step in ("assign_force", "pick", "pack", "ship", "do"):
        company.rpc.call(f"model.stock.shipment.out.{step}", says("shipments"))
    company.process(sale)
    shop.synchronise()
    with shop.company.system() as db:
        row = db.execute(sa.select(Order.id, Order.status, Order.po_number).where(Order.number == offered.number)).one()
    assert (row.status, row.po_number) == ("shipped", "PO-77")
    assert "Sheet 1" in customer.get(f"/orders/{row.id}").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "wr0ng"}, "refused the user or the password"),
        ({"database": "none_such"}, "There is no Tryton database"),
        ({"port": 1}, "Nothing answers"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said(
    portal: Any, tryton_stage: TrytonStage, wrong: dict[str, Any], words: str
) -> None:
    company = portal.company()
    with pytest.raises(RuntimeError, match=words):
        check.create(
            portal.parts, company.id, connector="tryton", name="Tryton", values=values(tryton_stage) | wrong
        )
