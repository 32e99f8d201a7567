"""Staff look as a customer: with a reason, for a while, in one company, changing nothing (SEC-8)."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.identity.sso_company import entries

from portico.identity.see_as import service as see_as
from portico.identity.see_as.service import SeeingOnlyError
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

REASON = "She cannot find her order, ticket 4711"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def customer(company: Company) -> Person:
    return company.customer_person()


@pytest.fixture
def agent(company: Company) -> Client:
    return company.agent()


def membership(company: Company, person: Person) -> str:
    with company.system() as db:
        return str(db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": person.id}))


def look(company: Company, staff: Client, customer: Person, reason: str = REASON, status: object = 303):
    return staff.post(f"/admin/members/{membership(company, customer)}/see-as", {"reason": reason}, status=status)


def test_agent_sees_what_the_customer_sees_and_that_they_do(company: Company, agent: Client, customer: Person) -> None:
    look(company, agent, customer)
    page = agent.get("/")
    assert "You see what Carla Customer sees" in page.text
    assert "/see-as/end" in page.text
    assert agent.get("/admin/members", status="*").status_int == 403
    assert agent.get("/notices").status_int == 200
    [entry] = entries(company, "see-as.began")
    assert (entry.actor, entry.subject_id, entry.after["reason"]) == (agent.person.email, str(customer.id), REASON)


def test_the_end_gives_the_agent_back_to_themselves(company: Company, agent: Client, customer: Person) -> None:
    look(company, agent, customer)
    view = agent.web.cookies["portico_view"]
    done = agent.post("/see-as/end", status=303)
    assert done.location.endswith(f"/admin/members/{membership(company, customer)}")
    assert agent.get("/admin/members").status_int == 200
    agent.web.set_cookie("portico_view", view)
    assert agent.get("/admin/members").status_int == 200, "the view is over, whoever kept its token"
    [audited] = entries(company, "see-as.ended")
    assert (audited.actor, audited.actor_kind, audited.after["seen_as"]) == (agent.person.email, "staff", customer.email)


def test_without_a_reason_there_is_no_view(company: Company, agent: Client, customer: Person) -> None:
    assert look(company, agent, customer, "  ", 422).status_int == 422
    assert look(company, agent, customer, "x", 422).status_int == 422
    assert entries(company, "see-as.began") == []


def test_only_active_customers_and_only_with_the_permission(company: Company, agent: Client, customer: Person) -> None:
    colleague = company.member("staff", ["agent"], "Bea Colleague")
    assert look(company, agent, colleague, status=409).status_int == 409
    assert look(company, company.client(customer), customer, status="*").status_int == 403
    with company.system() as db:
        db.execute(sa.text("UPDATE membership SET status = 'inactive' WHERE user_id = :u"), {"u": customer.id})
    assert look(company, agent, customer, status=409).status_int == 409


def test_the_view_is_over_after_a_quarter_of_an_hour(company: Company, portal: Portal, agent: Client, customer: Person) -> None:
    look(company, agent, customer)
    with portal.superuser() as connection:
        left = connection.scalar(
            sa.text("SELECT extract(epoch FROM expires_at - now()) FROM web_session WHERE methods = '{see-as}' AND actor_id = :a"),
            {"a": agent.person.id},
        )
        assert 0 < left <= 15 * 60
        connection.execute(sa.text("UPDATE web_session SET expires_at = now() WHERE actor_id = :a"), {"a": agent.person.id})
    assert agent.get("/admin/members").status_int == 200
    assert "portico_view" not in agent.web.cookies


@pytest.mark.parametrize("change", ["UPDATE membership SET status = 'inactive' WHERE user_id = :a", "UPDATE membership SET roles = '{}' WHERE user_id = :a",
                                    "UPDATE app_user SET status = 'disabled' WHERE id = :a"], ids=["left", "role taken", "disabled"])
def test_whoever_may_not_any_more_sees_nothing_with_the_next_page(
    change: str, company: Company, portal: Portal, agent: Client, customer: Person
) -> None:
    look(company, agent, customer)
    assert agent.get("/notices").status_int == 200
    with portal.superuser() as connection:
        connection.execute(sa.text(change), {"a": agent.person.id})
    answer = agent.get("/notices", status="*")
    assert customer.name not in answer.text
    assert "You see what" not in answer.text


def test_the_view_is_of_one_company(company: Company, portal: Portal, agent: Client, customer: Person) -> None:
    other = portal.company()
    with other.system() as db:
        db.execute(
            sa.text(
                "INSERT INTO membership (tenant_id, id, user_id, kind, roles, display_name, email) "
                "VALUES (:t, uuidv7(), :u, 'customer', '{customer}', 'Carla', :e)"
            ),
            {"t": other.id, "u": customer.id, "e": customer.email},
        )
    look(company, agent, customer)
    view = agent.web.cookies["portico_view"]
    for client in (portal.client(None, other.prefix), portal.client()):
        client.web.set_cookie("portico_view", view)
        page = client.get("/notices" if client.prefix else "/account", status=303)
        assert "/sign-in?" in page.location
        client.web.set_cookie("portico", view)
        assert "/sign-in?" in client.get("/notices" if client.prefix else "/account", status=303).location


@pytest.mark.without("portico.identity.see_as.service:begin SeeingOnlyError")
def test_not_even_past_the_pages_is_there_a_view_out_of_a_view(company: Company, agent: Client, customer: Person) -> None:
    scope = replace(company.scope(agent.person), actor_id=company.agent().person.id)
    with pytest.raises(SeeingOnlyError), company.portal.parts.sessions.scoped(scope) as db:
        see_as.begin(db, UUID(membership(company, customer)), REASON, "tests")


def test_no_view_out_of_a_view(company: Company, agent: Client, customer: Person) -> None:
    other = company.customer_person(name="Otto Other")
    look(company, agent, customer)
    path = f"/admin/members/{membership(company, other)}/see-as"
    assert agent.get(path, status=403).status_int == 403
    assert agent.post(path, {"reason": REASON}, status=403).status_int == 403
    assert len(entries(company, "see-as.began")) == 1


def test_the_customer_finds_it_among_their_devices_and_can_end_it(company: Company, agent: Client, customer: Person) -> None:
    look(company, agent, customer)
    own = company.client(customer)
    assert "The company&#39;s staff, as you" in own.get("/account/devices").text.replace("'", "&#39;")
    own.post("/account/devices/end-others", status=303)
    assert agent.get("/admin/members").status_int == 200


def test_a_write_that_a_page_would_do_is_refused_by_the_database(
    company: Company, portal: Portal, agent: Client, customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(company, agent, customer)
    from portico.notify import views

    def writes(context: None, request: object) -> dict[str, object]:
        request.db.execute(sa.text("UPDATE notification SET read_at = now()"))  # type: ignore[attr-defined]
        return {}

    spec = next(one for one in portal.parts.routes if one.name == "notices.list")
    monkeypatch.setattr(views, "listing", writes)
    object.__setattr__(spec, "view", writes)
    try:
        answer = agent.get("/notices", status="*")
    finally:
        monkeypatch.undo()
        object.__setattr__(spec, "view", views.listing)
    assert answer.status_int == 403
    assert "nothing can be changed here" in answer.text


@pytest.mark.parametrize("how", ["password", "reset", "others", "one", "sign-out", "all"])
def test_the_view_ends_with_the_sessions_of_whoever_looks(
    how: str, company: Company, portal: Portal, agent: Client, customer: Person
) -> None:
    assert agent.person is not None
    look(company, agent, customer)
    view = agent.web.cookies["portico_view"]
    elsewhere = company.client(agent.person)
    if how == "password":
        new = "another quite long sentence"
        elsewhere.post("/account/password", {"current": Person.PASSWORD, "password": new}, status=303)
    elif how == "others":
        elsewhere.post("/account/devices/end-others", status=303)
    elif how == "one":
        with portal.superuser() as db:
            query = sa.text("SELECT id FROM web_session WHERE user_id = :u AND actor_id IS NULL ORDER BY created_at LIMIT 1")
            session = db.scalar(query, {"u": agent.person.id})
        elsewhere.post(f"/account/devices/{session}/end", status=303)
    elif how == "sign-out":
        elsewhere.post("/sign-out", status=303)
    elif how == "reset":
        company.anonymous().post("/forgot", {"email": agent.person.email, "__formid__": "form"}, status=303)
        token = re.search(r"token=([\w-]+)", portal.mails(agent.person.email)[-1].text)
        assert token
        new = {"token": token[1], "password": "another quite long sentence", "__formid__": "form"}
        company.anonymous().post("/reset", new, status=303)
    else:
        with portal.superuser() as db:
            assert db.scalar(sa.text("SELECT session_end_all(:u, NULL)"), {"u": agent.person.id})
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM web_session WHERE actor_id = :a"), {"a": agent.person.id}) == 0
    stolen = company.anonymous()
    stolen.web.set_cookie("portico_view", view)
    assert "/sign-in?" in stolen.get("/notices", status=303).location
    company.client(customer).get("/notices", status=200)
