"""Orders and their deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portico_erp.conformance.stage import Stage, declares, drain, needs, new_order, new_request
from portico_erp.values import OrderStatus


class OrdersContract:
    @pytest.mark.capability("quote_submission", "orders")
    def test_order_follows_its_quote(self, stage: Stage, client: Any) -> None:
        request = new_request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        _before, cursor = drain(client.changed_orders)
        ref = stage.order_from(request.reference)
        (order,), cursor = drain(client.changed_orders, cursor)
        assert (order.ref, order.quote_ref, order.quote_number, order.customer_ref) == (
            ref,
            receipt.erp_ref,
            client.find_quote(request.reference).number,  # some companies number a quote when they price it
            request.customer_ref,
        )
        assert [line.quantity for line in order.lines] == [line.quantity for line in request.lines]
        assert client.order(ref) == order
        assert drain(client.changed_orders, cursor)[0] == []

    @pytest.mark.capability("quote_submission", "orders", "deliveries")
    def test_delivery_follows_its_order(self, stage: Stage, client: Any) -> None:
        ref = new_order(stage, client)
        _before, cursor = drain(client.changed_orders)
        before = datetime.now(UTC)
        stage.ship(ref)
        (shipped,), cursor = drain(client.changed_orders, cursor)
        assert shipped.status is OrderStatus.SHIPPED
        (delivery,) = shipped.deliveries
        assert delivery.shipped_at.utcoffset() == UTC.utcoffset(None)
        assert abs(delivery.shipped_at - before) < timedelta(hours=25)  # some companies note the day alone
        assert [line.quantity for line in delivery.lines] == [line.quantity for line in shipped.lines]
        assert client.order(ref) == shipped
        assert drain(client.changed_orders, cursor)[0] == []

    @pytest.mark.rule("deletions")
    def test_cancelled_order_comes_as_such(self, stage: Any, client: Any) -> None:
        declares(stage, "orders", "quote_submission")
        ref = new_order(needs(stage, "cancel_order"), client)
        _before, cursor = drain(client.changed_orders)
        stage.cancel_order(ref)
        changed, _cursor = drain(client.changed_orders, cursor)
        assert [(order.ref, order.status) for order in changed] == [(ref, OrderStatus.CANCELLED)]

    @pytest.mark.capability("orders")
    def test_unknown_order_is_none(self, client: Any) -> None:
        for ref in ("999999999", "no-such-order", "-1", "1e3", "٣", "9" * 30, ""):
            assert client.order(ref) is None
