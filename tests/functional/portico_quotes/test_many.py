"""Several quotes at once: each as one alone, and what could not be done with some is told of these."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portico.tenancy.models import AccountMember
from portico.testing.client import Client
from portico_quotes.many import MOST


def ids(*quotes: dict[str, Any]) -> list[tuple[str, str]]:
    """As the list's form sends them, with the version that it showed."""
    return [("quote", f"{one['id']}.{one['version']}") for one in quotes]


def do(client: Client, what: str, fields: list[tuple[str, str]], status: int = 200) -> Any:
    return client.post(f"/quotes/chosen/{what}", fields, status=status).html


def left(page: Any) -> list[str]:
    """Why something was not done, of each."""
    return [cell.get_text(" ", strip=True) for cell in page.select("td[data-label='Why not']")]


def trail(shop: Any, action: str) -> list[str]:
    with shop.portal.superuser() as connection:
        return list(connection.scalars(
            sa.text("select subject_id from audit_entry where tenant_id = :t and action = :a order by at"), {"t": shop.company.id, "a": action}
        ))


def states(shop: Any, *quotes: dict[str, Any]) -> list[str]:
    return [shop.quote(one["id"]).state for one in quotes]


def test_the_list_offers_what_one_may(shop: Any) -> None:
    draft = shop.draft(STEEL_1=1)
    page = shop.customer().get("/quotes").html
    assert page.select_one("#choosing [name=quote]")["value"] == f"{draft['id']}.{draft['version']}"
    assert page.select_one("#choosing [name=shown]")["value"].split() == [f"{draft['id']}.{draft['version']}"]
    offered = [one.get("formaction", "").rpartition("/")[2] for one in page.select(".choosing-actions button")]
    assert offered == ["duplicate", "submit", "discard", "", ""]
    viewer = shop.company.client(shop.company.customer_person(shop.account_id, role="viewer"))
    assert [one["value"] for one in viewer.get("/quotes").html.select(".choosing-actions button")] == ["csv", "xlsx"]


def test_all_are_submitted_with_one_question_to_the_company(shop: Any) -> None:
    one, two, three = (shop.draft(STEEL_1=n, WOOD_1=1) for n in (1, 2, 3))
    page = do(shop.customer(), "submit", ids(one, two, three))
    assert page.select_one("h1").text.strip() == "3 quotes submitted"
    assert (left(page), states(shop, one, two, three)) == ([], ["submitted"] * 3)
    assert all(shop.quote(each["id"]).confirmed for each in (one, two, three))
    assert sorted(trail(shop, "quotes.submitted")) == sorted(each["id"] for each in (one, two, three))
    assert sorted(job["quote_id"] for job in shop.jobs("quotes.submit")) == sorted(each["id"] for each in (one, two, three))


def test_pressing_twice_submits_once(shop: Any) -> None:
    draft = shop.draft(STEEL_1=1)
    for _press in range(2):
        assert "1 quote submitted" in do(shop.customer(), "submit", ids(draft)).text
    assert len(trail(shop, "quotes.submitted")) == len(shop.jobs("quotes.submit")) == 1


def test_all_at_once_and_in_another_order_submit_each_once(shop: Any) -> None:
    drafts = [shop.draft(WOOD_1=n) for n in (1, 2, 3)]
    clients = [shop.customer() for _client in range(6)]
    for client in clients:
        client.token()

    def press(number: int) -> str:
        fields = ids(*(drafts if number % 2 else reversed(drafts)))
        return str(do(clients[number], "submit", fields).select_one("h1").text.strip())

    with ThreadPoolExecutor(len(clients)) as pool:
        assert set(pool.map(press, range(len(clients)))) == {"3 quotes submitted"}
    assert sorted(trail(shop, "quotes.submitted")) == sorted(one["id"] for one in drafts)
    assert len(shop.jobs("quotes.submit")) == 3
    shop.work("quotes.submit")
    assert shop.sql("select count(*) from quotes") == [(3,)]


def test_changed_prices_are_not_agreed_to_by_the_way(shop: Any) -> None:
    same, dearer = shop.draft(WOOD_1=1), shop.draft(STEEL_1=1, WOOD_1=2)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    page = do(shop.customer(), "submit", ids(same, dearer))
    assert page.select_one("h1").text.strip() == "Prices have changed"
    assert "1 quote submitted" in page.text
    assert left(page) == []
    assert states(shop, same, dearer) == ["submitted", "draft"]
    lines = shop.customer().get(f"/quotes/{dearer['id']}/edit").html
    assert "The company changed this price" in lines.text  # it is remembered, and shown where it is agreed to


def differences(page: Any) -> list[list[str]]:
    """Of each line whose price is another by now: item, before, now, difference."""
    names = ("Item", "Before", "Now", "Difference")
    return [[row.select_one(f"td[data-label='{one}']").get_text(" ", strip=True).replace("\u200e", "") for one in names] for row in page.select("tbody tr")]


def agreement(page: Any) -> list[tuple[str, str]]:
    """What the one button sends."""
    (form,) = (one for one in page.select("form.form-actions") if one["action"].endswith("/chosen/submit"))
    return [("quote", one["value"]) for one in form.select("input[name=quote]")]


def test_changed_prices_of_all_are_agreed_to_at_once(shop: Any) -> None:
    one, two, same = shop.draft(STEEL_1=1, WOOD_1=2), shop.draft(STEEL_1=3), shop.draft(WOOD_1=1)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    customer = shop.customer()
    page = do(customer, "submit", ids(one, two, same))
    assert differences(page) == [["Steel sheet 2 mm STEEL-1", "€950.00", "€990.00", "+€40.00"]] * 2
    assert [each.get_text(" ", strip=True) for each in page.select(".quote-gross")] == ["Total now €1,610.00", "Total now €3,564.00"]
    word = dict(agreement(page))
    assert len(agreement(page)) == 2
    shop.sql("update price_list_item set price = 1000 where item_code = 'STEEL-1'")
    again = do(customer, "submit", agreement(page), status=409)
    assert [row[1:3] for row in differences(again)] == [["€950.00", "€1,000.00"]] * 2, "what was agreed to is not what it costs"
    assert states(shop, one, two) == ["draft", "draft"]
    assert dict(agreement(again)) != word
    done = do(customer, "submit", agreement(again))
    assert done.select_one("h1").text.strip() == "2 quotes submitted"
    assert states(shop, one, two, same) == ["submitted"] * 3
    shop.work("quotes.submit")
    assert shop.sql("select unit_price from quote_lines where item_code = 'STEEL-1'") == [(1000,), (1000,)]


def test_what_is_not_sold_any_more_cannot_be_agreed_to(shop: Any) -> None:
    gone, dearer = shop.draft(ALU_1=1), shop.draft(STEEL_1=1)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    shop.sql("delete from materials where code = 'ALU-1'")
    page = do(shop.customer(), "submit", ids(gone, dearer), status=409)
    assert len(left(page)) == 1
    assert [choice.partition(".")[0] for _name, choice in agreement(page)] == [dearer["id"]]


def test_changed_prices_are_remembered_where_nothing_was_submitted(shop: Any) -> None:
    dearer = shop.draft(STEEL_1=1)
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    do(shop.customer(), "submit", ids(dearer), status=409)
    assert states(shop, dearer) == ["draft"]
    assert "The company changed this price" in shop.customer().get(f"/quotes/{dearer['id']}/edit").html.text


def test_what_is_wrong_with_each_is_told_of_each(shop: Any) -> None:
    good, empty, changed, sent = shop.draft(WOOD_1=1), shop.draft(), shop.draft(ALU_1=1), shop.draft(CUT=1)
    shop.api().json("post", f"/quotes/{sent['id']}/submit", {})
    with shop.company.system() as db:
        db.execute(sa.text("update quotes_quote set state = 'declined' where id = :i"), {"i": sent["id"]})
        db.execute(sa.text("update quotes_quote set version = version + 1 where id = :i"), {"i": changed["id"]})
    page = do(shop.customer(), "submit", ids(good, empty, changed, sent))
    assert sorted(left(page)) == [
        "This draft was changed since you saw it. Look at it first.",
        "This is not a draft.",
        "This quote has no lines yet. Add at least one item.",
    ]
    assert "3 were left as they were" in page.text
    assert states(shop, good, empty, changed, sent) == ["submitted", "draft", "draft", "declined"]


def test_limits_bind_each_of_several(shop: Any) -> None:
    person = shop.company.customer_person(shop.account_id, role="purchaser")
    with shop.company.system() as db:
        db.execute(sa.text("update account_member set limit_amount = 300, limit_currency = 'EUR' where user_id = :u"), {"u": person.id})
    api, client = shop.company.api(person), shop.company.client(person)
    small, large = shop.draft(api, WOOD_1=1), shop.draft(api, STEEL_1=1)
    page = do(client, "submit", ids(small, large))
    assert left(page) == ["This is above your limit. A colleague has to approve it."]
    assert states(shop, small, large) == ["submitted", "draft"]


def test_a_company_that_is_away_gets_them_later(shop: Any) -> None:
    one, two = shop.draft(STEEL_1=1), shop.draft(WOOD_1=1)
    with shop.away():
        page = do(shop.customer(), "submit", ids(one, two))
    assert "are sent as soon as it answers" in page.text
    assert states(shop, one, two) == ["submitted"] * 2
    assert not shop.quote(one["id"]).confirmed


def test_copies_of_which_one_asked_nothing_say_that_the_company_is_away(shop: Any) -> None:
    full, empty = shop.draft(STEEL_1=1), shop.draft()
    with shop.away():
        page = do(shop.customer(), "duplicate", ids(full, empty))
        alone = do(shop.customer(), "duplicate", ids(empty))
    told = "The copies have the prices that it named last."
    assert told in page.text
    assert told not in alone.text


def of_four_customers(shop: Any) -> list[dict[str, Any]]:
    """A draft for each, by staff: the company is asked for each customer's own prices."""
    api, drafts = shop.company.api(shop.company.member("staff", ["agent"], "Abel Agent")), []
    lines = [{"item": str(shop.items()["WOOD-1"]), "quantity": "1"}]
    for code in ("C11", "C12", "C13", "C14"):
        shop.sql("insert into customers (code, name, email, currency) values (%s, %s, 'x@x.example', 'EUR')", code, code)
        body = {"account_id": str(shop.company.account(code, code)), "lines": lines}
        drafts.append(api.json("post", "/quotes", body, status=201).json)
    return drafts


def test_more_questions_than_a_request_asks_are_left(shop: Any) -> None:
    drafts = of_four_customers(shop)
    page = do(shop.company.agent(), "submit", ids(*drafts))
    assert left(page) == ["These were too many prices to ask at once. Choose it again."]
    assert sorted(states(shop, *drafts)) == ["draft", "submitted", "submitted", "submitted"]


def test_more_questions_than_a_request_asks_are_not_copied(shop: Any) -> None:
    drafts = of_four_customers(shop)
    page = do(shop.company.agent(), "duplicate", ids(*drafts))
    assert left(page) == ["These were too many prices to ask at once. Choose it again."]
    assert len(trail(shop, "quotes.copied")) == 3


def test_copies_have_todays_prices_and_say_what_is_missing(shop: Any) -> None:
    body = {
        "lines": [
            {"item": str(shop.items()["STEEL-1"]), "quantity": "2", "note": "cut to 1 m"},
            {"item": str(shop.items()["ALU-1"]), "quantity": "1"},
        ],
        "note": "As agreed", "po_number": "PO-1",
        "delivery_address": {"name": "Dock", "street": "1 Quay", "city": "Lyon", "country": "FR"},
    }
    source = shop.api().json("post", "/quotes", body, status=201).json
    shop.sql("update price_list_item set price = 990 where item_code = 'STEEL-1'")
    shop.sql("delete from materials where code = 'ALU-1'")
    page = do(shop.customer(), "duplicate", ids(source))
    (link,) = page.select("td[data-label='New draft'] a")
    assert "1 line is not in it" in page.text
    assert "1 costs something else" in page.text
    copy = shop.api().get(f"/quotes/{link['href'].split('/')[-2]}").json
    assert [(one["code"], one["quantity"], one["unit_price"], one["note"]) for one in copy["lines"]] == [
        ("STEEL-1", "2", "990.00", "cut to 1 m")
    ]
    assert (copy["note"], copy["po_number"], copy["delivery_address"]["street"]) == ("As agreed", "", "1 Quay")
    said = shop.customer().get(link["href"]).html.select_one(".quote-reordered").text
    assert "Aluminium sheet" in said
    assert "no longer sold" in said
    assert trail(shop, "quotes.copied") == [copy["id"]]


def test_an_offer_is_copied_too_and_an_empty_draft(shop: Any, offer: str) -> None:
    empty = shop.draft()
    page = do(shop.customer(), "duplicate", [("quote", offer), *ids(empty)])
    assert page.select_one("h1").text.strip() == "2 quotes copied"
    assert shop.quote(offer).state == "processed"


def test_deleting_asks_first_and_can_be_undone(shop: Any) -> None:
    one, two, sent = shop.draft(STEEL_1=1), shop.draft(WOOD_1=1), shop.draft(CUT=1)
    shop.api().json("post", f"/quotes/{sent['id']}/submit", {})
    customer = shop.customer()
    asked = do(customer, "discard", ids(one, two, sent))
    assert asked.select_one("h1").text.strip() == "Delete 2 drafts?"
    assert "1 of those chosen is no draft." in asked.text
    assert trail(shop, "quotes.discarded") == []
    fields = [(field["name"], field["value"]) for field in asked.select("form[action$='/chosen/discard'] input")]
    done = do(customer, "discard", fields)
    assert sorted(trail(shop, "quotes.discarded")) == sorted([one["id"], two["id"]])
    assert {row["id"] for row in shop.api().get("/quotes").json["items"]} == {sent["id"]}
    back = [(field["name"], field["value"]) for field in done.select("form[action$='/chosen/restore'] input")]
    assert "2 drafts are back" in do(customer, "restore", back).text
    assert len(shop.api().get("/quotes").json["items"]) == 3


def test_what_went_to_the_company_is_not_deleted(shop: Any, offer: str) -> None:
    page = do(shop.customer(), "discard", [("quote", offer), ("sure", "1")], status=409)
    assert left(page) == ["This is not a draft."]
    assert trail(shop, "quotes.discarded") == []


def test_the_chosen_are_exported_and_all_of_the_page(shop: Any) -> None:
    one, _two = shop.draft(STEEL_1=1), shop.draft(WOOD_1=1)
    customer = shop.customer()

    def totals(*fields: tuple[str, str]) -> list[str]:
        body = customer.post("/quotes/export", [("format", "csv"), *fields], status=200).body.decode("utf-8-sig")
        return sorted(line["Total"] for line in csv.DictReader(io.StringIO(body, newline="")))

    shown = customer.get("/quotes").html.select_one("[name=shown]")["value"]
    assert totals(("shown", shown), *ids(one)) == ["1140.00"]
    assert totals(("shown", shown), ("all", "1")) == ["1140.00", "211.00"]
    with shop.portal.superuser() as connection:
        told = connection.scalars(sa.text("select after from audit_entry where tenant_id = :t and action = 'quotes.export' order by at"), {"t": shop.company.id}).all()
    assert [one["chosen"] for one in told] == [1, 2]


@pytest.mark.parametrize("what", ["duplicate", "submit", "discard", "restore"])
def test_who_chose_none_or_too_many_is_told(shop: Any, what: str) -> None:
    customer = shop.customer()
    for fields, told in (([], "Choose at least one quote."), ([("quote", str(uuid4())) for _n in range(MOST + 1)], "At most 25 quotes at once.")):
        answer = customer.post(f"/quotes/chosen/{what}", fields, status=303)
        assert told in customer.get(answer.location).html.text


@pytest.mark.parametrize("what", ["duplicate", "submit", "discard", "restore"])
def test_anothers_quotes_are_not_there(shop: Any, what: str) -> None:
    draft = shop.draft(STEEL_1=1)
    other = shop.company.customer(shop.company.account("Bolt", "C2"))
    do(other, what, [*ids(draft), ("sure", "1")], status=404)
    assert states(shop, draft) == ["draft"]
    theirs = shop.company.client(shop.company.customer_person(shop.account_id, role="purchaser", reach="own"))
    do(theirs, what, ids(draft), status=404)


@pytest.mark.without("portico_quotes.many:_check_may ForbiddenError")
def test_who_may_in_one_organisation_alone_may_not_in_the_other(shop: Any) -> None:
    person = shop.company.customer_person(shop.account_id, role="owner")
    second = shop.company.account("Bolt", "C2")
    with shop.company.system() as db:
        db.add(AccountMember(account_id=second, user_id=person.id, role="viewer"))
    mine, theirs = shop.draft(WOOD_1=1), shop.draft(shop.company.api(shop.company.customer_person(second)), WOOD_1=1)
    page = do(shop.company.client(person), "submit", ids(mine, theirs))
    assert states(shop, mine, theirs) == ["submitted", "draft"]
    assert left(page)[0].startswith("You are not allowed to do this.")


def test_some_that_are_gone_are_counted(shop: Any) -> None:
    draft = shop.draft(WOOD_1=1)
    page = do(shop.customer(), "duplicate", [*ids(draft), ("quote", str(uuid4()))])
    assert "1 is not there any more." in page.text
