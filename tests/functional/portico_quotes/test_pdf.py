"""The PDF of a quote: for whom, with what in it, and how it is given out."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages

from portico.documents import rendering
from portico.documents.errors import DocumentError


def trail(shop: Any) -> list[Any]:
    with shop.company.system() as db:
        statement = "SELECT actor, subject_type, subject_id, after FROM audit_entry WHERE action = 'documents.downloaded' ORDER BY id"
        return list(db.execute(sa.text(statement)))


def test_it_holds_what_the_page_does(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2", BOLT_8="100")
    shop.customer().post(f"/quotes/{quote['id']}/change", {"note": "#read(1) before 8", "po_number": "PO-7", "version": quote["version"]},
                         status=303)  # fmt: skip
    answer = shop.customer().get(f"/quotes/{quote['id']}/pdf")
    [page] = pages(answer.body)
    for words in ("Acme", "Steel sheet 2 mm", "pieces", "€950.00", "€1,900.00", "€0.35", "Tax 20% on", "PO-7", "#read(1) before 8",
                  "This is a draft.", "Page 1 of 1"):  # fmt: skip
        assert words in page
    assert "€2,3" in page.split("Total")[-1]


def test_it_is_an_attachment_that_nobody_keeps(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    headers = shop.customer().get(f"/quotes/{quote['id']}/pdf").headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"] == "attachment; filename=\"Quote.pdf\"; filename*=UTF-8''Quote.pdf"
    assert headers["Cache-Control"] == "no-store"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_its_name_and_its_words_are_the_readers(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    with shop.company.system() as db:
        db.execute(sa.text("UPDATE tenant SET locales = '{en,ar,fr}'"))
    customer = shop.customer()
    customer.get("/?lang=ar")
    answer = customer.get(f"/quotes/{quote['id']}/pdf", headers={"Accept-Language": "ar"})
    assert "filename*=UTF-8''%D8" in answer.headers["Content-Disposition"]
    assert "صفحة 1 من 1" in pages(answer.body)[0]


def test_whoever_is_given_one_is_in_the_trail(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    answer = shop.customer().get(f"/quotes/{quote['id']}/pdf")
    [entry] = trail(shop)
    assert (entry.subject_type, entry.subject_id) == ("quote", quote["id"])
    assert entry.after == {"document": "Quote.pdf", "sha256": hashlib.sha256(answer.body).hexdigest()}


def test_programs_get_the_same_bytes(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    customer = shop.customer()
    page = customer.get(f"/quotes/{quote['id']}/pdf")
    program = shop.company.api(customer.person)
    assert program.get(f"/quotes/{quote['id']}/pdf").body == page.body
    assert len(trail(shop)) == 2


def test_another_customers_does_not_exist(shop: Any) -> None:
    quote = shop.draft(STEEL_1="2")
    stranger = shop.company.customer()
    stranger.get(f"/quotes/{quote['id']}/pdf", status=404)
    assert trail(shop) == []


def test_a_failure_is_told_on_a_page(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quote = shop.draft(STEEL_1="2")

    def broken(*_arguments: Any, **_options: Any) -> bytes:
        raise DocumentError("why")

    monkeypatch.setattr(rendering, "typeset", broken)
    customer = shop.customer()
    answer = customer.get(f"/quotes/{quote['id']}/pdf", status=500)
    assert answer.content_type == "text/html"
    assert "This document could not be made." in answer.text
    problem = shop.company.api(customer.person).get(f"/quotes/{quote['id']}/pdf", status=500)
    assert problem.json["code"] == "document-failed"
    assert trail(shop) == []



def test_who_only_looks_on_gets_it_and_is_in_the_trail(shop: Any) -> None:
    """Whose transaction writes nothing."""
    quote = shop.draft(STEEL_1="2")
    with shop.company.system() as db:
        statement = sa.text("SELECT id FROM membership WHERE user_id = :u")
        member = db.scalar(statement, {"u": shop.person().id})
    agent = shop.company.agent()
    agent.post(f"/admin/members/{member}/see-as", {"reason": "to see the quote"}, status=303)
    assert agent.get(f"/quotes/{quote['id']}/pdf").content_type == "application/pdf"
    [entry] = trail(shop)
    assert entry.actor == agent.person.email
    assert entry.after["seen_as"] == shop.person().email
