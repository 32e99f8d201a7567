"""Where a quote is to be delivered and when it is wanted: said in the draft, checked at submit, and read at the company (QUO-1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.unit.documents.setting import pages

from portico_companydb.connector import CompanyDatabase
from portico_quotes import validity

HX = {"HX-Request": "true"}
LYON = {"name": "Dépôt nord", "street": "3 quai Sud\nPorte 4", "postcode": "69007", "city": "Lyon", "region": "", "country": "FR", "phone": ""}
TYPED = {f"delivery_{name}": text for name, text in LYON.items()} | {"delivery_address": "other"}


def day(shop: Any, days: int) -> str:
    with shop.company.system() as db:
        return (validity.today(db) + dt.timedelta(days=days)).isoformat()


def add(shop: Any, **other: str) -> str:
    return str(shop.api().json("post", f"/organisations/{shop.account_id}/addresses", LYON | other, status=201).json["id"])


def change(shop: Any, quote: dict[str, Any], status: int = 200, **form: str) -> Any:
    return shop.customer().post(f"/quotes/{quote['id']}/change", form, headers=HX, status=status)


def read(shop: Any, quote: dict[str, Any]) -> dict[str, Any]:
    return dict(shop.api().get(f"/quotes/{quote['id']}").json)


def at_company(shop: Any) -> dict[str, Any]:
    """What the company has of it; empty: nothing."""
    shop.work("quotes.submit")
    names = "name street postcode city region country phone wanted_on"
    found = shop.sql(f"select {', '.join(names.split())} from quote_destinations")
    return dict(zip(names.split(), found[0], strict=True)) if found else {}


def note(shop: Any) -> str:
    [(note,)] = shop.sql("select note from quotes")
    return str(note)


def old_tables(shop: Any) -> None:
    shop.sql("drop table quote_destinations")
    shop.sql("delete from portico_schema where version = 5")


def test_an_address_of_the_organisation_is_chosen_and_told_to_the_company(shop: Any) -> None:
    own, quote, wanted = add(shop), shop.draft(STEEL_1="2"), day(shop, 10)
    page = shop.customer().get(f"/quotes/{quote['id']}/edit").text
    assert "Dépôt nord, 3 quai Sud, Porte 4, 69007 Lyon" in page
    change(shop, quote, delivery_address=own, wanted_on=wanted)
    change(shop, quote, note="Ring twice")  # another form of the page, which says nothing of either
    now_is = read(shop, quote)
    assert now_is["delivery_address"] == {"id": own, **LYON}
    assert (now_is["wanted_on"], now_is["note"]) == (wanted, "Ring twice")
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    assert at_company(shop) == {**LYON, "wanted_on": dt.date.fromisoformat(wanted)}
    assert note(shop) == "Ring twice"
    shop.synchronise()
    assert read(shop, quote)["note"] == "Ring twice"
    for where in ("", "/print"):
        assert "<bdi>69007 Lyon</bdi><br><bdi>France</bdi>" in shop.customer().get(f"/quotes/{quote['id']}{where}").text
    [paper] = pages(shop.customer().get(f"/quotes/{quote['id']}/pdf").body)
    assert "69007 Lyon, France" in " ".join(paper.split())
    [version] = shop.api().get(f"/quotes/{quote['id']}/versions").json["items"]
    assert (version["delivery_address"]["city"], version["wanted_on"]) == ("Lyon", wanted)


def test_a_typed_address_is_kept_as_far_as_it_goes_and_has_to_be_whole_at_submit(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, delivery_address="other", delivery_name="Site hut")
    assert read(shop, quote)["delivery_address"]["name"] == "Site hut"
    shown = shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=422).text
    assert "An address needs a street or a town." in shown
    assert 'href="#delivery_street"' in shown
    assert "Choose a country." in shown
    wrong = shop.api().json("post", f"/quotes/{quote['id']}/submit", {}, status=422).json
    assert {one["pointer"] for one in wrong["errors"]} == {"/delivery_address/street", "/delivery_address/country"}
    change(shop, quote, **TYPED)
    shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=303)
    assert at_company(shop) == {**LYON, "wanted_on": None}


def test_a_company_whose_tables_have_no_place_reads_it_in_the_note(shop: Any) -> None:
    """Those of before version 5; and a connector that never said it could, which is asked once."""
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, wanted_on=day(shop, 10), note="Ring twice", **TYPED)
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    old_tables(shop)
    shop.work("quotes.submit")
    told = "Ring twice\n\nDelivery address:\nDépôt nord\n3 quai Sud\nPorte 4\n69007 Lyon\nFrance\n\nWanted on "
    assert note(shop).startswith(told)
    assert shop.quote(quote["id"]).delivery == "sent"


def test_a_connector_that_takes_no_destination_is_sent_it_in_the_note(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, **TYPED)
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    less = CompanyDatabase.capabilities - {"quote_destinations"}
    monkeypatch.setattr(CompanyDatabase, "capabilities", less)
    assert at_company(shop) == {}
    assert note(shop) == "Delivery address:\nDépôt nord\n3 quai Sud\nPorte 4\n69007 Lyon\nFrance"


def test_nothing_said_leaves_the_companys_usual_and_can_be_said_again(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, wanted_on=day(shop, 3), **TYPED)
    change(shop, quote, delivery_address="", wanted_on="")
    now_is = read(shop, quote)
    assert (now_is["delivery_address"], now_is["wanted_on"]) == (None, None)
    shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=303)
    assert at_company(shop) == {}
    assert note(shop) == ""


def test_a_text_can_be_taken_out_again(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, note="x", po_number="PO-1")
    change(shop, quote, note="", po_number="")
    assert (read(shop, quote)["note"], read(shop, quote)["po_number"]) == ("", "")


@pytest.mark.parametrize(("days", "said"), [(-1, "This day is over."), (4000, "more than ten years")])
def test_a_day_that_nobody_can_mean_is_refused_at_its_field(shop: Any, days: int, said: str) -> None:
    quote, wanted = shop.draft(STEEL_1="2"), day(shop, days)
    part = change(shop, quote, wanted_on=wanted, delivery_address="", status=422).text
    assert said in part.split('id="wanted_on-problem"')[1].split("</p>")[0]
    plain = shop.customer().post(f"/quotes/{quote['id']}/change", {"wanted_on": wanted, **TYPED}, status=422).text
    assert f'value="{wanted}"' in plain
    assert "3 quai Sud" in plain  # what was typed beside it is not lost
    body = {"lines": [], "wanted_on": wanted}
    shop.api().json("put", f"/quotes/{quote['id']}", body, status=422)
    assert read(shop, quote)["wanted_on"] is None


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "9" * 40])
def test_what_is_no_day_is_refused(shop: Any, text: str) -> None:
    change(shop, shop.draft(STEEL_1="2"), wanted_on=text, status=422)


def test_today_at_the_company_is_a_day_to_want_it(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, wanted_on=day(shop, 0))
    assert read(shop, quote)["wanted_on"] == day(shop, 0)


def test_a_day_that_is_over_by_now_is_told_at_submit(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    with shop.portal.superuser() as connection:
        connection.exec_driver_sql("update quotes_quote set wanted_on = current_date - 2")
    shown = shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=422).text
    assert 'href="#wanted_on"' in shown
    assert "This day is over." in shown
    assert shop.quote(quote["id"]).state == "draft"


@pytest.mark.parametrize("gone", [True, False], ids=["removed", "changed"])
def test_an_address_that_is_gone_or_another_by_now_has_to_be_chosen_again(shop: Any, gone: bool) -> None:
    own, quote = add(shop), shop.draft(STEEL_1="2")
    change(shop, quote, delivery_address=own)
    where = f"/organisations/{shop.account_id}/addresses/{own}"
    if gone:
        shop.api().json("delete", where, None, status=204)
    else:
        shop.api().json("patch", where, {"street": "5 quai Sud"})
    assert "(removed or changed since)" in shop.customer().get(f"/quotes/{quote['id']}/edit").text
    change(shop, quote, delivery_address="kept", wanted_on=day(shop, 1))  # the day alone: the address stays what it was
    assert read(shop, quote)["delivery_address"]["street"] == LYON["street"]
    shown = shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=422).text
    assert "This address was removed or changed meanwhile." in shown
    change(shop, quote, delivery_address=own, status=422 if gone else 200)
    if not gone:
        shop.customer().post(f"/quotes/{quote['id']}/submit", {}, status=303)
        assert at_company(shop)["street"].startswith("5 quai Sud")


def test_another_organisations_address_is_not_there(shop: Any) -> None:
    other = shop.company.account("Bolt", "C2")
    api = shop.company.api(shop.company.customer_person(other))
    theirs = api.json("post", f"/organisations/{other}/addresses", LYON, status=201).json["id"]
    quote = shop.draft(STEEL_1="2")
    change(shop, quote, delivery_address=theirs, status=422)
    shop.api().json("put", f"/quotes/{quote['id']}", {"lines": [], "delivery_address": {"id": theirs}}, status=422)
    for wrong in ("x", "kept?", "a" * 40):
        change(shop, quote, delivery_address=wrong, status=422)
    change(shop, quote, delivery_address="other", delivery_country="XX", status=422)


def test_a_program_says_both_and_leaves_them_out(shop: Any) -> None:
    api, wanted = shop.api(), day(shop, 5)
    body = {"lines": [{"item": str(shop.items()["STEEL-1"]), "quantity": "2"}], "wanted_on": wanted}
    made = api.json("post", "/quotes", body | {"delivery_address": LYON}, status=201).json
    assert made["delivery_address"] == {"id": None, **LYON}
    assert made["wanted_on"] == wanted
    own = add(shop)
    changed = api.json("put", f"/quotes/{made['id']}", body | {"delivery_address": {"id": own}}).json
    assert changed["delivery_address"]["id"] == own
    del body["wanted_on"]
    bare = api.json("put", f"/quotes/{made['id']}", body).json
    assert (bare["delivery_address"], bare["wanted_on"]) == (None, None)


def test_two_that_differ_in_it_show_it_marked(shop: Any) -> None:
    first, second = shop.draft(STEEL_1="2"), shop.draft(STEEL_1="2")
    change(shop, first, wanted_on=day(shop, 5), **TYPED)
    change(shop, second, wanted_on=day(shop, 5), **TYPED | {"delivery_city": "Dijon"})
    page = shop.customer().get(f"/quotes/{first['id']}/compare?with={second['id']}").text
    assert page.count("<mark><bdi>") == 2
    assert "69007 Dijon" in page


def test_it_is_one_change_for_two_windows(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    old = str(quote["version"])
    change(shop, quote, version=old, wanted_on=day(shop, 4))
    told = change(shop, quote, version=old, status=422, **TYPED).text
    assert "changed in another window" in told
    assert read(shop, quote)["delivery_address"] is None


def test_an_empty_draft_with_a_day_is_not_taken_for_an_empty_one(shop: Any) -> None:
    api = shop.api()
    made = api.json("post", "/quotes", {"lines": [], "wanted_on": day(shop, 4)}, status=201).json
    answer = shop.customer().post("/quotes/new", {}, status=303)
    assert made["id"] not in answer.location


def test_who_approves_a_quote_whose_day_is_over_by_now_is_told_so(shop: Any) -> None:
    company, account = shop.company, shop.account_id
    buyer = company.customer_person(account, "Bea Buyer", role="purchaser", limit_amount=1000, limit_currency="EUR")
    money = company.client(company.customer_person(account, "Fin Ance", role="finance"))
    quote = shop.draft(company.api(buyer), STEEL_1="2")
    asked = company.api(buyer).json("post", f"/quotes/{quote['id']}/submit/approval", {}).json
    with shop.portal.superuser() as connection:
        connection.exec_driver_sql("update quotes_quote set wanted_on = current_date - 2")
    assert "This day is over." in money.post(f"/approvals/{asked['approval_id']}/approve", {}, status=422).text
    assert shop.quote(quote["id"]).state == "draft"
