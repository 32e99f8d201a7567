"""What programs write of optional lines and sections, and what becomes of an option that is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.functional.portico_quotes.test_sections import HX, METAL, WORK, rows_of, submitted, written

from portico_quotes import grouping


def options(quote: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    return [(one["code"], one["optional"], one["chosen"]) for one in quote["lines"]]


@pytest.mark.parametrize(("given", "where"), [
    ({"chosen": False}, "chosen"),
    ({"optional": False, "chosen": False}, "chosen"),
    ({"optional": True, "chosen": "no"}, "chosen"),
    ({"optional": True, "chosen": None}, "chosen"),
    ({"optional": "no"}, "optional"),
    ({"optional": None, "chosen": False}, "optional"),
    ({"optional": 1}, "optional"),
])
def test_what_is_neither_true_nor_false_buys_nothing(shop: Any, given: dict[str, Any], where: str) -> None:
    item = str(shop.items()["ALU-1"])
    answer = shop.api().json("post", "/quotes", {"lines": [{"item": item, "quantity": "1", **given}]}, status=422).json
    assert [one["pointer"] for one in answer["errors"]] == [f"/lines/0/{where}"]
    assert shop.api().get("/quotes").json["items"] == []


def test_a_program_that_knows_no_options_and_sections_leaves_them_as_they_are(shop: Any) -> None:
    ids = {code: str(one) for code, one in shop.items().items()}
    quote = written(shop)
    lines = [{"item": ids[one["code"]], "quantity": one["quantity"]} for one in quote["lines"]]
    now = shop.api().json("put", f"/quotes/{quote['id']}", {"lines": lines, "version": quote["version"]}).json
    assert (options(now), now["gross"], now["sections"]) == (options(quote), quote["gross"], quote["sections"])
    # In another order, with one more and one less: each section stands before what it still holds.
    lines = [lines[2], {"item": ids["WOOD-1"], "quantity": "1"}, lines[0]] if "WOOD-1" in ids else [lines[2], lines[0]]
    now = shop.api().json("put", f"/quotes/{quote['id']}", {"lines": lines, "version": now["version"]}).json
    before = {one["title"]: one["lines_before"] for one in now["sections"]}
    assert before == {"Work": 0, "Metal": len(lines) - 1}
    now = shop.api().json("put", f"/quotes/{quote['id']}", {"lines": lines, "sections": [], "version": now["version"]}).json
    assert now["sections"] == []


@pytest.mark.parametrize("way", ["catalogue", "code", "paste"])
def test_an_option_that_is_left_and_added_again_is_wanted(shop: Any, way: str) -> None:
    quote = written(shop)
    base = f"/quotes/{quote['id']}"
    if way == "catalogue":
        item = str(shop.items()["ALU-1"])
        shop.customer().post("/catalogue/add", {"item": item, "quantity": "2"}, headers=HX)
    elif way == "code":
        shop.customer().post(f"{base}/lines/code", {"code": "ALU-1", "quantity": "2"}, headers=HX)
    else:
        shop.customer().post(f"{base}/lines/many", {"text": "ALU-1\t2", "add": "1"}, status=303)
    now = shop.api().get(base).json
    [line] = [one for one in now["lines"] if one["code"] == "ALU-1"]
    assert (Decimal(line["quantity"]), line["chosen"]) == (Decimal(2), True)
    submitted(shop, quote)
    assert ("ALU-1", Decimal(2)) in shop.sql("select item_code, quantity from quote_lines")


def test_what_was_sent_is_all_that_programs_read_of_it(shop: Any) -> None:
    quote = written(shop)
    submitted(shop, quote)
    now = shop.api().get(f"/quotes/{quote['id']}").json
    assert [one["code"] for one in now["lines"]] == ["STEEL-1", "CUT"]
    assert (now["line_count"], now["optional_gross"]) == (2, None)
    assert sum(Decimal(one["total"]) for one in now["lines"]) == Decimal(now["net"])
    assert now["sections"] == [METAL | {"subtotal": "1900.00"}, WORK | {"lines_before": 1, "subtotal": "80.00"}]


def test_sections_that_come_back_are_no_more_than_there_may_be(shop: Any) -> None:
    quote, customer = shop.draft(STEEL_1="1"), shop.customer()
    base = f"/quotes/{quote['id']}"

    def add() -> None:
        customer.post(f"{base}/sections", {"title": "T" * 100}, headers=HX)

    def there() -> list[Any]:
        return [row for row in rows_of(shop, quote) if row.kind == grouping.SECTION]

    for _place in range(grouping.MOST_SECTIONS):
        add()
    gone = there()[0]
    customer.post(f"{base}/lines/{gone.id}/remove", {}, headers=HX)
    add()
    refused = customer.post(f"{base}/lines/{gone.id}/restore", {}, headers=HX, status=422)
    assert "At most 25 sections" in refused.text
    assert len(there()) == grouping.MOST_SECTIONS
