"""Prices, their steps, and stock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portico_erp.conformance.stage import Stage, needs
from portico_erp.errors import ConnectorRejectedError


class PricesContract:
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

    @pytest.mark.capability("price_breaks")
    def test_steps_rise_and_say_what_prices_answer(self, stage: Stage, client: Any) -> None:
        ref, quantity, price = stage.own_price
        steps = list(client.price_breaks(stage.customer_ref, ref))
        assert [step.min_quantity for step in steps] == sorted({step.min_quantity for step in steps})
        assert [step.unit_price for step in steps if step.min_quantity <= quantity][-1] == price
        wanted = [(ref, step.min_quantity or Decimal("0.001")) for step in steps]
        for step, asked in zip(steps, wanted, strict=True):
            (answer,) = client.prices(stage.customer_ref, [asked]).prices
            assert (answer.unit_price, answer.currency) == (step.unit_price, step.currency)
            assert answer.price_list == step.price_list

    @pytest.mark.capability("price_breaks")
    def test_steps_of_what_is_unknown_are_rejected_with_the_field(self, stage: Stage, client: Any) -> None:
        ref = stage.own_price[0]
        for customer, item, field in (
            ("no-such-customer", ref, "customer_ref"),
            (stage.customer_ref, "no-such-item", "item_ref"),
            (None, "material:' OR 1=1 --", "item_ref"),
        ):
            with pytest.raises(ConnectorRejectedError) as caught:
                client.price_breaks(customer, item)
            assert (caught.value.field, caught.value.code) == (field, "unknown")

    @pytest.mark.capability("stock", "catalogue")
    def test_stock_is_exact_and_says_when_more_comes(self, stage: Any, client: Any) -> None:
        item = next(one for one in client.items(None, 1000).items if one.active)
        soon = date.today() + timedelta(days=9)
        for available, expected_on in ((Decimal("12.5"), None), (Decimal(0), soon), (Decimal(3), None)):
            needs(stage, "set_stock").set_stock(item.ref, available, expected_on)
            answer = client.stock([item.ref, "no-such-item"])
            level = answer.by_ref()[item.ref]
            assert (level.available, level.expected_on, level.unit) == (available, expected_on, item.unit)
            assert abs((datetime.now(UTC) - level.as_of).total_seconds()) < 300
            assert tuple(answer.missing) == ("no-such-item",)

    @pytest.mark.capability("stock", "catalogue")
    def test_each_item_asked_for_is_in_one_part_of_the_answer(self, stage: Stage, client: Any) -> None:
        refs = [item.ref for item in client.items(None, 1000).items if item.active][:20] + ["", "x" * 300, "\x00"]
        answer = client.stock(refs)
        parts = [*(one.ref for one in answer.levels), *answer.missing, *(one.ref for one in answer.problems)]
        assert sorted(parts) == sorted(refs)
