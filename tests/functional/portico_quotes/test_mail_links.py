"""The link in an offer's mail: it shows that offer alone, takes one answer where the company wants that, and ends."""

from __future__ import annotations

import datetime as dt
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.test_offers import revise

from portico.links import service
from portico.links.jobs import forget
from portico.links.opening import opened
from portico.notify.fan_out import fan_out
from portico.tenancy.scope import Scope
from portico_quotes import mail_links

BY_LINK = "/quotes/by-link"


def allow(shop: Any, mode: str, days: str = "14", undo_minutes: str = "0") -> None:
    admin, page = shop.company.admin(), "/admin/plugins/portico_quotes/settings"
    version = re.search(r'name="version" value="(\d+)"', admin.get(page).text)
    assert version
    admin.post(page, {"version": version[1], "undo_minutes": undo_minutes, "mail_links": mode, "mail_link_days": days}, status=303)


def offered(shop: Any, valid_days: int = 7) -> str:
    """A quote that the company has priced; its id."""
    api = shop.api()
    quote = shop.draft(api, STEEL_1="2", WOOD_1="1")
    api.json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")
    shop.sql("update quotes set status = 'priced', valid_until = current_date + %s", valid_days)
    shop.synchronise()
    return quote["id"]


def tell(shop: Any) -> None:
    """Make notices and mails of what happened; what was told already is told once."""
    company, portico = shop.company, shop.portal.parts
    job: Any = SimpleNamespace(tenant=company.tenant, portico=portico, session=company.system, relay=portico.relay(company.tenant))
    for one in shop.jobs("notify.fan_out"):
        fan_out(job, one["event_id"])


def mailed(shop: Any, person: Any = None) -> tuple[Any, str | None]:
    """The newest mail of a priced quote, and the token in it."""
    tell(shop)
    mail = [one for one in shop.portal.mails((person or shop.person()).email) if "priced" in one.subject or "revised" in one.subject][-1]
    found = re.search(r"/quotes/by-link\?token=([\w-]+)", mail.text)
    return mail, found[1] if found else None


def token_of(shop: Any) -> str:
    _mail, token = mailed(shop)
    assert token is not None
    return token


def shown(shop: Any, token: str, status: int = 200) -> Any:
    return shop.company.anonymous().get(BY_LINK, {"token": token}, status=status)


def answer(shop: Any, token: str, quote_id: str, given: str = "accept", status: int = 200, **more: Any) -> Any:
    values = {"token": token, "answer": given, "version": shop.quote(quote_id).version, **more}
    client = shop.company.anonymous()
    client.get(BY_LINK, {"token": token}, status="*")
    return client.post(BY_LINK, values, status=status)


@pytest.fixture
def offer(shop: Any) -> str:
    allow(shop, mail_links.ANSWER)
    return offered(shop)


def test_the_offer_is_accepted_without_signing_in_and_the_trail_says_by_whose_link(shop: Any, offer: str) -> None:
    mail, token = mailed(shop)
    assert token is not None
    assert "It is meant for you alone" in mail.text
    page = shown(shop, token)
    assert "Steel sheet" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert shop.quote(offer).state == "processed"  # looking changes nothing
    done = answer(shop, token, offer, po_number="PO-7")
    assert "You accepted" in done.text
    quote = shop.quote(offer)
    assert (quote.state, quote.po_number, quote.answered_by) == ("accepted", "PO-7", shop.person().name)
    assert len(shop.jobs("quotes.decide")) == 1
    with shop.portal.superuser() as db:
        statement = sa.text("select * from audit_entry where action = 'quotes.accepted' and subject_id = :i")
        entry = db.execute(statement, {"i": offer}).one()
    assert (entry.actor_kind, entry.user_id, entry.after["by_link_of"]) == ("customer", shop.person().id, shop.person().email)
    assert "by the link in the mail" in shop.customer().get(f"/quotes/{offer}").text
    shop.work("quotes.decide")
    assert shop.sql("select status, po_number from quotes") == [("accepted", "PO-7")]


def test_the_offer_is_declined_with_its_reason(shop: Any, offer: str) -> None:
    assert "You declined" in answer(shop, token_of(shop), offer, "decline", reason="Too dear").text
    assert (shop.quote(offer).state, shop.quote(offer).reason) == ("declined", "Too dear")


def test_a_link_answers_once(shop: Any, offer: str) -> None:
    token = token_of(shop)
    answer(shop, token, offer)
    for again in (shown(shop, token, 410), answer(shop, token, offer, "decline", 410)):
        assert "This link was used already" in again.text
        assert f"/quotes/{offer}" in again.text  # which asks for a sign-in
    assert shop.quote(offer).state == "accepted"


def test_of_many_at_once_one_answers(shop: Any, offer: str) -> None:
    token, version = token_of(shop), shop.quote(offer).version
    clients = [shop.company.anonymous() for _one in range(6)]
    for client in clients:
        client.get(BY_LINK, {"token": token})
    ways = ["accept", "decline"] * 3

    def press(client: Any, given: str) -> int:
        return int(client.post(BY_LINK, {"token": token, "answer": given, "version": version}, status="*").status_int)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(press, clients, ways))
    assert sorted(answers) == [200, *[410] * 5]
    assert len(shop.jobs("quotes.decide")) == 1


@pytest.mark.without("portico_quotes.mail_links:answer LinkShowsOnlyError")
def test_unless_the_company_says_otherwise_it_only_shows(shop: Any) -> None:
    offer = offered(shop)
    mail, token = mailed(shop)
    assert token is not None
    assert "and do it" not in mail.text
    assert "Sign in to answer" in shown(shop, token).text
    assert "This link only shows the offer" in answer(shop, token, offer, status=403).text
    assert shop.quote(offer).state == "processed"


def test_switched_off_no_mail_has_one_and_those_that_were_sent_end(shop: Any, offer: str) -> None:
    token = token_of(shop)
    allow(shop, mail_links.NEVER)
    assert "sends no such links any more" in shown(shop, token, 410).text
    answer(shop, token, offer, status=410)
    revise(shop)
    assert mailed(shop)[1] is None
    assert shop.quote(offer).state == "revised"


def test_another_version_of_the_offer_ends_it(shop: Any, offer: str) -> None:
    token = token_of(shop)
    revise(shop)
    assert "This link is out of date" in shown(shop, token, 410).text
    answer(shop, token, offer, status=410)
    assert shop.quote(offer).state == "revised"
    newer = token_of(shop)
    assert "2,371.00" in shown(shop, newer).text


def test_a_page_that_shows_another_version_is_refused_and_the_link_still_good(shop: Any, offer: str) -> None:
    token, client = token_of(shop), shop.company.anonymous()
    client.get(BY_LINK, {"token": token})
    stale = {"token": token, "answer": "accept", "version": shop.quote(offer).version - 1, "po_number": "PO-8"}
    refused = client.post(BY_LINK, stale, status=409)
    assert "The offer has changed since you saw it" in refused.text
    assert "PO-8" in refused.text
    assert shop.quote(offer).state == "processed"
    answer(shop, token, offer)


def test_it_ends_with_its_days_and_never_after_the_offer(shop: Any) -> None:
    allow(shop, mail_links.ANSWER, days="3")
    quote_id = offered(shop, valid_days=1)
    token = token_of(shop)
    with shop.company.system() as db:
        [link] = service.of(db, UUID(quote_id))
        assert link.expires_at - link.made_at < dt.timedelta(days=2, hours=1)
        db.execute(sa.text("update action_link set expires_at = now() - interval '1 second'"))
    assert "This link has expired" in shown(shop, token, 410).text
    answer(shop, token, quote_id, status=410)


def test_its_days_are_the_companys(shop: Any) -> None:
    allow(shop, mail_links.ANSWER, days="3")
    quote_id = offered(shop, valid_days=30)
    token_of(shop)
    with shop.company.system() as db:
        [link] = service.of(db, UUID(quote_id))
    assert dt.timedelta(days=2, hours=23) < link.expires_at - link.made_at <= dt.timedelta(days=3)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update membership set status = 'inactive' where user_id = :u", "not yours to use"),
        ("update account set status = 'inactive' where id = :a", "not yours to use"),
        ("update app_user set status = 'disabled' where id = :u", "not yours to use"),
        ("delete from account_member where user_id = :u", "not known here"),
    ],
)
def test_it_ends_with_whoever_it_was_sent_to(shop: Any, offer: str, statement: str, words: str) -> None:
    token, who = token_of(shop), {"u": shop.person().id, "a": shop.account_id}
    shop.company.customer_person(shop.account_id)  # who owns the organisation from then on
    with shop.portal.superuser() as db:
        db.execute(sa.text(statement), {name: value for name, value in who.items() if f":{name}" in statement})
    assert words in shown(shop, token, 404 if "known" in words else 410).text
    answer(shop, token, offer, status=404 if "known" in words else 410)
    assert shop.quote(offer).state == "processed"


def test_let_in_again_a_person_needs_another(shop: Any, offer: str) -> None:
    token = token_of(shop)
    for status in ("inactive", "active"):
        with shop.portal.superuser() as db:
            db.execute(sa.text("update membership set status = :s where user_id = :u"), {"s": status, "u": shop.person().id})
    assert "This link was switched off" in shown(shop, token, 410).text


def test_a_limit_holds_and_the_page_says_how_to_go_on(shop: Any, offer: str) -> None:
    token = token_of(shop)
    shop.company.customer_person(shop.account_id)
    with shop.portal.superuser() as db:
        limit = "update account_member set role = 'purchaser', limit_amount = 10, limit_currency = 'EUR' where user_id = :u"
        db.execute(sa.text("update account_member set role = 'owner' where account_id = :a"), {"a": shop.account_id})
        db.execute(sa.text(limit), {"u": shop.person().id})
    refused = answer(shop, token, offer, status=409)
    assert "Sign in to go on" in refused.text
    assert shop.quote(offer).state == "processed"
    assert "You declined" in answer(shop, token, offer, "decline").text  # it was not used up


def test_where_a_signature_is_asked_for_the_answer_takes_the_sign_in(shop: Any, offer: str) -> None:
    token, page = token_of(shop), shop.company.admin().get("/admin/plugins/portico_signatures")
    next(one for one in page.forms.values() if {"version", "on"} <= one.fields.keys()).submit(status=303)
    refused = answer(shop, token, offer, status=409)
    assert "This has to be signed" in refused.text
    assert "Sign in to go on" in refused.text
    assert shop.quote(offer).state == "processed"
    assert "You declined" in answer(shop, token, offer, "decline").text


def test_whoever_may_only_look_only_looks(shop: Any, offer: str) -> None:
    token = token_of(shop)
    shop.company.customer_person(shop.account_id)
    with shop.portal.superuser() as db:
        db.execute(sa.text("update account_member set role = 'owner' where account_id = :a"), {"a": shop.account_id})
        db.execute(sa.text("update account_member set role = 'viewer' where user_id = :u"), {"u": shop.person().id})
    assert "Sign in to answer" in shown(shop, token).text
    answer(shop, token, offer, status=403)


@pytest.mark.parametrize("of_the_company", [True, False])
def test_where_a_second_factor_is_asked_for_it_only_shows(shop: Any, offer: str, of_the_company: bool) -> None:
    token = token_of(shop)
    with shop.portal.superuser() as db:
        if of_the_company:
            rule = """update tenant set settings = settings || '{"second_factor": ["customer"]}' where id = :t"""
            db.execute(sa.text(rule), {"t": shop.company.id})
        else:
            db.execute(sa.text("update app_user set factors = 1 where id = :u"), {"u": shop.person().id})
    assert "Sign in to answer" in shown(shop, token).text
    answer(shop, token, offer, status=403)
    assert shop.quote(offer).state == "processed"


def test_an_expired_offer_is_not_accepted(shop: Any, offer: str) -> None:
    token = token_of(shop)
    with shop.portal.superuser() as db:
        db.execute(sa.text("update quotes_quote set valid_until = current_date - 2 where id = :i"), {"i": offer})
    assert "no longer valid" in answer(shop, token, offer, status=409).text
    assert shop.quote(offer).state == "processed"


def test_an_answer_waits_to_be_undone_behind_the_sign_in(shop: Any) -> None:
    allow(shop, mail_links.ANSWER, undo_minutes="60")
    offer = offered(shop)
    assert "Until then you can undo it" in answer(shop, token_of(shop), offer).text
    shop.customer().post(f"/quotes/{offer}/undo", {}, status=303)
    assert shop.quote(offer).state == "processed"


def test_what_was_asked_of_a_colleague_ends_with_the_answer(shop: Any, offer: str) -> None:
    """The request has keys of its own, which the link does not hold."""
    with shop.portal.superuser() as db:
        asking = (
            "insert into approval (tenant_id, id, account_id, kind, subject_type, subject_id, amount, currency) "
            "select tenant_id, uuidv7(), account_id, 'quotes.accept', 'quote', id::text, gross, currency from quotes_quote "
            "where id = :i returning id"
        )
        approval = db.scalar(sa.text(asking), {"i": offer})
        db.execute(sa.text("update quotes_quote set approval_id = :a where id = :i"), {"a": approval, "i": offer})
    answer(shop, token_of(shop), offer)
    with shop.portal.superuser() as db:
        assert db.scalar(sa.text("select status from approval where id = :a"), {"a": approval}) == "withdrawn"


def test_under_a_link_there_is_that_one_quote(shop: Any, offer: str) -> None:
    """Also for whoever forgets to ask: the database shows and takes nothing else."""
    token, draft = token_of(shop), shop.draft(STEEL_1="1")["id"]
    request = _request(shop)
    with opened(request, mail_links.PURPOSE, token, mail_links.PERMISSIONS):
        keys = {"quotes_quote": "id", "quotes_line": "quote_id", "quotes_event": "quote_id", "action_link": "subject_id"}
        seen = {name: request.db.execute(sa.text(f"select {key} from {name}")).scalars().all() for name, key in keys.items()}
        assert {name: set(map(str, ids)) for name, ids in seen.items()} == dict.fromkeys(seen, {offer})
        for nothing in ("event", "approval", "notification", "membership", "app_user", "file"):
            assert request.db.execute(sa.text(f"select count(*) from {nothing}")).scalar() == 0, nothing
        changed = request.db.execute(sa.text("update quotes_quote set note = 'x' where id = :i returning id"), {"i": draft})
        assert changed.all() == []
        assert not request.scope.has("quotes:edit", shop.account_id)
    assert request.db.execute(sa.text("select current_user")).scalar() == "portico_public"
    request.tm.abort()


def _request(shop: Any) -> Any:
    """One of a visitor, as it is when a view begins."""
    parts, scope = shop.portal.parts, Scope(tenant=shop.company.tenant)
    db = parts.sessions._scoped(info={})
    parts.sessions.bind(db, scope)

    class Asking:
        registry = type("Registry", (), {"portico": parts})
        tm = type("Manager", (), {"abort": staticmethod(db.rollback)})

    asking: Any = Asking()
    asking.db, asking.scope, asking.tenant = db, scope, scope.tenant
    return asking


def test_another_companys_address_does_not_know_it(shop: Any, offer: str) -> None:
    token, other = token_of(shop), shop.portal.company()
    assert "not known here" in other.anonymous().get(BY_LINK, {"token": token}, status=404).text
    for wrong in ("", "x" * 43, "x" * 5000):
        shown(shop, wrong, 404)


def test_whoever_is_signed_in_as_them_goes_on_to_the_portals_page(shop: Any, offer: str) -> None:
    token = token_of(shop)
    led = shop.customer().get(BY_LINK, {"token": token}, status=303)
    assert led.headers["Location"].endswith(f"/quotes/{offer}")
    colleague = shop.company.customer(shop.account_id)
    assert "Accept this offer?" in colleague.get(BY_LINK, {"token": token}).text
    answered = colleague.post(BY_LINK, {"token": token, "answer": "accept", "version": shop.quote(offer).version})
    assert "You accepted" in answered.text
    assert shop.quote(offer).answered_by == shop.person().name  # whose link it is


def test_links_are_listed_and_revoked(shop: Any, offer: str) -> None:
    token, customer, agent = token_of(shop), shop.customer(), shop.company.agent()
    with shop.company.system() as db:
        [link] = service.of(db, UUID(offer))
    for client in (customer, agent):
        page = client.get(f"/quotes/{offer}/links")
        assert shop.person().email in page.text
        assert len(client.queries) <= 8
    customer.post(f"/quotes/{offer}/links/{link.id}/revoke", {}, status=303)
    assert "This link was switched off" in shown(shop, token, 410).text
    answer(shop, token, offer, status=410)
    agent.post(f"/quotes/{offer}/links/{link.id}/revoke", {}, status=303)  # again: nothing happens
    with shop.portal.superuser() as db:
        revoked = db.execute(sa.text("select actor, after from audit_entry where action = 'links.revoked' and tenant_id = :t"),
                             {"t": shop.company.id}).all()
    assert [(one.actor, one.after) for one in revoked] == [(shop.person().email, {"sent_to": shop.person().email})]


@pytest.mark.without("portico.links.service:revoke ForbiddenError")
def test_a_colleague_who_may_not_answer_revokes_nobody_elses(shop: Any, offer: str) -> None:
    token_of(shop)
    viewer = shop.company.customer(shop.account_id)
    with shop.portal.superuser() as db:
        db.execute(sa.text("update account_member set role = 'viewer' where user_id = :u"), {"u": viewer.person.id})
    with shop.company.system() as db:
        [link] = [one for one in service.of(db, UUID(offer)) if one.user_id == shop.person().id]
    viewer.post(f"/quotes/{offer}/links/{link.id}/revoke", {}, status=403)
    assert shown(shop, token_of(shop))


def test_the_secret_is_in_no_log_and_nowhere_in_the_database(shop: Any, offer: str, caplog: pytest.LogCaptureFixture) -> None:
    token = token_of(shop)
    with caplog.at_level(logging.DEBUG, logger="portico"):
        shown(shop, token)
        answer(shop, token, offer)
        shown(shop, token, 410)
    assert token not in caplog.text
    with shop.portal.superuser() as db:
        assert db.scalar(sa.text("select count(*) from action_link where tenant_id = :t"), {"t": shop.company.id})
        for table in ("action_link", "mail", "event", "job", "audit_entry", "notification", "quotes_event"):
            found = db.scalar(sa.text(f"select count(*) from {table} x where to_jsonb(x)::text like :t"), {"t": f"%{token}%"})
            assert found == 0, table


def test_what_ended_long_ago_is_forgotten(shop: Any, offer: str) -> None:
    token = token_of(shop)
    forget(shop.job)
    shown(shop, token)
    with shop.company.system() as db:
        db.execute(sa.text("update action_link set expires_at = now() - interval '91 days'"))
    forget(shop.job)
    with shop.company.system() as db:
        assert service.of(db, UUID(offer)) == []


def test_a_job_that_runs_again_sends_no_second_link(shop: Any, offer: str) -> None:
    for _run in range(2):
        tell(shop)
    with shop.company.system() as db:
        assert len(service.of(db, UUID(offer))) == 1


@pytest.mark.parametrize(("language", "words"), [("fr", "Accepter"), ("ar", "قبول")])
def test_it_speaks_its_readers_language(shop: Any, offer: str, language: str, words: str) -> None:
    token = token_of(shop)
    assert words in shop.company.anonymous().get(BY_LINK, {"token": token, "lang": language}).text


def test_a_refused_answer_keeps_its_reader_on_the_link_in_another_language(shop: Any, offer: str) -> None:
    token, client = token_of(shop), shop.company.anonymous()
    for sent, status in (({"version": 0, "answer": "accept"}, 409), ({"version": "none", "answer": "accept"}, 422)):
        refused = client.post(BY_LINK, {"token": token, **sent}, status=status)
        assert "Accepter" in in_french(client, refused).text
    with shop.company.system() as db:
        db.execute(sa.text("UPDATE action_link SET expires_at = now() - interval '1 day'"))
    closed = client.post(BY_LINK, {"token": token, "version": 1, "answer": "accept"}, status=410)
    assert "Ce lien a expiré" in in_french(client, closed, 410).text


def in_french(client: Any, page: Any, status: int = 200) -> Any:
    """Where the page's link to its French form leads."""
    (link,) = page.html.select('footer a[lang="fr"]')
    return client.get(link["href"], status=status)
