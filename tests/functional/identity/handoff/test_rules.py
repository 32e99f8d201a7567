"""What a company asks for holds at its own host, too (SEC-8)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.functional.identity.handoff.way import AT_HOME, CODES, Way, came, changed, own_host, path_of, refused
from tests.functional.identity.test_second_factor import code as code_of
from tests.functional.identity.test_second_factor import set_up

from portico.testing.portal import Company, Portal


def test_who_was_disabled_is_not_let_in(way: Way) -> None:
    path = way.coded()
    way.sql("UPDATE app_user SET status = 'disabled' WHERE id = :u")
    refused(way, path, "Your account is switched off", noted=True)


def test_a_membership_that_was_ended_is_no_way_in(way: Way) -> None:
    at, ended = way.begun(), "UPDATE membership SET status = 'inactive', barred = true WHERE user_id = :u AND tenant_id = :t"
    path = way.coded(at)
    way.sql(ended)
    page = way.home.get(at)
    assert "You are no member here any more" in page.html.h1.text
    assert not page.html.select("main form button")
    assert "You are no member here any more" in way.home.post(at, status=200).html.h1.text, "and no code is made"
    refused(way, path, "You are no member here any more", noted=True)


def test_a_company_that_was_suspended_is_none(way: Way) -> None:
    at = way.begun()
    way.sql("UPDATE tenant SET status = 'suspended' WHERE id = :t")
    way.home.get(at, status=404)
    way.home.post(at, status=404)


@pytest.mark.parametrize("role", ["customer", "owner"])
def test_the_companys_second_factor_is_asked_for_first(way: Way, role: str) -> None:
    """Of a role in the company, or in a customer's organisation."""
    way.sql("UPDATE web_session SET second_factor = false WHERE user_id = :u")
    at, path = way.begun(), way.coded()
    changed(way, second_factor=[role])
    page = way.home.get(at)
    assert "A second factor is needed first" in page.html.h1.text
    assert page.html.find("a", class_="btn-primary")["href"].startswith(f"{way.company.prefix}/account/security?next=%2Fc%2F")
    refused(way, path, "A second factor is needed first", noted=True)
    set_up(way.home)
    way.arrived()
    assert way.there.get("/notices").status_int == 200


def test_a_rule_that_comes_later_sends_back_to_where_the_account_is(way: Way) -> None:
    way.sql("UPDATE web_session SET second_factor = false WHERE user_id = :u")
    way.arrived()
    changed(way, second_factor=["customer"])
    sent = way.there.get("/notices", status=303)
    assert path_of(sent.location) == "/sign-in?next=%2Fnotices"
    at = path_of(way.there.get(path_of(sent.location), status=303).location)
    assert "A second factor is needed first" in way.home.get(at).html.h1.text


def test_who_set_up_a_factor_meanwhile_is_asked_for_it_at_the_portals_host(portal: Portal, way: Way) -> None:
    way.sql("UPDATE web_session SET second_factor = false WHERE user_id = :u")
    way.arrived()
    another = portal.client(way.person)
    secret = set_up(another)
    at = path_of(way.there.get("/sign-in?next=/notices", status=303).location)
    assert path_of(way.there.get("/notices", status=303).location) == "/sign-in?next=%2Fnotices"
    gate = way.home.get(at, status=303)
    assert "/second-factor?" in gate.location
    form = way.home.get(path_of(gate.location)).html.find("input", attrs={"name": "csrf_token"})["value"]
    way.home.post(path_of(gate.location), {"code": code_of(secret), "csrf_token": form}, csrf=False, status=303)
    came(way.there, path_of(way.home.get(at, status=303).location))
    assert way.there.get("/notices").status_int == 200


def test_limits_are_the_companys(way: Way) -> None:
    changed(way, session_hours=8, idle_minutes=240)
    way.sql("UPDATE web_session SET created_at = now() - interval '9 hours' WHERE user_id = :u")
    assert "/sign-in?next=" in way.home.get(way.begun(), status=303).location
    way.sql("UPDATE web_session SET created_at = now() - interval '7 hours' WHERE user_id = :u")
    way.arrived()
    way.sql("UPDATE web_session SET last_seen_at = now() - interval '239 minutes' WHERE user_id = :u AND origin_id IS NOT NULL")
    assert way.there.get("/notices").status_int == 200
    way.sql("UPDATE web_session SET last_seen_at = now() - interval '241 minutes' WHERE user_id = :u AND origin_id IS NOT NULL")
    assert "/sign-in?" in way.there.get("/notices", status=303).location
    way.sql("UPDATE web_session SET last_seen_at = now(), created_at = created_at - interval '2 hours' WHERE user_id = :u")
    assert "/sign-in?" in way.there.get("/notices", status=303).location


def test_staff_bound_to_the_companys_sign_in_are_sent_there(portal: Portal, company: Company) -> None:
    person = company.member("staff", ["agent"], "Abel Agent")
    way = Way(portal, company, person, portal.client(person), own_host(portal, company))
    changed(way, sso_staff_must=True)
    page = way.home.get(way.begun(next="/notices"))
    assert "Use the company's own sign-in" in page.html.h1.text
    assert page.html.find("a", class_="btn-primary")["href"] == f"{way.own}/sign-in/sso?next=%2Fnotices"


def test_the_companys_sign_in_is_at_its_own_host_and_keeps_where_one_wants_to_go(way: Way) -> None:
    sent = way.company.anonymous().get("/sign-in/sso", {"next": f"{way.company.prefix}/notices"}, status=303)
    assert sent.location == f"{way.own}/sign-in/sso?next=%2Fnotices&moved=yes"


@pytest.mark.parametrize("made", ["methods = '{sso}'", "methods = '{password,handoff}'", "tenant_id = :t", "actor_id = user_id"])
def test_what_a_company_made_is_never_handed_over(way: Way, made: str) -> None:
    """Decision 0022: neither by the pages nor, were they wrong, by the database."""
    at = way.begun()
    token = way.home.token()
    way.sql(f"UPDATE web_session SET {made} WHERE user_id = :u")
    answer = way.home.web.post(at, {"csrf_token": token}, status="*")
    assert "code=" not in answer.headers.get("Location", "")
    with way.portal.superuser() as connection:
        scope = "SELECT set_config('portico.user_id', :u, true), set_config('portico.tenant_id', :t, true)"
        connection.execute(sa.text(scope), {"u": str(way.person.id), "t": str(way.company.id)})
        asked = "SELECT handoff_begin((SELECT id FROM web_session WHERE user_id = :u), 'x', :h, 'challenge', '60 s')"
        assert connection.scalar(sa.text(asked), {"u": way.person.id, "h": way.host}) == "code"
    assert way.sql(CODES) == []


def test_a_session_that_was_handed_over_goes_no_further(portal: Portal, way: Way) -> None:
    """Also where its cookie is shown at the portal's host."""
    way.arrived()
    other = portal.company()
    own_host(portal, other)
    thief = portal.client()
    thief.set_session(way.there.web.cookies["portico"])
    at = f"{other.prefix}/sign-in/continue?challenge={'0' * 64}"
    assert "/sign-in?next=" in thief.get(at, status=303).location
    assert way.there.get(f"/sign-in/continue?challenge={'0' * 64}", status=303).location.startswith(f"http://{AT_HOME}{way.onward}?")


def test_tries_are_counted(way: Way) -> None:
    specs = [one for one in way.portal.parts.routes if one.name in ("identity.handoff", "identity.handoff_arrive")]
    assert {(one.name, one.method, one.rate) for one in specs} == {
        ("identity.handoff", "GET", "read"),
        ("identity.handoff", "POST", "sensitive"),
        ("identity.handoff_arrive", "GET", "anonymous"),
    }
