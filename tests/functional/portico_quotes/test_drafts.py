"""Drafts: nothing that was typed is lost, and nothing absurd gets in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from portico.connections import jobs as background
from portico.connections import service
from portico.connections.connector import Rate
from portico.db.types import new_id, now
from portico_quotes import drafts, jobs
from portico_quotes.models import Line, Quote

HX = {"HX-Request": "true"}


def touch(shop: Any, quote_id: str, days: float) -> None:
    with shop.company.system() as db:
        db.execute(sa.update(Quote).where(Quote.id == quote_id).values(touched_at=now() - dt.timedelta(days=days)))


@pytest.mark.parametrize("quantity", ["0", "-3", "1000000", "NaN", "1e400", "0.00001", "", "two", "9" * 5000])
def test_absurd_quantity_is_refused_at_its_field_and_stays_in_it(shop: Any, quantity: str) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    line = quote["lines"][0]["id"]
    path = f"/quotes/{quote['id']}/lines/{line}"
    plain = customer.post(path, {"quantity": quantity, "note": "keep me", "version": str(quote["version"])}, status="*")
    assert plain.status_int == 422
    assert f'id="quantity-{line}-problem"' in plain.text
    assert "keep me" in plain.text
    part = customer.post(path, {"quantity": quantity, "version": str(quote["version"])}, headers=HX, status=422)
    assert f'id="quantity-{line}-problem"' in part.text
    assert "<input" not in part.text  # the field itself is left alone, with what is in it
    assert shop.quote(quote["id"]).version == quote["version"]


def test_note_of_a_million_characters_is_refused_with_the_limit_and_kept(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    note = "x" * 1_000_000
    page = customer.post(f"/quotes/{quote['id']}/change", {"note": note, "po_number": "", "version": str(quote["version"])}, status=422)
    assert "At most 4000 characters" in page.text
    assert page.text.count("x" * 1000) >= 10
    part = customer.post(f"/quotes/{quote['id']}/change", {"note": note}, headers=HX, status=422)
    assert "At most 4000 characters" in part.text
    shop.api().json("put", f"/quotes/{quote['id']}", {"note": note, "lines": []}, status=422)


def test_second_tab_is_told_and_its_entry_is_not_lost(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line, old = f"/quotes/{quote['id']}", quote["lines"][0]["id"], str(quote["version"])
    customer.post(f"{base}/lines/{line}", {"quantity": "3", "version": old}, headers=HX)
    told = customer.post(f"{base}/lines/{line}", {"quantity": "77", "version": old}, headers=HX, status=422)
    assert "changed in another window" in told.text
    assert "“77”" in told.text
    plain = customer.post(f"{base}/change", {"note": "from the second tab", "version": old}, status=409)
    assert "from the second tab" in plain.text
    assert str(shop.draft and shop.api().get(base).json["lines"][0]["quantity"]) == "3"
    shop.api().json("put", base, {"lines": [], "version": int(old)}, status=409)
    form = plain.forms[next(i for i, f in plain.forms.items() if "note" in f.fields and f["note"].attrs.get("type") == "hidden")]
    customer.post(form.action, {"note": form["note"].value, "version": form["version"].value}, status=303)
    assert shop.api().get(base).json["note"] == "from the second tab"


def test_changed_prices_are_shown_and_confirmed_exactly(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2", WOOD_1="1")
    path = f"/quotes/{quote['id']}/submit"
    shop.sql("update price_list_item set price = 980 where min_quantity = 0")
    page = customer.post(path, {"version": str(quote["version"])}, status=409)
    for part in ("€950.00", "€980.00", "€30.00", "€2,491.00", "€2,563.00"):
        assert part in page.text, part
    word = page.forms[next(i for i, f in page.forms.items() if "confirmation" in f.fields)]["confirmation"].value
    shop.sql("update price_list_item set price = 985 where min_quantity = 0")
    again = customer.post(path, {"version": str(quote["version"]), "confirmation": word}, status=409)
    assert "€985.00" in again.text
    word = again.forms[next(i for i, f in again.forms.items() if "confirmation" in f.fields)]["confirmation"].value
    customer.post(path, {"version": str(quote["version"]), "confirmation": word}, status=303)
    assert shop.quote(quote["id"]).net == 2170


def test_retired_item_blocks_submit_with_a_way_out(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2", WOOD_1="1")
    shop.sql("update materials set is_active = false where code = 'WOOD-1'")
    page = customer.post(f"/quotes/{quote['id']}/submit", {}, status=409)
    assert "no longer sold" in page.text
    assert "Agree and submit" not in page.text
    shop.synchronise()
    assert "Wood panel" not in customer.get("/catalogue").text
    wood = next(line["id"] for line in quote["lines"] if line["code"] == "WOOD-1")
    customer.post(f"/quotes/{quote['id']}/lines/{wood}/remove", {}, status=303)
    customer.post(f"/quotes/{quote['id']}/submit", {}, status=303)


def test_an_item_that_the_company_deleted_is_no_longer_sold_and_comes_back_with_its_row(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(WOOD_1="1")
    shop.synchronise()
    shop.sql("create table kept as select * from materials where code = 'WOOD-1'")
    shop.sql("delete from materials where code = 'WOOD-1'")
    shop.synchronise()
    assert "Wood panel" in customer.get("/catalogue").text  # nobody says that a row is gone: what changed is read, not what is
    background.compare(shop.job, str(shop.connection_id))
    assert "Wood panel" not in customer.get("/catalogue").text
    assert "no longer sold" in customer.post(f"/quotes/{quote['id']}/submit", {}, status=409).text
    shop.sql("insert into materials overriding system value select * from kept")
    background.compare(shop.job, str(shop.connection_id))
    assert "Wood panel" in customer.get("/catalogue").text


def test_company_away_while_building_loses_nothing(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    ids = shop.items()
    assert "live" in customer.htmx(f"/catalogue/prices?item={ids['STEEL-1']}").text
    with shop.away():
        customer.post(f"/quotes/{quote['id']}/lines", {"item": str(ids["WOOD-1"]), "quantity": "3"}, headers=HX)
        fragment = customer.htmx(f"/catalogue/prices?item={ids['STEEL-1']}&item={ids['WOOD-1']}")
        assert "system is away" in fragment.text
        assert "€950.00" in fragment.text  # what the company said last
        page = customer.get(f"/quotes/{quote['id']}/edit").text
        assert "not live: price of" in page
    known = shop.api().get(f"/quotes/{quote['id']}").json
    assert [(line["code"], line["price_source"]) for line in known["lines"]] == [("STEEL-1", "live"), ("WOOD-1", "list")]


def test_a_company_that_may_not_be_asked_again_yet_is_busy_and_not_away(shop: Any) -> None:
    customer, ids = shop.customer(), shop.items()
    assert "live" in customer.htmx(f"/catalogue/prices?item={ids['STEEL-1']}").text
    with shop.company.system() as db:
        service.set_rate(db, shop.connection_id, Rate(10, 60))
    for _call in range(10):
        fragment = customer.htmx(f"/catalogue/prices?item={ids['STEEL-1']}").text
        assert "is busy" not in fragment
    fragment = customer.htmx(f"/catalogue/prices?item={ids['STEEL-1']}").text
    assert "system is busy" in fragment
    assert "system is away" not in fragment
    assert "€950.00" in fragment  # what the company said last


def test_forgotten_draft_hides_comes_back_and_ends(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    link = f"/quotes/{quote['id']}"
    touch(shop, quote["id"], 7.01)
    assert link not in customer.get("/quotes").text
    assert link in customer.get("/quotes/hidden").text
    jobs.tidy(shop.job)
    customer.post(f"{link}/restore", status=303)
    assert link in customer.get("/quotes").text
    customer.post(f"{link}/discard", status=303)
    assert link in customer.get("/quotes/hidden").text
    touch(shop, quote["id"], 37.1)
    assert link not in customer.get("/quotes/hidden").text
    jobs.tidy(shop.job)
    customer.get(link, status=404)


def test_malformed_requests_are_the_callers_fault(shop: Any) -> None:
    customer, api, quote = shop.customer(), shop.api(), shop.draft(STEEL_1="2")
    item, base = str(shop.items()["STEEL-1"]), f"/quotes/{quote['id']}"
    for path in ("/catalogue?after=%00", "/catalogue?q=%00%ff", "/catalogue?category=%00&kind=nonsense", "/catalogue/prices?item=x",
                 "/quotes?account=x&state=y&q=%00%5Cx", "/quotes?after=bm9uc2Vuc2U", "/quotes/not-an-id", f"{base}/edit?removed=x",
                 f"/quotes/{new_id()}", "/quotes/hidden?after=%F0", "/catalogue?after=WyJhXHUwMDAwIiwgIjAiXQ"):
        assert customer.get(path, status="*").status_int < 500, path
    for path, form in ((f"{base}/lines", {"item": "x", "quantity": "1"}), (f"{base}/lines", {"item": str(new_id()), "quantity": "1"}),
                       (f"{base}/lines", {"item": item, "quantity": "1", "price": "0.01"}), (f"{base}/lines", {}),
                       (f"{base}/change", {"note": "a\x00b"}), (f"{base}/change", {"version": "9" * 30}), ("/catalogue/add", {"item": "x"}),
                       ("/quotes/new", {"account": "x\x00"}), (f"{base}/lines/{new_id()}", {"quantity": "1"}),
                       (f"{base}/submit", {"confirmation": "y" * 1000}), (f"{base}/decline", {"reason": "z" * 5000})):
        for headers in ({}, HX):
            status = customer.post(path, form, headers=headers, status="*").status_int
            # A new quote is made for the person's own organisation, whatever else was named.
            assert status == (204 if headers else 303) if path == "/quotes/new" else 400 <= status < 500, (path, form, status)
    for method, path, body in (("post", "/quotes", {"lines": [{"item": item, "quantity": "1", "unit_price": "0.01"}]}),
                               ("post", "/quotes", {"surprise": 1}), ("post", "/quotes", []), ("post", "/quotes", {"lines": "x"}),
                               ("put", base, {"lines": [{"item": item, "quantity": "1"}] * 2}), ("put", base, {"note": "\ud800", "lines": []}),
                               ("put", base, {"lines": [{"item": item, "quantity": True}]}), ("put", base, {"note": {"a": 1}, "lines": []}),
                               ("put", base, {"lines": [{"item": item, "quantity": "1"}] * 501})):
        assert 400 <= api.json(method, path, body, status="*").status_int < 500, body
    assert shop.quote(quote["id"]).version == quote["version"]


def test_amounts_that_nothing_can_hold_are_refused(shop: Any) -> None:
    shop.sql("update materials set price = 9999999999 where code = 'WOOD-1'")
    body = {"lines": [{"item": str(shop.items()["WOOD-1"]), "quantity": "999999"}]}
    assert shop.api().json("post", "/quotes", body, status=422).json["errors"]


def test_price_in_another_currency_cannot_be_used(shop: Any) -> None:
    shop.sql("update price_list set currency = 'USD'")
    body = {"lines": [{"item": str(shop.items()["STEEL-1"]), "quantity": "1"}]}
    assert shop.api().json("post", "/quotes", body, status=422).json["code"] == "price-unusable"


def test_pressing_new_twice_makes_one_draft(shop: Any) -> None:
    customer = shop.customer()
    assert customer.post("/quotes/new").location == customer.post("/quotes/new").location
    with shop.company.system() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Quote)) == 1
    assert drafts.MOST_LINES == 500


def test_a_line_comes_back_only_where_there_is_room(shop: Any) -> None:
    quote, customer = shop.draft(STEEL_1="2", WOOD_1="1"), shop.customer()
    steel, wood = (line["id"] for line in quote["lines"])
    base = f"/quotes/{quote['id']}"
    customer.post(f"{base}/lines/{steel}/remove", {}, headers=HX)
    with shop.company.system() as db:  # what 499 presses would do
        columns = [one.name for one in Line.__table__.columns if one.name not in ("id", "position", "item_ref")]
        names = ", ".join(columns)
        db.execute(sa.text(
            f"INSERT INTO quotes_line (id, position, item_ref, {names}) SELECT uuidv7(), 10 + n, 'material:W' || n, {names} "
            "FROM quotes_line, generate_series(2, :most) AS n WHERE id = :wood"), {"most": drafts.MOST_LINES, "wood": wood})
    refused = customer.post(f"{base}/lines/{steel}/restore", {}, headers=HX, status=422)
    assert "A quote has at most 500 lines." in refused.text
    api = shop.api()
    assert steel not in {line["id"] for line in api.get(base).json["lines"]}
    customer.post(f"{base}/lines/{wood}/remove", {}, headers=HX)
    customer.post(f"{base}/lines/{steel}/restore", {}, headers=HX)
    now_there = api.get(base).json["lines"]
    assert len(now_there) == drafts.MOST_LINES
    assert [line["id"] for line in now_there if line["code"] == "STEEL-1"] == [steel]
