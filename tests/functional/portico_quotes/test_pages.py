"""The pages of quotes, in the browser's way and without scripts."""

from __future__ import annotations

from typing import Any

HX = {"HX-Request": "true"}


def test_every_page_of_a_new_customer_is_drawn(shop: Any) -> None:
    customer = shop.customer()
    for path in (
        "/quotes",
        "/quotes/hidden",
        "/catalogue",
        "/catalogue/items",
        "/quotes/widget/tracker",
        "/catalogue?q=steel",
        "/catalogue?kind=material&category=Sheets",
        "/quotes?state=draft&q=x",
        "/",
    ):
        customer.get(path)


def test_draft_is_built_without_scripts(shop: Any) -> None:
    customer, steel = shop.customer(), str(shop.items()["STEEL-1"])
    edit = customer.post("/quotes/new", status=303).location
    page = customer.get(edit)
    assert "No lines yet" in page.text
    base = edit.removesuffix("/edit")
    customer.post(f"{base}/lines", {"item": steel, "quantity": "2", "version": "1"}, status=303)
    page = customer.get(edit)
    assert "Steel sheet 2 mm" in page.text
    assert "€1,900.00" in page.text
    customer.post(f"{base}/change", {"note": "Please hurry", "po_number": "PO-7", "version": "2"}, status=303)
    assert "Please hurry" in customer.get(edit).text
    assert "PO-7" in customer.get("/quotes").text
    detail = customer.post(f"{base}/submit", {"version": "3"}, status=303).location
    assert "On its way" in customer.get(detail).text
    customer.get(f"{base}/print")
    customer.get(f"{base}/body")
    assert customer.get(edit, status=303).location.endswith(base.rsplit("/", 1)[1])


def test_change_with_htmx_answers_the_computed_parts_alone(shop: Any) -> None:
    customer = shop.customer()
    quote = shop.draft(STEEL_1="2")
    base, line = f"/quotes/{quote['id']}", quote["lines"][0]["id"]
    answer = customer.post(
        f"{base}/lines/{line}", {"quantity": "10", "note": "", "version": quote["version"]}, headers=HX
    )
    assert "<input" not in answer.text
    assert "€9,000.00" in answer.text  # the price of ten or more
    assert "quotes:version" in answer.headers["HX-Trigger"]
    added = customer.post(f"{base}/lines", {"item": str(shop.items()["WOOD-1"]), "quantity": "1"}, headers=HX)
    assert "Wood panel" in added.text
    gone = customer.post(f"{base}/lines/{line}/remove", {}, headers=HX)
    assert "was removed" in gone.text
    back = customer.post(f"{base}/lines/{line}/restore", {}, headers=HX)
    assert "Steel sheet" in back.text
