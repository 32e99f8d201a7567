"""Versions of a quote are kept and compared, and so are two quotes (QUO-5, QUO-8)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages


def revise(shop: Any) -> None:
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()


def test_each_time_it_goes_over_a_version_is_kept(shop: Any, offer: str) -> None:
    revise(shop)
    shop.synchronise()
    items = shop.api().get(f"/quotes/{offer}/versions").json["items"]
    assert [(one["number"], one["side"], one["gross"], one["reason"]) for one in items] == [
        (1, "customer", "2491.00", ""), (2, "company", "2491.00", "Thank you"), (3, "company", "2371.00", "Thank you")]
    assert [line["unit_price"] for one in items for line in one["lines"] if line["code"] == "STEEL-1"] == ["950.00", "950.00", "900.00"]
    assert items[0]["actor"]
    assert items[1]["actor"] == ""


def test_two_stand_side_by_side_with_what_differs_marked(shop: Any, offer: str) -> None:
    revise(shop)
    customer = shop.customer()
    assert f"/quotes/{offer}/versions" in customer.get(f"/quotes/{offer}").text
    page = customer.get(f"/quotes/{offer}/versions").text
    assert "<mark><bdi class=\"money\">€950.00</bdi></mark>" in page
    assert "<mark><bdi class=\"money\">€900.00</bdi></mark>" in page
    assert "-€120.00" in page.replace("−", "-").replace("\u200e", "")
    same = customer.get(f"/quotes/{offer}/versions?a=1&b=2").text
    assert "<mark>" not in same
    for wrong in ("a=1&b=9", "a=x&b=1", "a=1&b=99999999999"):
        customer.get(f"/quotes/{offer}/versions?{wrong}", status=404)


def test_an_offer_from_before_versions_were_kept_is_kept_when_it_changes(shop: Any, offer: str) -> None:
    with shop.portal.superuser() as connection:
        connection.execute(sa.text("delete from quotes_version where tenant_id = :t"), {"t": shop.company.id})
    assert "No versions yet" in shop.customer().get(f"/quotes/{offer}/versions").text
    revise(shop)
    items = shop.api().get(f"/quotes/{offer}/versions").json["items"]
    assert [(one["side"], one["gross"]) for one in items] == [("company", "2491.00"), ("company", "2371.00")]


def test_a_version_is_never_changed(shop: Any, offer: str) -> None:
    for statement in ("UPDATE quotes_version SET gross = 1", "DELETE FROM quotes_version"):
        with shop.company.system() as db:
            db.execute(sa.text("SET LOCAL ROLE portico_staff"))
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                db.execute(sa.text(statement))
            db.rollback()


def test_two_quotes_stand_side_by_side(shop: Any, offer: str) -> None:
    api, customer = shop.api(), shop.customer()
    other = shop.draft(api, STEEL_1="5", CUT="1")["id"]
    choice = customer.get(f"/quotes/{offer}/compare").text
    assert f"/quotes/{offer}/compare?with={other}" in choice
    page = customer.get(f"/quotes/{offer}/compare?with={other}").text
    for words in ("Découpe au laser", "Wood panel", "left out", "new", "changed"):
        assert words in page
    assert "Nothing was found for “nothing-like-it”." in customer.get(f"/quotes/{offer}/compare?q=nothing-like-it").text
    customer.get(f"/quotes/{offer}/compare?with=x", status=404)


def test_another_customers_quote_cannot_be_put_beside_ones_own(shop: Any, offer: str) -> None:
    stranger = shop.company.customer()
    stranger.get(f"/quotes/{offer}/versions", status=404)
    strangers_api = shop.company.api(shop.company.customer_person())
    other = strangers_api.json("post", "/quotes", {}, status=201).json["id"]
    shop.customer().get(f"/quotes/{offer}/compare?with={other}", status=404)


def test_a_former_version_is_a_paper_of_its_own(shop: Any, offer: str) -> None:
    revise(shop)
    customer, page = shop.customer(), f"/quotes/{offer}/versions"
    links = [one["href"].removeprefix(customer.prefix) for one in customer.get(page).html.select("main .rows a")]
    assert links == [f"/quotes/{offer}/pdf", f"{page}/2/pdf", f"{page}/1/pdf"]
    [old] = pages(customer.get(links[1]).body)
    for words in ("Former version", "2 of 3", "offered by the company", "€950.00", "€2,491.00", "binds nobody", "Thank you", "Tax 20% on"):
        assert words in old, words
    [first] = pages(customer.get(links[2]).body)
    assert shop.person().name in first
    [current] = pages(customer.get(links[0]).body)
    assert "€900.00" in current
    assert "Former version" not in current
    with shop.company.system() as db:
        statement = "SELECT subject_id, after FROM audit_entry WHERE action = 'documents.downloaded' ORDER BY id"
        found = [(one.subject_id, one.after["document"]) for one in db.execute(sa.text(statement))]
    assert found[0] == (offer, f"{shop.quote(offer).number and 'Quote ' + shop.quote(offer).number}, version 2.pdf")
    for wrong in ("3", "4", "0", "x", "99999999999"):
        customer.get(f"{page}/{wrong}/pdf", status=404)
    stranger = shop.company.customer(shop.company.account("Other"))
    stranger.get(links[1], status=404)


def test_a_program_reads_the_papers_of_former_versions(shop: Any, offer: str) -> None:
    revise(shop)
    api = shop.api()
    [old] = pages(api.get(f"/quotes/{offer}/versions/2/pdf").body)
    assert "Former version" in old
    assert "€950.00" in old
    for wrong in ("3", "0", "x", "99999999999"):
        api.get(f"/quotes/{offer}/versions/{wrong}/pdf", status=404)
    with shop.company.system() as db:
        statement = "SELECT count(*) FROM audit_entry WHERE action = 'documents.downloaded' AND subject_id = :i"
        assert db.scalar(sa.text(statement), {"i": offer}) == 1
    shop.company.api(shop.company.customer_person()).get(f"/quotes/{offer}/versions/2/pdf", status=404)


def test_a_section_of_another_title_is_renamed_on_the_page_of_two_quotes(shop: Any) -> None:
    api, customer, items = shop.api(), shop.customer(), shop.items()
    made = []
    for title in ("Metal", "Sheets"):
        lines = [{"item": str(items[code]), "quantity": "2"} for code in ("STEEL-1", "ALU-1")]
        sections = [{"title": title, "lines_before": 0}]
        made.append(api.json("post", "/quotes", {"lines": lines, "sections": sections}, status=201).json["id"])
    page = customer.get(f"/quotes/{made[0]}/compare?with={made[1]}")
    [renamed] = [row for row in page.html.select("tbody tr") if "renamed" in row.get_text()]
    assert renamed["class"] == ["compare-renamed"]
    assert [one.get_text() for one in renamed.select("mark")] == ["Metal", "Sheets"]
    for words in ("changed", "left out", "In the section"):
        assert words not in page.html.select_one("main").get_text()
