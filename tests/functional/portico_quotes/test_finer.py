"""Figures finer than the portal keeps (a price without its tax, worked out) are the same figures each time."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

FINER = "952.380952381"


@pytest.fixture
def finer(shop: Any) -> Any:
    """The shop of a company that keeps nine decimals."""
    for table, column in (("materials", "price"), ("price_list_item", "price"), ("quote_lines", "unit_price")):
        shop.sql(f"alter table {table} alter {column} type numeric(20, 9)")
    shop.sql("update materials set price = %s", FINER)
    shop.sql("update price_list_item set price = %s", FINER)
    shop.synchronise()
    return shop


def test_a_price_that_stayed_is_submitted_without_a_question(finer: Any) -> None:
    customer, quote = finer.customer(), finer.draft(STEEL_1="2")
    customer.post(f"/quotes/{quote['id']}/submit", {}, status=303)
    finer.work("quotes.submit")
    assert [str(row[0]) for row in finer.sql("select unit_price from quote_lines")] == ["952.381000000"]


def test_an_offer_that_is_told_again_is_the_same_offer(finer: Any) -> None:
    quote = finer.draft(STEEL_1="2")
    finer.api().json("post", f"/quotes/{quote['id']}/submit", {})
    finer.work("quotes.submit")
    finer.sql("update quote_lines set unit_price = %s", FINER)
    finer.sql("update quotes set status = 'priced', valid_until = current_date + 7")
    finer.synchronise()
    before = finer.quote(quote["id"])
    finer.sql("update quotes set updated_at = now()")
    finer.synchronise()
    after = finer.quote(quote["id"])
    assert after.remote_updated_at > before.remote_updated_at
    assert after.version == before.version
    finer.sql("update quote_lines set unit_price = unit_price + 1")
    finer.synchronise()
    assert finer.quote(quote["id"]).version == before.version + 1


def test_an_item_that_is_told_again_at_the_same_moment_is_left_alone(finer: Any) -> None:
    def written() -> dict[str, Any]:
        with finer.company.system() as db:
            return {row.code: row.synced_at for row in db.execute(sa.text("select code, synced_at from quotes_item"))}

    before = written()
    with finer.company.system() as db:
        db.execute(sa.text("update connection_sync set cursor = null"))
    finer.synchronise()
    assert written() == before
