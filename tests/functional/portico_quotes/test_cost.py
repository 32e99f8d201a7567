"""What pages cost in queries: the same for many rows as for few."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portico.db.types import new_id, now
from portico_quotes.folding import fold
from portico_quotes.models import Item, Line, Quote


@pytest.fixture(scope="module")
def full(shared_shop: Any) -> Any:
    """120 quotes, one of 200 lines, and 3,000 items."""
    shop = shared_shop
    with shop.company.system() as db:
        quotes = [Quote(account_id=shop.account_id, currency="EUR", state="processed", delivery="sent", number=f"Q-9{n:03}") for n in range(120)]
        db.add_all(quotes)
        db.flush()
        db.add_all([Line(account_id=shop.account_id, quote_id=quotes[0].id, position=n, item_ref=f"x:{n}", name=f"Line {n}",
                         quantity=Decimal(1), unit_price=Decimal(1)) for n in range(200)])
        rows = [{"tenant_id": shop.company.id, "id": new_id(), "connection_id": shop.connection_id, "ref": f"x:{n}", "code": f"X{n}",
                 "name": f"Thing {n}", "kind": "material", "price": Decimal(n), "currency": "EUR", "tax_rate": Decimal(20),
                 "remote_updated_at": now(), "folded_code": f"x{n}", "folded": fold(f"Thing {n} X{n}")} for n in range(3000)]
        db.execute(insert(Item), rows)
        shop.long = str(quotes[0].id)
    return shop


@pytest.mark.parametrize(("path", "most"), [
    ("/quotes", 5), ("/quotes?state=processed&q=Q-9", 5), ("/catalogue", 5), ("/catalogue?q=thing", 5), ("/catalogue/items?q=thing", 5),
    ("/quotes/{long}", 8), ("/quotes/{long}/body", 8), ("/quotes/{long}/print", 8), ("/quotes/widget/tracker", 5), ("/quotes/for", 5),
])
def test_page_stays_within_its_queries(full: Any, path: str, most: int) -> None:
    for client in (full.customer(), full.company.agent()):
        client.get(path.format(long=full.long))
        assert len(client.queries) <= most, client.queries


def test_builder_asks_as_little_for_many_lines_as_for_one(full: Any) -> None:
    customer, counts = full.customer(), []
    for lines in ({"STEEL_1": "1"}, {"STEEL_1": "1", "WOOD_1": "1", "ALU_1": "1", "BOLT_8": "1", "CUT": "1"}):
        customer.get(f"/quotes/{full.draft(**lines)['id']}/edit")
        counts.append(len(customer.queries))
    assert counts[0] == counts[1] <= 8


def test_api_list_stays_within_its_queries(full: Any) -> None:
    api = full.api()
    for path in ("/quotes", "/catalogue", "/catalogue?q=thing"):
        api.get(path)
        assert len(api.queries) <= 5, path


def test_no_page_reads_the_catalogue_whole(full: Any) -> None:
    """By the plan: an index is used for browsing under the wall, by name and by kind."""
    with full.company.scope_of(full.person()) as db:
        db.execute(sa.text("set local enable_sort = off"))
        for where in ("active", "active and kind = 'material'", "active and kind = 'material' and category = ''"):
            plan = "\n".join(row[0] for row in db.execute(sa.text(
                f"explain select id, name from quotes_item where {where} and (name, id) > ('Thing 5', '{new_id()}') order by name, id limit 30")))
            assert "Sort" not in plan, plan
            assert "Index" in plan
