"""A price that the company changed is never swallowed: it is explained in the draft, and agreed to before anything is sent."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

HX = {"HX-Request": "true"}


def words(html: str) -> str:
    """What a reader sees of it: amounts stand in elements of their own."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def dearer(shop: Any, price: int, least: int = 0) -> None:
    shop.sql("update price_list_item set price = %s where min_quantity = %s", price, least)


def line_of(shop: Any, quote_id: str, code: str = "STEEL-1") -> dict[str, Any]:
    lines = shop.api().get(f"/quotes/{quote_id}").json["lines"]
    return next(line for line in lines if line["code"] == code)


def agree(customer: Any, page: Any) -> Any:
    form = page.forms[next(i for i, f in page.forms.items() if "confirmation" in f.fields)]
    return customer.post(form.action, {name: form[name].value for name in ("version", "confirmation")}, status=303)


def test_a_new_price_met_by_another_quantity_is_explained_and_must_be_agreed_to(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    dearer(shop, 1045)
    answer = customer.post(f"{base}/lines/{line}", {"quantity": "3"}, headers=HX).text
    assert "The company changed this price: €950.00 before, €1,045.00 now." in words(answer)
    assert "€3,135.00" in answer  # what it costs now, not what it cost
    page = customer.get(f"{base}/edit").text
    assert "€950.00 before, €1,045.00 now" in words(page)  # not only at the moment of the change
    told = customer.post(f"{base}/submit", {}, status=409)
    for part in ("€950.00", "€1,045.00", "€95.00", "€3,420.00", "€3,762.00"):
        assert part in told.text, part
    agree(customer, told)
    shop.work("quotes.submit")
    assert shop.sql("select quantity, unit_price from quote_lines") == [(Decimal(3), Decimal(1045))]
    assert line_of(shop, quote["id"])["agreed_price"] is None


def test_a_second_change_of_quantity_does_not_make_it_accepted(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    dearer(shop, 1045)
    for quantity in ("3", "4", "3"):
        customer.post(f"{base}/lines/{line}", {"quantity": quantity}, headers=HX)
    assert (line_of(shop, quote["id"])["agreed_price"], line_of(shop, quote["id"])["unit_price"]) == ("950.00", "1045.00")
    customer.post(f"{base}/submit", {}, status=409)


def test_a_new_price_met_by_adding_the_item_again_must_be_agreed_to(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    dearer(shop, 1045)
    item = str(shop.items()["STEEL-1"])
    answer = customer.post(f"/quotes/{quote['id']}/lines", {"item": item, "quantity": "1"}, headers=HX).text
    assert "€950.00 before, €1,045.00 now" in words(answer)
    customer.post("/catalogue/add", {"item": item, "quantity": "1"}, headers=HX)
    assert (line_of(shop, quote["id"])["quantity"], line_of(shop, quote["id"])["agreed_price"]) == ("4", "950.00")
    customer.post(f"/quotes/{quote['id']}/submit", {}, status=409)


def test_the_api_keeps_the_accepted_price_too(shop: Any) -> None:
    api, quote = shop.api(), shop.draft(STEEL_1="2")
    dearer(shop, 1045)
    body = {"lines": [{"item": str(shop.items()["STEEL-1"]), "quantity": "3"}]}
    put = api.json("put", f"/quotes/{quote['id']}", body).json
    assert [(line["agreed_price"], line["unit_price"], line["total"]) for line in put["lines"]] == [("950.00", "1045.00", "3135.00")]
    assert (put["net"], put["lines"][0]["id"]) == ("3135.00", quote["lines"][0]["id"])
    problem = api.json("post", f"/quotes/{quote['id']}/submit", {}, status=409).json
    assert (problem["code"], problem["changes"][0]["old_price"], problem["changes"][0]["new_price"]) == ("prices-changed", "950.00", "1045.00")
    api.json("post", f"/quotes/{quote['id']}/submit", {"confirmation": problem["confirmation"]})


def test_a_price_break_is_explained_and_needs_no_agreement(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    answer = customer.post(f"{base}/lines/{line}", {"quantity": "10"}, headers=HX).text
    assert "Your price for this quantity: €900.00 instead of €950.00." in words(answer)
    assert line_of(shop, quote["id"])["agreed_price"] is None
    back = customer.post(f"{base}/lines/{line}", {"quantity": "9"}, headers=HX).text
    assert "Your price for this quantity: €950.00 instead of €900.00." in words(back)
    customer.post(f"{base}/submit", {}, status=303)


def test_a_new_price_and_a_break_at_once_are_a_new_price(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    dearer(shop, 1045)
    answer = customer.post(f"{base}/lines/{line}", {"quantity": "10"}, headers=HX).text
    assert "€950.00 before, €900.00 now" in words(answer)
    customer.post(f"{base}/submit", {}, status=409)


def test_a_price_that_came_back_asks_nobody(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    dearer(shop, 1045)
    customer.post(f"{base}/lines/{line}", {"quantity": "3"}, headers=HX)
    dearer(shop, 950)
    assert "before" not in customer.post(f"{base}/lines/{line}", {"quantity": "4"}, headers=HX).text
    customer.post(f"{base}/submit", {}, status=303)


def test_a_new_tax_alone_is_explained_too(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(WOOD_1="1")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    shop.sql("update materials set tax_rate = 20 where code = 'WOOD-1'")
    answer = customer.post(f"{base}/lines/{line}", {"quantity": "2"}, headers=HX).text
    assert "The company changed the tax on this: 5.5% before, 20% now." in words(answer)
    assert "tax only" in customer.post(f"{base}/submit", {}, status=409).text


def test_the_draft_shows_what_the_submit_page_said(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2", WOOD_1="1")
    dearer(shop, 1045)
    shop.sql("update materials set is_active = false where code = 'WOOD-1'")
    customer.post(f"/quotes/{quote['id']}/submit", {"version": str(quote["version"])}, status=409)
    page = customer.get(f"/quotes/{quote['id']}/edit").text
    assert "€950.00 before, €1,045.00 now" in words(page)
    assert "The company no longer sells this" in words(page)
    assert shop.quote(quote["id"]).version == quote["version"]  # nobody's page is outdated by that


def test_prices_of_the_open_draft_are_read_in_the_background(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    path = f"/quotes/{quote['id']}"
    assert "price-live" not in customer.get(f"{path}/edit").text.split('id="quote-lines"')[1].split("builder-submit")[0]
    assert "price-live" in customer.htmx(f"{path}/prices").text
    dearer(shop, 1045)
    checked = customer.htmx(f"{path}/prices")
    assert "€950.00 before, €1,045.00 now" in words(checked.text)
    assert checked.headers["X-Quote-Version"] == str(quote["version"])
    with shop.away():
        away = customer.htmx(f"{path}/prices").text
        assert "price-live" not in away
        assert "not live: price of" in away
        assert "The company&#39;s system is away" in away
    assert "<input" not in away  # nothing that is being typed is replaced


def test_added_at_the_same_time_everything_counts(shop: Any) -> None:
    customer, item = shop.customer(), str(shop.items()["WOOD-1"])
    customer.token()
    clients = [shop.company.client(shop.person()) for _ in range(6)]
    for client in clients:
        client.token()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: one.post("/catalogue/add", {"item": item, "quantity": "1"}, headers=HX, status="*"), clients))
    assert [answer.status_int for answer in answers] == [200] * 6
    quotes = shop.api().get("/quotes").json["items"]
    assert len(quotes) == 1  # and not one draft each
    assert line_of(shop, quotes[0]["id"], "WOOD-1")["quantity"] == "6"


def test_added_at_the_same_time_in_the_builder_everything_counts_or_is_refused(shop: Any) -> None:
    quote, item = shop.draft(STEEL_1="2"), str(shop.items()["WOOD-1"])
    clients = [shop.company.client(shop.person()) for _ in range(8)]
    for client in clients:
        client.token()
    path = f"/quotes/{quote['id']}/lines"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: one.post(path, {"item": item, "quantity": "1"}, headers=HX, status="*"), clients))
    taken = sum(answer.status_int == 200 for answer in answers)
    assert taken == 8
    assert line_of(shop, quote["id"], "WOOD-1")["quantity"] == str(taken)


@pytest.mark.parametrize("quantity", ["", "  ", "-7", "1e400"])
def test_an_empty_or_absurd_quantity_is_told_at_its_field(shop: Any, quantity: str) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    path = f"/quotes/{quote['id']}/lines/{quote['lines'][0]['id']}"
    told = customer.post(path, {"quantity": quantity, "version": str(quote["version"])}, headers=HX, status=422).text
    assert f'id="quantity-{quote["lines"][0]["id"]}-problem"' in told
    assert "changed in another window" not in told


def test_a_conflict_lists_only_what_was_really_typed(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    path, old = f"/quotes/{quote['id']}/change", str(quote["version"])
    customer.post(path, {"note": "first", "po_number": "", "version": old}, headers=HX)
    told = customer.post(path, {"note": "second", "po_number": "", "version": old}, headers=HX, status=422).text
    assert told.count("You entered") == 1


def agree_in_all_views(shop: Any, quote_id: str) -> None:
    """Two of STEEL-1, known at 950 and 1045 by now: 2090 before tax, wherever one looks."""
    customer = shop.customer()
    for page in ("", "/print"):
        html = customer.get(f"/quotes/{quote_id}{page}").text
        body = words(html.split("quote-way")[-1] if not page else html)
        assert "Before: €950.00 Now: €1,045.00 Difference: \N{LEFT-TO-RIGHT MARK}+€95.00" in body, page
        assert "€950.00 before, €1,045.00 now. You are asked to agree before anything is sent." in body, page
        assert body.count("€2,090.00") >= 2, page  # the line, and before tax
        assert "€2,508.00" in body, page
        assert "€1,900.00" not in body, page
    known = shop.api().get(f"/quotes/{quote_id}").json
    line = known["lines"][0]
    assert Decimal(line["quantity"]) * Decimal(line["unit_price"]) == Decimal(line["total"]) == Decimal(known["net"])
    assert Decimal(known["net"]) + Decimal(known["tax"]) == Decimal(known["gross"]) == Decimal(2508)
    assert [Decimal(line[name]) for name in ("unit_price", "agreed_price", "tax_rate", "agreed_tax_rate")] == [1045, 950, 20, 20]


def test_lines_and_sums_agree_while_a_new_price_waits_for_the_company_and_for_the_customer(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    dearer(shop, 1045)
    customer.post(f"/quotes/{quote['id']}/submit", {}, status=409)
    agree_in_all_views(shop, quote["id"])
    with shop.away():
        customer.post(f"/quotes/{quote['id']}/submit", {}, status=303)
        assert shop.quote(quote["id"]).delivery == "waiting"
        agree_in_all_views(shop, quote["id"])
    shop.work("quotes.submit")
    assert (shop.quote(quote["id"]).state, shop.quote(quote["id"]).delivery) == ("draft", "confirm")
    agree_in_all_views(shop, quote["id"])


def test_a_price_first_met_at_delivery_changes_the_sums_with_the_lines(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(STEEL_1="2")
    with shop.away():
        customer.post(f"/quotes/{quote['id']}/submit", {}, status=303)
    dearer(shop, 1045)
    shop.work("quotes.submit")
    assert shop.quote(quote["id"]).delivery == "confirm"
    agree_in_all_views(shop, quote["id"])
    assert "Submitted2" not in words(customer.get(f"/quotes/{quote['id']}").text)  # the fact; it is a draft again
    assert "€2,508.00" in customer.get("/quotes").text


def test_a_new_tax_stands_beside_the_known_one(shop: Any) -> None:
    customer, quote = shop.customer(), shop.draft(WOOD_1="1")
    shop.sql("update materials set tax_rate = 20 where code = 'WOOD-1'")
    customer.post(f"/quotes/{quote['id']}/submit", {}, status=409)
    page = words(customer.get(f"/quotes/{quote['id']}").text)
    assert "Before: 5.5% Now: 20%" in page
    assert "Tax 20% on €200.00€40.00" in page
