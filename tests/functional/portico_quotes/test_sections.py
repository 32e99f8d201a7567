"""Sections and optional lines of a quote: everywhere where it is shown, in no sum that they are not in, and to the company
what is chosen alone (QUO-1)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.unit.documents.setting import pages

from portico_quotes import agreeing, reading

HX = {"HX-Request": "true"}
METAL = {"title": "Metal", "text": "For the roof", "lines_before": 0}
WORK = {"title": "Work", "text": "", "lines_before": 2}


def written(shop: Any, **more: Any) -> dict[str, Any]:
    """Metal: steel 2 × 950 and, as an option that is left, aluminium 1 × 800; work: an option that is taken, 80."""
    ids = {code: str(one) for code, one in shop.items().items()}
    lines = [
        {"item": ids["STEEL-1"], "quantity": "2"},
        {"item": ids["ALU-1"], "quantity": "1", "optional": True, "chosen": False},
        {"item": ids["CUT"], "quantity": "1", "optional": True},
    ]
    return shop.api().json("post", "/quotes", {"lines": lines, "sections": [METAL, WORK], **more}, status=201).json


def change(shop: Any, quote: dict[str, Any], line: str, status: int = 200, **form: str) -> Any:
    return shop.customer().post(f"/quotes/{quote['id']}/lines/{line}", form, headers=HX, status=status)


def rows_of(shop: Any, quote: dict[str, Any]) -> list[Any]:
    with shop.company.system() as db:
        return reading.rows(db, reading.one(db, quote["id"]))


def order(shop: Any, quote: dict[str, Any]) -> list[str]:
    return [row.code or row.name for row in rows_of(shop, quote)]


def submitted(shop: Any, quote: dict[str, Any]) -> None:
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")


def priced(shop: Any) -> None:
    shop.sql("update quotes set status = 'priced', valid_until = current_date + 7")
    shop.synchronise()


def test_options_that_are_left_are_in_no_sum_and_a_second_figure_says_what_they_would_add(shop: Any) -> None:
    quote = written(shop)
    assert [(one["optional"], one["chosen"]) for one in quote["lines"]] == [(False, True), (True, False), (True, True)]
    # 1900 and 80, of which 20 % and 0 % tax; the option would add 800 and its tax.
    assert (quote["net"], quote["gross"], quote["optional_gross"]) == ("1980.00", "2360.00", "960.00")
    assert quote["sections"] == [METAL | {"subtotal": "1900.00"}, WORK | {"subtotal": "80.00"}]
    assert sum(Decimal(one["subtotal"]) for one in quote["sections"]) == Decimal(quote["net"])
    left = quote["lines"][1]["id"]
    change(shop, quote, left, option="in")
    now = shop.api().get(f"/quotes/{quote['id']}").json
    assert (now["gross"], now["optional_gross"], now["sections"][0]["subtotal"]) == ("3320.00", None, "2700.00")
    change(shop, quote, left, option="no")
    assert [one["optional"] for one in shop.api().get(f"/quotes/{quote['id']}").json["lines"]] == [False, False, True]
    change(shop, quote, left, status=422, option="perhaps")


def test_a_section_is_written_moved_removed_and_brought_back_like_a_line(shop: Any) -> None:
    quote, customer = shop.draft(STEEL_1="1", ALU_1="1"), shop.customer()
    base = f"/quotes/{quote['id']}"
    part = customer.post(f"{base}/sections", {"title": " Metal "}, headers=HX).text
    assert 'value="Metal"' in part
    assert order(shop, quote) == ["STEEL-1", "ALU-1", "Metal"]
    section = str(rows_of(shop, quote)[-1].id)
    assert f'id="subtotal-of-{section}"' in part
    moved = customer.post(f"{base}/lines/{section}/move", {"by": "-1"}, headers=HX)
    assert section in moved.headers["HX-Trigger"]
    assert order(shop, quote) == ["STEEL-1", "Metal", "ALU-1"]
    assert "€800.00" in moved.text  # its lines are others now, and so is its subtotal
    change(shop, quote, section, title="Light metal", note="In sheets", quantity="7")
    [row] = [row for row in rows_of(shop, quote) if row.kind == "section"]
    assert (row.name, row.note, row.quantity) == ("Light metal", "In sheets", 1)
    for wrong in ({"title": "  "}, {"note": "x" * 401}, {"title": "x" * 101}):
        assert f"-{section}-problem" in change(shop, quote, section, status=422, **wrong).text
    assert customer.post(f"{base}/sections", {"title": " "}, status=422).text.count("Give the section a title.") == 1
    customer.post(f"{base}/lines/{section}/remove", {}, headers=HX)
    assert order(shop, quote) == ["STEEL-1", "ALU-1"]
    customer.post(f"{base}/lines/{section}/restore", {}, headers=HX)
    assert order(shop, quote) == ["STEEL-1", "Light metal", "ALU-1"]
    assert shop.quote(quote["id"]).line_count == 2
    with shop.company.system() as db:
        said = db.scalars(sa.text("select action from audit_entry where action like 'quotes.section%'")).all()
    assert said == ["quotes.section-added"]


def test_so_many_sections_that_no_note_could_name_them_are_refused(shop: Any) -> None:
    quote, customer = shop.draft(STEEL_1="1"), shop.customer()
    for number in range(25):
        customer.post(f"/quotes/{quote['id']}/sections", {"title": f"Part {number}"}, headers=HX)
    assert "At most 25 sections" in customer.post(f"/quotes/{quote['id']}/sections", {"title": "One more"}, status=422).text
    body = {"lines": [], "sections": [{"title": "A", "lines_before": 0}] * 26}
    shop.api().json("put", f"/quotes/{quote['id']}", body, status=422)
    body = {"lines": [], "sections": [{"title": " ", "lines_before": 0}]}
    assert shop.api().json("put", f"/quotes/{quote['id']}", body, status=422).json["errors"][0]["pointer"] == "/sections/0/title"


def test_a_draft_of_a_section_alone_is_no_empty_one_and_cannot_be_submitted(shop: Any) -> None:
    customer = shop.customer()
    first = shop.api().json("post", "/quotes", {"sections": [METAL]}, status=201).json
    assert customer.post("/quotes/new", {}).location.split("/")[-2] != first["id"]
    shop.api().json("post", f"/quotes/{first['id']}/submit", {}, status="4*")
    customer.post(f"/quotes/{first['id']}/discard", {})
    assert first["id"] in customer.get("/quotes/hidden").text


def test_only_what_is_chosen_is_sent_and_the_note_says_what_the_sections_hold(shop: Any) -> None:
    quote = written(shop, note="Soon, please")
    submitted(shop, quote)
    assert [row[0] for row in shop.sql("select item_code from quote_lines order by position")] == ["STEEL-1", "CUT"]
    [(note,)] = shop.sql("select note from quotes")
    assert note == "Soon, please\n\nSections:\nMetal (line 1)\nFor the roof\nWork (line 2)"
    page = shop.customer().get(f"/quotes/{quote['id']}")
    assert "Options that were not chosen" in page.text
    assert "These were not sent to the company" in page.text
    [paper] = pages(shop.customer().get(f"/quotes/{quote['id']}/pdf").body)
    assert "ALU-1" not in paper
    assert paper.index("Metal") < paper.index("For the roof") < paper.index("STEEL-1") < paper.index("Work") < paper.index("CUT")
    assert "ALU-1" not in shop.customer().get(f"/quotes/{quote['id']}/print").text
    [version] = shop.api().get(f"/quotes/{quote['id']}/versions").json["items"]
    assert [(one["code"], one["section"]) for one in version["lines"]] == [("STEEL-1", "Metal"), ("CUT", "Work")]


def test_an_option_that_is_gone_or_dearer_holds_nothing_up_while_it_is_left(shop: Any) -> None:
    quote = written(shop)
    shop.sql("update materials set is_active = false where code = 'ALU-1'")
    shop.synchronise()
    submitted(shop, quote)
    assert shop.quote(quote["id"]).delivery == "sent"


def test_a_draft_that_is_taken_back_has_its_options_again(shop: Any) -> None:
    quote = written(shop)
    shop.api().json("post", f"/quotes/{quote['id']}/submit", {})
    assert shop.quote(quote["id"]).line_count == 2
    shop.api().json("post", f"/quotes/{quote['id']}/take-back", {})
    again = shop.api().get(f"/quotes/{quote['id']}").json
    assert (again["line_count"], again["sections"], again["optional_gross"]) == (3, quote["sections"], "960.00")


def test_the_offer_keeps_its_sections_and_what_is_agreed_to_names_them(shop: Any) -> None:
    quote = written(shop)
    submitted(shop, quote)
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("insert into quote_lines (quote_id, position, item_kind, item_code, name, quantity, unit, unit_price, tax_rate, note) "
             "select id, 9, 'fee', 'PACK', 'Packing', 1, '', 15, 0, '' from quotes")
    priced(shop)
    assert order(shop, quote) == ["Metal", "STEEL-1", "ALU-1", "Work", "CUT", "", "PACK"]
    assert "Further lines" in shop.customer().get(f"/quotes/{quote['id']}").text
    with shop.company.system() as db:
        content = agreeing.terms(db, reading.one(db, quote["id"])).content
    assert [one["code"] for one in content["lines"]] == ["STEEL-1", "CUT", "PACK"]
    assert [(one["title"], one["text"], one["before"]) for one in content["sections"]] == [
        ("Metal", "For the roof", 0), ("Work", "", 1), ("", "", 2)]
    assert "ALU-1" not in shop.customer().get(f"/quotes/{quote['id']}/changes").text
    versions = shop.customer().get(f"/quotes/{quote['id']}/versions").text
    assert "Metal" in versions
    assert "Further lines" in versions


def offer_with_the_option(shop: Any, quote: dict[str, Any]) -> None:
    """The company puts the option that was left into its offer."""
    submitted(shop, quote)
    shop.sql("insert into quote_lines (quote_id, position, item_kind, item_code, name, quantity, unit, unit_price, tax_rate, note) "
             "select id, 9, 'material', 'ALU-1', 'Aluminium sheet', 1, 'piece', 800, 20, '' from quotes")
    priced(shop)


def test_an_option_that_the_company_puts_into_its_offer_is_left_no_more(shop: Any) -> None:
    quote, api = written(shop), shop.api()
    offer_with_the_option(shop, quote)
    now = api.get(f"/quotes/{quote['id']}").json
    assert [(one["code"], one["optional"], one["chosen"]) for one in now["lines"]] == [
        ("STEEL-1", False, True), ("CUT", True, True), ("ALU-1", False, True)]
    assert (now["line_count"], now["optional_gross"]) == (3, None)
    assert "Options that were not chosen" not in shop.customer().get(f"/quotes/{quote['id']}").text
    shop.customer().post("/quotes/chosen/duplicate", {"quote": quote["id"]})
    [copy] = [one for one in api.get("/quotes").json["items"] if one["id"] != quote["id"]]
    assert [(one["code"], one["quantity"]) for one in api.get(f"/quotes/{copy['id']}").json["lines"]] == [
        ("STEEL-1", "2"), ("CUT", "1"), ("ALU-1", "1")]


def test_an_option_that_was_taken_is_no_change_of_the_company(shop: Any) -> None:
    quote = written(shop)
    submitted(shop, quote)
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    priced(shop)
    assert [row.optional for row in rows_of(shop, quote) if row.code == "CUT"] == [True]
    page = shop.customer().get(f"/quotes/{quote['id']}/versions").text
    assert page.count('class="compare-changed"') == 1  # the steel's price
    assert "<mark>Optional" not in page


def test_sections_that_the_company_tears_apart_are_given_up(shop: Any) -> None:
    quote = written(shop)
    submitted(shop, quote)
    shop.sql("update quote_lines set position = 10 - position")
    priced(shop)
    assert order(shop, quote) == ["CUT", "STEEL-1", "ALU-1"]


def test_a_section_of_options_that_are_left_outlives_the_offer_and_binds_nobody(shop: Any) -> None:
    roof = {"title": "Roof", "text": "", "lines_before": 1}
    quote = written(shop, sections=[METAL, roof, WORK])
    submitted(shop, quote)
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    priced(shop)
    assert order(shop, quote) == ["Metal", "STEEL-1", "Roof", "ALU-1", "Work", "CUT"]
    with shop.company.system() as db:
        content = agreeing.terms(db, reading.one(db, quote["id"])).content
    assert [one["code"] for one in content["lines"]] == ["STEEL-1", "CUT"]
    assert [(one["title"], one["before"]) for one in content["sections"]] == [("Metal", 0), ("Work", 1)]
    shop.customer().post("/quotes/chosen/duplicate", {"quote": quote["id"]})
    [copy] = [one for one in shop.api().get("/quotes").json["items"] if one["id"] != quote["id"]]
    assert order(shop, copy) == ["Metal", "STEEL-1", "Roof", "ALU-1", "Work", "CUT"]


def test_copies_and_templates_have_the_sections_and_the_options(shop: Any) -> None:
    quote, customer, api = written(shop), shop.customer(), shop.api()
    customer.post("/quotes/chosen/duplicate", {"quote": quote["id"]})
    template = api.json("post", f"/quotes/{quote['id']}/template", {"name": "Roof"}, status=201).json
    assert [(one["section"], one["optional"], one["chosen"]) for one in template["lines"]] == [
        ("Metal", False, True), ("Metal", True, False), ("Work", True, True)]
    assert template["line_count"] == 3
    page = customer.get(f"/quotes/templates/{template['id']}").text
    assert page.count("section-row") == 2
    assert page.count('<th scope="row" role="rowheader"') == 2
    assert "For the roof" in page
    started = api.json("post", f"/quote-templates/{template['id']}/draft", {}, status=201).json["draft_id"]
    everything = api.get("/quotes").json["items"]
    assert len(everything) == 3
    for one in everything:
        assert order(shop, one) == ["Metal", "STEEL-1", "ALU-1", "Work", "CUT"]
        assert api.get(f"/quotes/{one['id']}").json["gross"] == "2360.00"
    assert started in {one["id"] for one in everything}


def test_lines_of_a_quote_as_a_file_name_their_section(shop: Any) -> None:
    quote = written(shop)
    answer = shop.customer().post(f"/quotes/{quote['id']}/export", {"format": "csv"})
    lines = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert [(one["Section"], one["Code"], one["Total"], one["Optional"]) for one in lines] == [
        ("Metal", "STEEL-1", "1900.00", ""),
        ("Metal", "ALU-1", "800.00", "Optional, not included"),
        ("Work", "CUT", "80.00", "Optional, included"),
    ]
    shop.customer().post(f"/quotes/{quote['id']}/export", {"format": "pdf"}, status=422)
    with shop.company.system() as db:
        [said] = db.scalars(sa.text("select after from audit_entry where action = 'quotes.export-lines'")).all()
    assert said == {"format": "csv", "rows": 3}
    sheet = shop.customer().post(f"/quotes/{quote['id']}/export", {"format": "xlsx"})
    assert sheet.body.startswith(b"PK")


def test_two_drafts_are_compared_with_their_sections(shop: Any) -> None:
    first, second = written(shop), written(shop, sections=[METAL | {"text": "For the wall"}])
    page = shop.customer().get(f"/quotes/{first['id']}/compare?with={second['id']}").text
    assert "<mark>For the wall</mark>" in page
    assert page.count("left out") == 1  # the section that the second has not


def test_a_line_that_stands_in_another_section_is_told(shop: Any) -> None:
    first, second = written(shop), written(shop, sections=[METAL, WORK | {"lines_before": 1}])
    page = shop.customer().get(f"/quotes/{first['id']}/compare?with={second['id']}").text
    assert page.count('class="compare-changed"') == 1
    assert "<mark>In the section “Metal”</mark>" in page
    assert "<mark>In the section “Work”</mark>" in page
    bare = written(shop, sections=[])
    assert "<mark>In no section</mark>" in shop.customer().get(f"/quotes/{first['id']}/compare?with={bare['id']}").text


def test_sections_are_told_apart_by_name_also_once_they_have_another(shop: Any) -> None:
    quote = written(shop)
    page = shop.customer().get(f"/quotes/{quote['id']}/edit").html
    [metal, work] = page.select(".section-title")
    assert [page.find(id=one["aria-labelledby"]).text for one in (metal, work)] == [
        "Title of the section Metal", "Title of the section Work"]
    [section, _work] = [row for row in rows_of(shop, quote) if row.kind == "section"]
    swapped = change(shop, quote, str(section.id), title="Steel").html
    said = {one["id"].removesuffix(f"-{section.id}"): one.text for one in swapped.select("span.visually-hidden[hx-swap-oob]")}
    assert said == {
        "title-name": "Title of the section Steel", "note-name": "Text of section Steel", "up-of": "Move Steel up",
        "down-of": "Move Steel down", "remove-of": "Remove Steel"}
    assert not swapped.select("input, button")  # what is typed and focused stays
