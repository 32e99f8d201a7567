"""Templates: kept by whoever may write quotes, for themselves or for all, and started from at today's prices."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico_quotes import quote_templates


def keep(api: Client, quote: dict[str, Any], name: str = "Every week", *, shared: bool = False, status: int = 201) -> dict[str, Any]:
    answer: dict[str, Any] = api.json("post", f"/quotes/{quote['id']}/template", {"name": name, "shared": shared}, status=status).json
    return answer


def names(api: Client) -> list[str]:
    return [one["name"] for one in api.get("/quote-templates").json["items"]]


def colleague(shop: Any, role: str = "purchaser") -> Any:
    return shop.company.customer_person(shop.account_id, role=role)


def trail(shop: Any) -> list[tuple[str, Any]]:
    with shop.portal.superuser() as connection:
        found = connection.execute(
            sa.text("select action, after from audit_entry where tenant_id = :t and action like 'quotes.template%' order by at"), {"t": shop.company.id}
        )
        return [(row.action, row.after) for row in found]


def test_a_draft_is_kept_found_renamed_and_deleted_by_its_pages(shop: Any) -> None:
    draft, customer = shop.draft(STEEL_1=2, WOOD_1=1), shop.customer()
    address = f"/quotes/{draft['id']}/template"
    assert address in customer.get(f"/quotes/{draft['id']}/edit").text
    assert "Give it a name." in customer.post(address + "/save", {"name": "  "}, status=422).text
    customer.post(address + "/save", {"name": "  Every week "}, status=303)
    row = customer.get("/quotes/templates").html.select_one("tbody tr")
    assert "Every week" in row.text
    assert "2 lines" in row.text
    assert "Only you" in row.text
    one = row.select_one("a")["href"].removeprefix(customer.prefix)
    assert "Steel sheet 2 mm" in customer.get(one).text
    customer.post(one + "/change", {"name": "Every month", "shared": "true"}, status=303)
    assert "The organisation" in customer.get(one).text
    customer.post(one + "/delete", status=303)
    customer.get(one, status=404)
    assert [action for action, _after in trail(shop)] == ["quotes.template-saved", "quotes.template-changed", "quotes.template-deleted"]
    assert trail(shop)[0][1] == {"name": "Every week", "shared": False, "lines": 2}


def test_a_draft_from_it_has_todays_prices_and_names_what_is_gone(shop: Any) -> None:
    lines = [{"item": str(shop.items()[code]), "quantity": "2", "note": code.lower()} for code in ("STEEL-1", "ALU-1", "WOOD-1")]
    draft = shop.api().json("post", "/quotes", {"lines": lines, "note": "As ever", "po_number": "PO-1"}, status=201).json
    kept = keep(shop.api(), draft)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    shop.sql("delete from materials where code = 'ALU-1'")
    answer = shop.api().json("post", f"/quote-templates/{kept['id']}/draft", None, status=201).json
    assert [(one["name"], one["outcome"], one["price_then"], one["price_now"]) for one in answer["lines"]] == [
        ("Steel sheet 2 mm", "changed", "950.00", "990.00"), ("Aluminium sheet", "gone", "800.00", None), ("Wood panel", "same", "200.00", "200.00"),
    ]
    made = shop.api().get(f"/quotes/{answer['draft_id']}").json
    assert [(one["code"], one["note"]) for one in made["lines"]] == [("STEEL-1", "steel-1"), ("WOOD-1", "wood-1")]
    assert (made["note"], made["po_number"], made["gross"]) == ("As ever", "", "2798.00")
    said = shop.customer().get(f"/quotes/{made['id']}/edit").html.select_one(".quote-reordered").text
    assert "Started from the template “Every week”" in said
    assert "Aluminium sheet" in said
    assert "Started from a template" in shop.customer().get(f"/quotes/{made['id']}").text


def test_the_page_starts_a_draft_too_while_the_company_is_away(shop: Any) -> None:
    kept, customer = keep(shop.api(), shop.draft(STEEL_1=2)), shop.customer()
    with shop.away():
        answer = customer.post(f"/quotes/templates/{kept['id']}/start", status=303)
    assert "the prices that it named last" in customer.get(answer.location).text


def test_ones_own_are_ones_own_and_shared_ones_everybodys(shop: Any) -> None:
    draft, mate = shop.draft(STEEL_1=1), shop.company.api(colleague(shop))
    mine, ours = keep(shop.api(), draft, "mine"), keep(shop.api(), draft, "ours", shared=True)
    assert names(shop.api()) == ["mine", "ours"]
    assert names(mate) == ["ours"]
    mate.get(f"/quote-templates/{mine['id']}", status=404)
    mate.json("post", f"/quote-templates/{mine['id']}/draft", None, status=404)
    mate.json("post", f"/quote-templates/{ours['id']}/draft", None, status=201)
    agent = shop.company.api(shop.company.member("staff", ["agent"], "Abel Agent"))
    assert names(agent) == ["ours"]
    other = shop.company.api(shop.company.customer_person(shop.company.account("Bolt", "C2")))
    assert names(other) == []
    other.get(f"/quote-templates/{ours['id']}", status=404)


@pytest.mark.without("portico_quotes.quote_templates:save ForbiddenError")
def test_a_purchaser_shares_with_nobody(shop: Any) -> None:
    person = colleague(shop)
    api, page = shop.company.api(person), shop.company.client(person)
    draft = shop.draft(api, STEEL_1=1)
    assert "For everybody" not in page.get(f"/quotes/{draft['id']}/template").text
    keep(api, draft, shared=True, status=403)
    keep(api, draft)


@pytest.mark.without("portico_quotes.quote_templates:change ForbiddenError")
def test_sharing_is_its_authors_and_takes_the_right_to(shop: Any) -> None:
    person, draft = colleague(shop), shop.draft(STEEL_1=1)
    kept = keep(shop.company.api(person), shop.draft(shop.company.api(person), WOOD_1=1))
    path = f"/quote-templates/{kept['id']}"
    shop.company.api(person).json("put", path, {"name": "x", "shared": True}, status=403)
    ours = keep(shop.api(), draft, "ours", shared=True)
    agent = shop.company.api(shop.company.member("staff", ["agent"], "Abel Agent"))
    agent.json("put", f"/quote-templates/{ours['id']}", {"name": "taken", "shared": False}, status=403)
    agent.json("put", f"/quote-templates/{ours['id']}", {"name": "Renamed", "shared": True})
    assert names(shop.api()) == ["Renamed"]


@pytest.mark.without("portico_quotes.quote_templates:_locked ForbiddenError")
def test_who_only_sees_a_shared_one_changes_nothing_of_it(shop: Any) -> None:
    ours, person = keep(shop.api(), shop.draft(STEEL_1=1), "ours", shared=True), colleague(shop)
    api, path = shop.company.api(person), f"/quote-templates/{ours['id']}"
    api.json("put", path, {"name": "x", "shared": True}, status=403)
    api.json("delete", path, None, status=403)
    page = shop.company.client(person).get(f"/quotes/templates/{ours['id']}")
    assert "Delete this template" not in page.text
    assert names(shop.api()) == ["ours"]


def test_who_writes_no_quotes_starts_none(shop: Any) -> None:
    ours = keep(shop.api(), shop.draft(STEEL_1=1), "ours", shared=True)
    viewer = colleague(shop, "viewer")
    shop.company.client(viewer).get("/quotes/templates", status=403)
    shop.company.api(viewer).json("post", f"/quote-templates/{ours['id']}/draft", None, status=403)


def test_nothing_is_not_kept_nor_more_than_a_person_has_use_for(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, draft, api = shop.draft(), shop.draft(STEEL_1=1), shop.api()
    assert keep(api, empty, status=422)["code"] == "quote-empty"
    assert "nothing to keep" in shop.customer().post(f"/quotes/{empty['id']}/template/save", {"name": "x"}, status=422).text
    monkeypatch.setattr(quote_templates, "MOST", 2)
    for name in ("a", "b"):
        keep(api, draft, name)
    assert keep(api, draft, "c", status=422)["code"] == "too-many-templates"


def test_an_offer_is_kept_at_what_was_offered(shop: Any, offer: str) -> None:
    kept = keep(shop.api(), {"id": offer})
    assert [(one["name"], one["quantity"]) for one in kept["lines"]] == [("Steel sheet 2 mm", "2"), ("Wood panel", "1")]


def test_the_list_is_one_query_however_long(shop: Any) -> None:
    api, draft, customer = shop.api(), shop.draft(STEEL_1=1), shop.customer()
    counts = []
    for number in (1, 4):
        for _one in range(number):
            keep(api, draft)
        customer.get("/quotes/templates")
        counts.append(len(customer.queries))
    assert counts[0] == counts[1] <= 5


def test_the_list_has_pages_and_is_searched(shop: Any) -> None:
    api, page = shop.api(), "/quotes/templates"
    customer, draft = shop.customer(), shop.draft(STEEL_1=1)
    for number in range(26, -1, -1):
        keep(api, draft, f"{'Weekly' if number % 2 else 'weekly'} {number:02}")
    keep(api, draft, "100 % steel")

    def shown(path: str) -> list[str]:
        return [one.get_text() for one in customer.get(path).html.select("tbody a.row-link")]

    wanted = ["100 % steel", *(f"{'Weekly' if number % 2 else 'weekly'} {number:02}" for number in range(27))]
    assert shown(page) == wanted[:25]
    following = customer.get(page).html.select_one("a[rel=next]")["href"].removeprefix(customer.prefix)
    assert shown(following) == wanted[25:]
    assert customer.get(following).html.select_one("a[rel=next]") is None
    assert shown(f"{page}?q=%25") == ["100 % steel"]
    assert shown(f"{page}?q=WEEKLY+2") == wanted[-7:]
    assert "No template fits" in customer.get(f"{page}?q=nothing").text
    customer.get(f"{page}?after=nonsense", status=422)
    first = api.get("/quote-templates?limit=20&q=weekly").json
    second = api.get(f"/quote-templates?limit=20&q=weekly&cursor={first['next_cursor']}").json
    assert [one["name"] for one in (*first["items"], *second["items"])] == wanted[1:]
    assert second["next_cursor"] is None
