"""The catalogue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portico_erp.conformance.stage import Stage, declares, drain, needs
from portico_erp.values import ItemKind


class CatalogueContract:
    @pytest.mark.capability("catalogue")
    def test_catalogue_pages_through_to_the_end(self, stage: Stage, client: Any) -> None:
        items, _cursor = drain(client.items)
        assert len(items) == stage.item_count
        assert len({item.ref for item in items}) == stage.item_count
        assert {item.kind for item in items} <= set(ItemKind)

    @pytest.mark.capability("catalogue")
    @pytest.mark.rule("exact-money")
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

    @pytest.mark.rule("deletions")
    def test_item_that_is_gone_comes_no_more(self, stage: Any, client: Any) -> None:
        declares(stage, "catalogue")
        items, _cursor = drain(client.items)
        ref = next(item.ref for item in items[5:] if item.active and item.ref != stage.own_price[0])
        with needs(stage, "deleted").deleted(ref):
            left, _cursor = drain(client.items)
            assert {item.ref for item in items} - {item.ref for item in left if item.active} == {ref}
            if "prices" in stage.connector.capabilities:
                assert client.prices(None, [(ref, Decimal(1))]).missing == (ref,)
