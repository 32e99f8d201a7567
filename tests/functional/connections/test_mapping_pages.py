"""The pages of a mapping: tables to choose from, suggestions, words with their counts, a preview, and nothing lost on an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from webtest import Upload

from portico.connections import check, service
from portico.db import setup
from portico_demo import databases

ITEMS = {
    "items": {
        "table": "artstm",
        "key": ["artnr"],
        "fields": {"name": "bez", "price": {"column": "vkpr", "decimal": ","}},
    }
}


@pytest.fixture
def login(portal: Any) -> databases.CompanyLogin:
    found = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    with psycopg.connect(found.dsn) as connection:
        connection.execute("create table artstm (artnr char(8), bez char(30), vkpr char(12), kz char(1), status char(1))")
        for number in range(12):
            price = "auf Anfrage" if number < 3 else f"{number},50"
            connection.execute(
                "insert into artstm values (%s, 'Blech', %s, %s, 'x')", (f"S{number}", price, "M" if number < 8 else "Q")
            )
        connection.execute("create table kunde (kdnr integer, name1 char(30), waehr char(3))")
    return found


@pytest.fixture
def company(portal: Any, login: databases.CompanyLogin) -> Iterator[Any]:
    company = portal.company()
    config, secrets = login.settings("EUR")
    values = {**config, **secrets, "mapping": ITEMS}
    connection_id = check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values)
    company.address = f"/admin/connections/{connection_id}/mapping"
    company.connection_id = connection_id
    yield company
    portal.parts.connections.forget(connection_id)


def form(page: Any) -> Any:
    return next(one for one in page.forms.values() if "version" in one.fields)


def stored(company: Any) -> Any:
    with company.system() as db:
        return service.get(db, company.connection_id).config["mapping"]


def test_a_company_that_was_made_with_features_alone_has_the_pages_of_its_connector(portal: Any, login: databases.CompanyLogin) -> None:
    made = portal.company(plugins=["portico_orders"])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, made.id, connector="companydb", name="ERP", values={**config, **secrets, "mapping": ITEMS}
    )
    made.admin().get(f"/admin/connections/{connection_id}/mapping", status=200)
    assert "plugins.switch" in made.admin().get("/admin/audit?action=plugins.").text
    portal.parts.connections.forget(connection_id)


def test_connection_leads_to_its_mapping_and_this_says_what_is_mapped(company: Any) -> None:
    admin = company.admin()
    page = admin.get(company.address.removesuffix("/mapping"))
    assert company.address in page.text
    page = admin.get(company.address)
    assert "artstm" in page.text
    assert "Not mapped" in page.text


def test_columns_of_a_chosen_table_are_suggested_by_their_names(company: Any) -> None:
    page = company.admin().get(f"{company.address}/entity?of=customers&table=kunde")
    filled = form(page)
    assert filled["name.column"].value == "name1"
    assert filled["currency.column"].value == "waehr"
    assert "suggested" in page.text
    assert "kunde" in [value for value, *_rest in filled["table"].options]


def test_words_that_occur_are_listed_with_their_rows(company: Any) -> None:
    admin = company.admin()
    filled = form(admin.get(f"{company.address}/entity?of=items"))
    filled["kind.column"] = "kz"
    page = filled.submit("do", value="preview")
    again = form(page)
    assert [(again[f"kind.word.{n}"].value) for n in range(2)] == ["M", "Q"]
    assert "Kind: “M” is not assigned." in page.text
    assert "8 rows" in page.text
    again["kind.ours.0"] = "material"
    page = again.submit("do", value="preview")
    assert "Kind: “M” is not assigned." not in page.text
    assert "Kind: “Q” is not assigned." in page.text
    assert "4 rows" in page.text


def test_rows_for_words_that_were_left_empty_stay_away_from_the_form(company: Any) -> None:
    filled = form(company.admin().get(f"{company.address}/entity?of=items"))
    once = form(filled.submit("do", value="preview"))
    twice = form(once.submit("do", value="preview"))
    assert twice.fields.keys() == filled.fields.keys()


def test_preview_shows_rows_as_the_portal_would_have_them_and_what_is_wrong_per_field(company: Any) -> None:
    page = company.admin().get(f"{company.address}/entity?of=items")
    assert "Price: this is not a number." in page.text
    assert "3 rows" in page.text
    assert "3.50" in page.text


def test_saving_tests_first_and_puts_to_use_what_passes(company: Any) -> None:
    admin = company.admin()
    filled = form(admin.get(f"{company.address}/entity?of=items"))
    filled["category.value"] = "Sheets"
    answer = filled.submit("do", value="save")
    assert answer.status_int == 303
    assert "category" not in stored(company)["items"]["fields"]
    tested = admin.post(answer.location, {})
    assert "It works, and is in use" in tested.text
    assert stored(company)["items"]["fields"]["category"] == {"value": "Sheets"}


def test_what_cannot_be_saved_stays_in_the_form(company: Any) -> None:
    filled = form(company.admin().get(f"{company.address}/entity?of=items"))
    filled["name.column"] = ""
    filled["category.value"] = "<Sheets & more>"
    page = filled.submit("do", value="save", status=422)
    assert "items.fields.name: is not mapped, and is needed" in page.text
    assert form(page)["category.value"].value == "<Sheets & more>"
    assert "name" in stored(company)["items"]["fields"]


def test_what_the_form_does_not_show_is_kept(company: Any) -> None:
    admin = company.admin()
    whole = ITEMS | {"submission": {"call": "angebot", "arguments": ["reference"]}}
    page = admin.get(f"{company.address}/text")
    filled = form(page)
    filled["mapping"] = json.dumps(whole)
    admin.post(filled.submit().location, {})
    filled = form(admin.get(f"{company.address}/entity?of=items"))
    admin.post(filled.submit("do", value="save").location, {})
    assert stored(company)["submission"] == whole["submission"]


def test_mapping_goes_out_as_a_file_and_comes_back(company: Any) -> None:
    admin = company.admin()
    answer = admin.get(f"{company.address}/file")
    assert answer.json == ITEMS
    assert "attachment" in answer.headers["Content-Disposition"]
    filled = form(admin.get(f"{company.address}/text"))
    filled["mapping"] = "not this"
    filled["file"] = Upload("mapping.toml", b'[items]\ntable = "artstm"\nkey = "artnr"\n[items.fields]\nname = "bez"\nprice = { value = 1 }')
    admin.post(filled.submit().location, {})
    assert stored(company)["items"]["fields"]["price"] == {"value": 1}


def test_text_that_is_no_mapping_stays_in_the_field(company: Any) -> None:
    filled = form(company.admin().get(f"{company.address}/text"))
    filled["mapping"] = "[items\n<x>"
    page = filled.submit(status=422)
    assert "neither TOML nor JSON" in page.text
    assert form(page)["mapping"].value.strip() == "[items\n<x>"


def test_database_that_does_not_answer_leaves_a_form_to_type_in(company: Any, login: databases.CompanyLogin) -> None:
    with psycopg.connect(login.dsn, autocommit=True) as connection:
        connection.execute("alter table artstm rename to gone")
    page = company.admin().get(f"{company.address}/entity?of=items")
    assert "There is no table “artstm”." in page.text
    assert form(page)["name.column"].value == "bez"


def test_two_administrators_at_once_do_not_overwrite_each_other(company: Any) -> None:
    admin = company.admin()
    first, second = (form(admin.get(f"{company.address}/entity?of=items")) for _ in range(2))
    first["category.value"] = "A"
    admin.post(first.submit("do", value="save").location, {})
    second["category.value"] = "B"
    second.submit("do", value="save", status=409)
    assert stored(company)["items"]["fields"]["category"] == {"value": "A"}
