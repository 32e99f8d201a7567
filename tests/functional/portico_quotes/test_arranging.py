"""Lines of a draft are moved, and the company, the paper and programs get them in that order (QUO-1)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.documents.setting import pages

HX = {"HX-Request": "true"}


def codes(shop: Any, quote: dict[str, Any]) -> list[str]:
    return [line["code"] for line in shop.api().get(f"/quotes/{quote['id']}").json["lines"]]


def move(shop: Any, quote: dict[str, Any], code: str, status: int = 200, **form: Any) -> Any:
    line = next(one["id"] for one in quote["lines"] if one["code"] == code)
    values = {name: str(value) for name, value in form.items()}
    return shop.customer().post(f"/quotes/{quote['id']}/lines/{line}/move", values, headers=HX, status=status)


@pytest.mark.parametrize(
    ("code", "form", "after"),
    [
        ("WOOD-1", {"by": -1}, ["STEEL-1", "WOOD-1", "ALU-1", "CUT"]),
        ("STEEL-1", {"by": 1}, ["ALU-1", "STEEL-1", "WOOD-1", "CUT"]),
        ("CUT", {"to": 1}, ["CUT", "STEEL-1", "ALU-1", "WOOD-1"]),
        ("STEEL-1", {"to": 3}, ["ALU-1", "WOOD-1", "STEEL-1", "CUT"]),
        ("ALU-1", {"to": 500}, ["STEEL-1", "WOOD-1", "CUT", "ALU-1"]),
        ("STEEL-1", {"by": -1}, ["STEEL-1", "ALU-1", "WOOD-1", "CUT"]),
        ("CUT", {"by": 7}, ["STEEL-1", "ALU-1", "WOOD-1", "CUT"]),
    ],
)
def test_a_line_goes_where_it_is_put(shop: Any, code: str, form: dict[str, int], after: list[str]) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1", WOOD_1="1", CUT="1")
    move(shop, quote, code, **form)
    assert codes(shop, quote) == after


def test_the_order_goes_to_the_company_and_onto_paper_and_stays_when_it_comes_back(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1", WOOD_1="1")
    move(shop, quote, "WOOD-1", to=1)
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")
    assert [row[0] for row in shop.sql("select item_code from quote_lines order by position")] == ["WOOD-1", "STEEL-1", "ALU-1"]
    shop.sql("update quotes set status = 'priced', valid_until = current_date + 7")
    shop.synchronise()
    assert codes(shop, quote) == ["WOOD-1", "STEEL-1", "ALU-1"]
    [paper] = pages(shop.customer().get(f"/quotes/{quote['id']}/pdf").body)
    assert paper.index("WOOD-1") < paper.index("STEEL-1") < paper.index("ALU-1")
    versions = shop.api().get(f"/quotes/{quote['id']}/versions").json["items"]
    assert [[line["code"] for line in one["lines"]] for one in versions] == [["WOOD-1", "STEEL-1", "ALU-1"]] * 2


def test_of_two_windows_the_second_is_told_and_moves_nothing(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1", WOOD_1="1")
    move(shop, quote, "WOOD-1", by=-1, version=quote["version"])
    told = move(shop, quote, "WOOD-1", by=-1, version=quote["version"], status=422)
    assert "changed in another window" in told.text
    assert codes(shop, quote) == ["STEEL-1", "WOOD-1", "ALU-1"]
    line = quote["lines"][0]["id"]
    shop.customer().post(f"/quotes/{quote['id']}/lines/{line}/move", {"by": "1", "version": str(quote["version"])}, status=409)


def test_its_answer_says_the_order_the_version_and_the_place(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1")
    answer = move(shop, quote, "ALU-1", by=-1, version=quote["version"])
    ids = {line["code"]: line["id"] for line in quote["lines"]}
    assert answer.headers["HX-Trigger"] == (
        f'{{"quotes:version": {quote["version"] + 1}, "quotes:order": ["{ids["ALU-1"]}", "{ids["STEEL-1"]}"]}}'
    )
    assert "Aluminium sheet is in place 1 of 2 now." in answer.text
    assert "<input" not in answer.text


def test_without_a_script_the_page_comes_back_in_the_new_order(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1")
    path = f"/quotes/{quote['id']}/lines/{quote['lines'][0]['id']}/move"
    shop.customer().post(path, {"by": "1", "version": str(quote["version"])}, status=303)
    page = shop.customer().get(f"/quotes/{quote['id']}/edit").text
    assert page.index("Aluminium sheet") < page.index("Steel sheet")


def test_what_is_no_place_or_no_line_of_the_draft_is_refused(shop: Any) -> None:
    quote, other = shop.draft(STEEL_1="1", ALU_1="1"), shop.draft(WOOD_1="1")
    for form in ({"to": 0}, {"to": 501}, {"by": 501}, {"by": "up"}, {"to": "1.5"}):
        move(shop, quote, "STEEL-1", status=422, **form)
    line = other["lines"][0]["id"]
    shop.customer().post(f"/quotes/{quote['id']}/lines/{line}/move", {"by": "1"}, headers=HX, status=404)
    removed = quote["lines"][0]["id"]
    shop.customer().post(f"/quotes/{quote['id']}/lines/{removed}/remove", {}, headers=HX)
    shop.customer().post(f"/quotes/{quote['id']}/lines/{removed}/move", {"by": "1"}, headers=HX, status=404)


def test_a_submitted_quote_stays_as_it_is(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1")
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    move(shop, quote, "ALU-1", by=-1, status=409)
    assert codes(shop, quote) == ["STEEL-1", "ALU-1"]


def test_a_new_line_stands_last_and_one_that_comes_back_among_the_others(shop: Any) -> None:
    quote = shop.draft(STEEL_1="1", ALU_1="1", WOOD_1="1")
    first = quote["lines"][0]["id"]
    shop.customer().post(f"/quotes/{quote['id']}/lines/{first}/remove", {}, headers=HX)
    move(shop, quote, "WOOD-1", to=1)
    shop.customer().post(f"/quotes/{quote['id']}/lines", {"item": str(shop.items()["CUT"]), "quantity": "1"}, headers=HX)
    shop.customer().post(f"/quotes/{quote['id']}/lines/{first}/restore", {}, headers=HX)
    assert codes(shop, quote)[-1] == "CUT"
    assert sorted(codes(shop, quote)) == ["ALU-1", "CUT", "STEEL-1", "WOOD-1"]
