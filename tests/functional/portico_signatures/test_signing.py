"""The ceremony: what is written when somebody signs, what is refused, and that nothing is accepted without."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.test_approvals import People
from tests.functional.portico_quotes.test_undo import allow, let_pass
from tests.functional.portico_signatures.conftest import READ, Desk, page_of

from portico.errors import ForbiddenError
from portico.pluginhost import agreements
from portico_quotes import delivery
from portico_signatures import signing
from portico_signatures.condition import SEAL
from portico_signatures.errors import DocumentChangedError
from portico_signatures.signing import Given

DRAWN = json.dumps([[[10, 20], [200, 120], [300, 40]], [[310, 50]]])


def test_what_was_signed_is_written_with_the_acceptance(desk: Desk) -> None:
    api = desk.shop.api()
    quote_id = desk.offer()
    pdf = api.get(f"/quotes/{quote_id}/pdf").body
    found = desk.to_sign(api, quote_id)
    assert found["document_sha256"] == hashlib.sha256(pdf).hexdigest()
    assert (found["is_open"], found["is_required"], found["above_limit"]) == (True, True, False)
    signed = desk.sign(api, quote_id, name="  Robin   Signer ", po_number="PO-4")
    quote, [row] = desk.shop.quote(quote_id), desk.rows()
    assert (quote.state, quote.po_number) == ("accepted", "PO-4")
    assert (row.state, row.name, row.method, row.version) == ("agreed", "Robin Signer", "typed", found["version"])
    assert row.document_sha256 == found["document_sha256"] == signed["document_sha256"]
    assert row.consent == found["consent"]
    assert "“Quote QU-7”" in row.consent
    assert (row.signer_id, row.signer) == (desk.shop.person().id, desk.shop.person().name)
    assert row.address
    assert (row.subject_id, row.site_id, row.author_id) == (quote.id, quote.site_id, quote.author_id)
    lines = row.content["lines"]
    assert [(one["code"], one["quantity"], one["unit_price"], one["total"]) for one in lines] == [
        ("STEEL-1", "2", "950", "1900"), ("WOOD-1", "1", "200", "200")]  # fmt: skip
    assert (row.content["gross"], row.content["said"]) == ("2491", {"po_number": "PO-4"})
    canonical = json.dumps(row.content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert row.content_sha256 == hashlib.sha256(canonical).hexdigest()
    [entry] = desk.trail("signatures.signed")
    assert (entry.actor, entry.subject_id) == (desk.shop.person().email, quote_id)
    assert entry.after["sha256"] == row.document_sha256


def test_the_document_itself_is_kept_for_both_sides(desk: Desk) -> None:
    api = desk.shop.api()
    quote_id = desk.offer()
    pdf = api.get(f"/quotes/{quote_id}/pdf").body
    signed = desk.sign(api, quote_id)
    for client in (desk.shop.customer(), desk.shop.company.agent()):
        page = client.get(f"/signatures/{signed['id']}")
        assert "Robin Signer" in page
        assert signed["document_sha256"] in page
        assert desk.files(client, signed["id"]) == [pdf]
    assert f"/signatures/{signed['id']}" in desk.shop.customer().get(f"/related?ref={quote_id}")
    desk.shop.company.client(desk.shop.company.customer_person(desk.shop.company.account("Other"))).get(
        f"/signatures/{signed['id']}", status=404)  # fmt: skip


def test_nothing_is_accepted_without(desk: Desk) -> None:
    quote_id, seen = desk.offer(), None
    seen = desk.shop.seen(quote_id)
    refused = desk.shop.api().json("post", f"/quotes/{quote_id}/accept", seen, status=409).json
    assert refused["code"] == "signature-required"
    customer = desk.shop.customer()
    customer.post(f"/quotes/{quote_id}/accept", seen, status=409)
    page = customer.get(f"/quotes/{quote_id}")
    assert page_of(quote_id) in page
    assert f"/quotes/{quote_id}/accept" not in page
    assert desk.shop.quote(quote_id).state == "processed"
    customer.post(f"/quotes/{quote_id}/decline", {"reason": "No"}, status=303)  # which takes none
    assert desk.shop.quote(quote_id).state == "declined"


def test_a_company_may_leave_it_to_its_customers_or_switch_it_off(desk: Desk) -> None:
    first, second, third = (desk.offer() for _one in range(3))
    desk.choose(required="")
    page = desk.shop.customer().get(f"/quotes/{first}")
    assert page_of(first) in page
    assert f"/quotes/{first}/accept" in page
    desk.shop.api().json("post", f"/quotes/{first}/accept", desk.shop.seen(first))
    desk.sign(desk.shop.api(), second)
    desk.switch(False)
    assert page_of(third) not in desk.shop.customer().get(f"/quotes/{third}")
    desk.shop.customer().get(page_of(third), status=404)
    desk.shop.api().json("post", f"/quotes/{third}/accept", desk.shop.seen(third))
    assert [desk.shop.quote(one).state for one in (first, second, third)] == ["accepted"] * 3


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"document_sha256": "0" * 64}, 409, "document-changed"),
        ({"version": 99}, 409, "document-changed"),
        ({"consent_sha256": "0" * 64}, 409, "consent-changed"),
        ({"agree": False}, 422, "invalid"),
        ({"agree": "perhaps"}, 422, "invalid"),
        ({"name": " "}, 422, "invalid"),
        ({"method": "drawn"}, 422, "invalid"),
        ({"method": "drawn", "drawing": "[[[1,1],[2,2]]]"}, 422, "invalid"),
        ({"ask": True}, 409, "no-approval-needed"),
    ],
)
def test_what_is_no_signature_leaves_nothing(desk: Desk, more: dict[str, Any], status: int, code: str) -> None:
    quote_id = desk.offer()
    assert desk.sign(desk.shop.api(), quote_id, status, **more)["code"] == code
    assert desk.rows() == []
    assert desk.shop.quote(quote_id).state == "processed"


def test_by_the_page_typed_or_drawn(desk: Desk) -> None:
    customer, first, second = desk.shop.customer(), desk.offer(), desk.offer()
    customer.post(page_of(first), desk.form(customer, first, po_number="PO-5"), status=303)
    customer.post(page_of(second), desk.form(customer, second, method="drawn", drawing=DRAWN), status=303)
    typed, drawn = desk.rows()
    assert (typed.method, typed.drawing, typed.name) == ("typed", [], desk.shop.person().name)
    assert (drawn.method, drawn.drawing) == ("drawn", json.loads(DRAWN))
    assert desk.shop.quote(first).po_number == "PO-5"
    assert "<polyline" in customer.get(f"/signatures/{drawn.id}")


def test_the_page_says_what_is_missing_and_keeps_what_was_typed(desk: Desk) -> None:
    customer, quote_id = desk.shop.customer(), desk.offer()
    form = desk.form(customer, quote_id, po_number="PO-6", name="Robin S.")
    unticked = {name: value for name, value in form.items() if name != "agree"}
    page = customer.post(page_of(quote_id), unticked, status=422)
    assert "without it there is no signature" in page
    assert "PO-6" in page
    assert "Robin S." in page
    with desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET version = version + 1, note = 'x' WHERE id = :i"), {"i": quote_id})
    page = customer.post(page_of(quote_id), form, status=409)
    assert "Nothing was signed" in page
    assert desk.rows() == []
    assert desk.form(customer, quote_id)["version"] != form["version"]


def test_the_companys_own_words_and_the_readers_language(desk: Desk) -> None:
    api, quote_id = desk.shop.api(), desk.offer()
    french = api.get(f"/quotes/{quote_id}/sign", headers={"Accept-Language": "fr"}).json
    assert "J’ai lu" in french["consent"]
    desk.choose(en="We both mean it.")
    assert desk.to_sign(api, quote_id)["consent"] == "We both mean it."
    desk.sign(api, quote_id)
    assert (desk.rows()[0].consent, desk.rows()[0].consent_locale) == ("We both mean it.", "en")


def test_each_language_has_its_own_words_else_those_of_the_main_one_else_the_portals(desk: Desk) -> None:
    api, quote_id, customer = desk.shop.api(), desk.offer(), desk.shop.customer()

    def said(language: str) -> tuple[str, str]:
        found = api.get(f"/quotes/{quote_id}/sign", headers={"Accept-Language": language}).json
        return found["consent"], found["consent_language"]

    assert [said(code)[1] for code in ("en", "fr", "ar")] == ["en", "fr", "ar"]
    desk.choose(fr="Nous le voulons.")
    assert said("fr") == ("Nous le voulons.", "fr")
    assert said("ar")[1] == "ar", "the main language has none, so it is the portal's own"
    desk.choose(fr="Nous le voulons.", en="We both mean it.")
    assert [said(code) for code in ("en", "fr", "ar")] == [
        ("We both mean it.", "en"), ("Nous le voulons.", "fr"), ("We both mean it.", "en")]  # fmt: skip
    page = customer.get(page_of(quote_id), {"lang": "ar"})
    assert [(one["lang"], one["dir"]) for one in page.html.select(".sign-consent span")] == [("en", "ltr")]
    customer.post(page_of(quote_id), desk.form(customer, quote_id), status=303)
    [row] = desk.rows()
    assert (row.consent, row.consent_locale, row.locale) == ("We both mean it.", "en", "ar")
    desk.shop.work(SEAL)
    shown = customer.get(f"/signatures/{row.id}").html.select_one('p[lang="en"]')
    assert shown.get_text() == "We both mean it."


def test_other_words_than_were_shown_are_not_signed(desk: Desk) -> None:
    customer, quote_id = desk.shop.customer(), desk.offer()
    shown = desk.form(customer, quote_id)
    desk.choose(en="Other words.")
    again = customer.post(page_of(quote_id), shown, status=409)
    assert "have changed since they were shown" in again.text
    assert "Other words." in again.text
    assert desk.rows() == []
    french = desk.shop.api().get(f"/quotes/{quote_id}/sign", headers={"Accept-Language": "fr"}).json
    assert desk.sign(desk.shop.api(), quote_id, consent_sha256=french["consent_sha256"])["state"] == "agreed", "the same words"


def test_words_from_before_each_language_had_its_own_are_the_main_ones(desk: Desk) -> None:
    with desk.shop.company.system() as db:
        settings = '{"consent": "As it was."}'
        db.execute(sa.text("UPDATE tenant_plugin SET settings = :s WHERE plugin = 'portico_signatures'"), {"s": settings})
    api, quote_id = desk.shop.api(), desk.offer()
    assert desk.to_sign(api, quote_id)["consent"] == "As it was."
    desk.choose(fr="Autrement.")
    assert desk.to_sign(api, quote_id)["consent"] == "As it was."
    entry = desk.trail("plugins.settings")[-1]
    assert entry.after == {"consent": {"en": "As it was.", "fr": "Autrement."}}


def test_who_may_not_decide_may_not_sign(desk: Desk) -> None:
    quote_id = desk.offer()
    for role in ("viewer", "finance"):
        person = desk.shop.company.customer_person(desk.shop.account_id, role=role)
        desk.shop.company.api(person).get(f"/quotes/{quote_id}/sign", status=403)
        desk.shop.company.client(person).get(page_of(quote_id), status=403)
    desk.shop.company.agent().get(page_of(quote_id), status=403)


@pytest.mark.without("portico_signatures.signing:sign ForbiddenError")
def test_whoever_signs_needs_what_the_record_asks_of_who_agrees_to_it(desk: Desk) -> None:
    """Also where the route lets them through."""
    quote_id, parts = UUID(desk.offer()), desk.shop.portal.parts
    scope = parts.system_scope(desk.shop.company.tenant)
    with parts.sessions.scoped(replace(scope, permissions=scope.permissions - {"quotes:decide"})) as db:
        kind = agreements.kind_of(db, "quotes.quote")
        given = Given(version=0, document_sha256="", consent_sha256="", name="Robin Signer")
        with pytest.raises((ForbiddenError, DocumentChangedError)) as caught:
            signing.sign(db, parts, kind, kind.find(db, quote_id), given, locale="en", agent="")
    assert caught.type is ForbiddenError


def test_of_many_at_once_one_counts(desk: Desk) -> None:
    quote_id, people = desk.offer(), [desk.shop.company.customer_person(desk.shop.account_id, role="owner") for _one in range(4)]
    apis = [desk.shop.company.api(one) for one in people]
    found = desk.to_sign(apis[0], quote_id)
    body = {name: found[name] for name in READ} | {"name": "R S", "agree": True}

    def send(api: Any) -> int:
        return int(api.json("post", f"/quotes/{quote_id}/sign", body, status="*").status_int)

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, apis))
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 503}
    assert [row.state for row in desk.rows()] == ["agreed"]


def test_undone_it_is_void_and_can_be_signed_anew(desk: Desk) -> None:
    allow(desk.shop, 10)
    api, quote_id = desk.shop.api(), desk.offer()
    first = desk.sign(api, quote_id)
    api.json("post", f"/quotes/{quote_id}/undo", {})
    [row] = desk.rows()
    assert (row.state, row.ended_why) == ("void", "undone")
    [entry] = desk.trail("signatures.voided")
    assert (entry.after["signature"], entry.after["why"]) == (first["id"], "undone")
    assert "does not count any more" in desk.shop.customer().get(f"/signatures/{first['id']}")
    api.json("post", f"/quotes/{quote_id}/accept", desk.shop.seen(quote_id), status=409)  # the void one is none
    desk.sign(api, quote_id)
    assert [one.state for one in desk.rows()] == ["void", "agreed"]


def test_an_offer_that_changes_meanwhile_makes_it_void(desk: Desk) -> None:
    shop = desk.shop
    api = shop.api()
    quote_id = str(shop.draft(api, STEEL_1="2", WOOD_1="1")["id"])
    api.json("post", f"/quotes/{quote_id}/submit", {})
    shop.work("quotes.submit")
    shop.sql("update quotes set status = 'priced', valid_until = current_date + 7")
    shop.synchronise()
    allow(shop, 10)
    desk.sign(api, quote_id)
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()
    assert shop.quote(quote_id).state == "revised"
    assert [(row.state, row.ended_why) for row in desk.rows()] == [("void", "changed")]
    desk.sign(api, quote_id)
    let_pass(shop, quote_id)
    assert shop.work("quotes.decide") == 1
    assert [row[0] for row in shop.sql("select status from quotes")] == ["accepted"]
    shop.synchronise()
    assert [row.state for row in desk.rows()] == ["void", "agreed"]


def test_an_offer_that_the_company_had_changed_already_makes_it_void(desk: Desk) -> None:
    quote_id = desk.offer()
    desk.sign(desk.shop.api(), quote_id)
    with desk.shop.company.system() as db:
        delivery.void_answer(db, UUID(quote_id))
    assert [(row.state, row.ended_why) for row in desk.rows()] == [("void", "changed")]


@pytest.mark.parametrize("approve", [True, False])
def test_above_the_limit_it_counts_when_a_colleague_approves(desk: Desk, approve: bool) -> None:
    people = People(desk.shop)
    buyer, boss = people.buyer(100), people.join("Olive Owner", "owner")
    quote_id = desk.offer(buyer.api)
    assert desk.to_sign(buyer.api, quote_id)["above_limit"]
    assert desk.sign(buyer.api, quote_id, 409)["code"] == "above-limit"
    seen = desk.shop.seen(quote_id)
    asked = buyer.api.json("post", f"/quotes/{quote_id}/accept/approval", seen, status=409).json
    assert asked["code"] == "signature-required"
    signed = desk.sign(buyer.api, quote_id, ask=True, note="Please", po_number="PO-1")
    assert signed["state"] == "given"
    assert desk.shop.quote(quote_id).state == "processed"
    boss.api.json("post", f"/quotes/{quote_id}/accept", desk.shop.seen(quote_id), status=409)  # it is not theirs
    approval = desk.shop.quote(quote_id).approval_id
    if approve:
        boss.api.json("post", f"/approvals/{approval}/approve", {})
        assert (desk.shop.quote(quote_id).state, desk.shop.quote(quote_id).po_number) == ("accepted", "PO-1")
        assert [row.state for row in desk.rows()] == ["agreed"]
    else:
        boss.api.json("post", f"/approvals/{approval}/decline", {"reason": "Too much"})
        assert desk.shop.quote(quote_id).state == "processed"
        assert [(row.state, row.ended_why) for row in desk.rows()] == [("void", "not-approved")]


def test_by_the_page_above_the_limit(desk: Desk) -> None:
    buyer = People(desk.shop).buyer(100)
    quote_id = desk.offer(buyer.api)
    form = desk.form(buyer.page, quote_id, note="Please")
    assert form["ask"] == "true"
    buyer.page.post(page_of(quote_id), {name: value for name, value in form.items() if name != "ask"}, status=409)
    assert desk.rows() == []
    buyer.page.post(page_of(quote_id), form, status=303)
    assert [row.state for row in desk.rows()] == ["given"]
    assert desk.shop.quote(quote_id).approval_id is not None


def test_whoever_signs_for_themselves_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    people = People(desk.shop)
    buyer, boss = people.buyer(100), people.join("Olive Owner", "owner")
    quote_id = desk.offer(buyer.api)
    desk.sign(buyer.api, quote_id, ask=True)
    desk.sign(boss.api, quote_id)
    assert [(row.state, row.ended_why) for row in desk.rows()] == [("void", "replaced"), ("agreed", "")]


def test_what_was_signed_is_not_changed_whoever_tries(desk: Desk) -> None:
    desk.sign(desk.shop.api(), desk.offer())
    for change in ("name = 'Somebody else'", "document_sha256 = repeat('1', 64)", "content = '{}'", "signed_at = now()"):
        with pytest.raises(sa.exc.IntegrityError), desk.shop.company.system() as db:
            db.execute(sa.text(f"UPDATE signatures_signature SET {change}"))
    with pytest.raises(sa.exc.ProgrammingError), desk.shop.company.system() as db:
        db.execute(sa.text("DELETE FROM signatures_signature"))
    [row] = desk.rows()
    assert row.name == "Robin Signer"
