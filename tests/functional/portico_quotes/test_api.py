"""The API of quotes against a real company database."""

from __future__ import annotations

from typing import Any


def test_draft_has_the_customers_own_price_and_exact_totals(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2", WOOD_1="3.5", BOLT_8="7")
    lines = {line["code"]: line for line in quote["lines"]}
    assert lines["STEEL-1"]["unit_price"] == "950.00"
    assert lines["STEEL-1"]["price_list"] == "Gold"
    assert {line["price_source"] for line in quote["lines"]} == {"live"}
    assert quote["net"] == "2602.45"  # 1900 + 700 + 2.45
    assert quote["tax"] == "418.50"  # 20 % of 1900 and 5.5 % of 700
    assert quote["gross"] == "3020.95"


def test_catalogue_can_be_paged_and_searched_with_a_typing_error(shop: Any) -> None:
    api = shop.api()
    first = api.get("/catalogue", {"limit": "4"}).json
    second = api.get("/catalogue", {"limit": "4", "cursor": first["next_cursor"]}).json
    names = [item["name"] for item in first["items"] + second["items"]]
    assert names == sorted(names)
    assert len(names) == 6
    assert second["next_cursor"] is None
    assert [item["code"] for item in api.get("/catalogue", {"q": "alumnium"}).json["items"]] == ["ALU-1"]
    assert [item["code"] for item in api.get("/catalogue", {"q": "decoupe"}).json["items"]] == ["CUT"]
    assert api.get("/catalogue", {"q": "steel-1"}).json["items"][0]["code"] == "STEEL-1"
    assert [item["code"] for item in api.get("/catalogue", {"kind": "fee"}).json["items"]] == ["PACK"]


def test_prices_follow_the_quantity(shop: Any) -> None:
    steel = str(shop.items()["STEEL-1"])
    answer = (
        shop.api()
        .get("/catalogue/prices", [("item", steel), ("item", steel), ("quantity", "1"), ("quantity", "10")])
        .json
    )
    assert [price["unit_price"] for price in answer["prices"]] == ["950.00", "900.00"]
    assert answer["away"] is False


def test_submit_brings_the_quote_to_the_company_once(shop: Any) -> None:
    api = shop.api()
    quote = shop.draft(api, STEEL_1="2")
    for _press in range(3):
        assert api.json("post", f"/quotes/{quote['id']}/submit", {}).json["state"] == "submitted"
    assert len(shop.jobs("quotes.submit")) == 1
    shop.work("quotes.submit")
    (row,) = shop.sql("select number, status, net_total, portal_reference from quotes")
    assert (row[1], str(row[2]), row[3]) == ("submitted", "1900.00", quote["id"])
    known = api.get(f"/quotes/{quote['id']}").json
    assert (known["number"], known["delivery"]) == (row[0], "sent")


def test_company_prices_the_quote_and_it_comes_back(shop: Any) -> None:
    api = shop.api()
    quote = shop.draft(api, STEEL_1="2")
    api.json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")
    shop.sql(
        "update quotes set status = 'priced', net_total = 1800, tax_total = 360, gross_total = 2160, "
        "valid_until = current_date + 14"
    )
    shop.sql("update quote_lines set unit_price = 900")
    shop.synchronise()
    known = api.get(f"/quotes/{quote['id']}").json
    assert (known["state"], known["gross"]) == ("processed", "2160.00")
    assert known["lines"][0]["unit_price"] == "900.00"
    assert known["lines"][0]["code"] == "STEEL-1"
