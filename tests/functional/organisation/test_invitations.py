"""Invitations: for people with and without a login, to one address, once, for a week; telling nobody of anybody (TEN-5)."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.functional.organisation.conftest import Organisation

from portico.tenancy.service import admit
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Portal

PASSWORD = "a quite long sentence"


def an_address() -> str:
    return f"nora-{secrets.token_hex(5)}@example.com"


def token_of(link: str) -> str:
    return link.partition("token=")[2]


def accept(client: Client, link: str, status: int = 303):
    return client.post("/invitation", {"token": token_of(link)}, status=status)


def enrol(organisation: Organisation, link: str, name: str = "Nora New", status: int = 303) -> Client:
    browser = organisation.company.anonymous()
    fields = {"token": token_of(link), "name": name, "password": PASSWORD, "__formid__": "form"}
    browser.post("/invitation", fields, status=status)
    return browser


def test_somebody_without_a_login_makes_one_and_joins(organisation: Organisation) -> None:
    email = an_address()
    page = organisation.owner.post(
        f"{organisation.path}/invite",
        {"__formid__": "form", "email": email.upper(), "role": "viewer", "reach": "own", "limit": ""},
        status=303,
    )
    assert page.location.endswith(organisation.path)
    assert email in organisation.owner.get(organisation.path)
    browser = enrol(organisation, organisation.link(email))
    browser.get("/", status=200)
    assert "Nora New" in organisation.owner.get(organisation.path)
    [told] = [one for one in organisation.api.get(organisation.path).json["members"] if one["email"] == email]
    assert (told["name"], told["role"], told["reach"]) == ("Nora New", "viewer", "own")
    assert organisation.api.get(organisation.path).json["invitations"] == []
    assert organisation.audited("organisation.invited").after == {"email": email, "role": "viewer"}
    assert organisation.audited("organisation.joined").after == {"account": str(organisation.account)}
    # The password is theirs from now on.
    again = organisation.company.anonymous()
    again.post("/sign-in", {"email": email, "password": PASSWORD, "__formid__": "form"}, status=303)
    again.get("/", status=200)


def test_somebody_with_a_login_signs_in_and_accepts(portal: Portal, organisation: Organisation) -> None:
    person = portal.person("Lea Login")
    link = organisation.invite(person.email, "finance")
    stranger = organisation.company.anonymous()
    assert "Sign in to accept" in stranger.get(link)
    fields = {"token": token_of(link), "name": "Evil", "password": PASSWORD, "__formid__": "form"}
    refused = stranger.post("/invitation", fields, status=303)  # the login that is there is not touched
    assert "/sign-in" in refused.location
    client = portal.client(person, organisation.company.prefix)
    assert "Accept the invitation" in client.get(link)
    accept(client, link)
    client.get("/", status=200)
    assert organisation.member(person).role == "finance"
    organisation.company.anonymous().post(
        "/sign-in", {"email": person.email, "password": Person.PASSWORD, "__formid__": "form"}, status=303
    )


def test_link_works_once_also_in_parallel(portal: Portal, organisation: Organisation) -> None:
    person = portal.person("Lea Login")
    link = organisation.invite(person.email)
    clients = [portal.client(person, organisation.company.prefix) for _ in range(4)]
    for client in clients:
        client.token()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: accept(one, link, "*").status_int, clients))
    assert sorted(answers) == [303, 410, 410, 410]
    assert "If you have joined, sign in" in organisation.company.anonymous().get(link, status=410).text


def test_looking_at_the_link_changes_nothing(organisation: Organisation) -> None:
    link = organisation.invite(an_address())
    for _ in range(2):
        assert "Acme" in organisation.company.anonymous().get(link, status=200)


@pytest.mark.parametrize("end", ["expired", "revoked", "resent", "suspended"])
def test_link_that_has_ended_does_nothing(portal: Portal, organisation: Organisation, end: str) -> None:
    person = portal.person("Lea Login")
    link = organisation.invite(person.email)
    [row] = organisation.api.get(organisation.path).json["invitations"]
    if end == "expired":
        with portal.superuser() as db:
            db.execute(sa.text("UPDATE account_invitation SET expires_at = now() - interval '1 s' WHERE id = :i"), {"i": row["id"]})
    elif end == "revoked":
        organisation.api.delete(f"{organisation.path}/invitations/{row['id']}", status=204)
        assert organisation.audited("organisation.invitation-revoked").before == {"email": person.email}
    elif end == "resent":
        organisation.owner.post(f"{organisation.path}/invitations/{row['id']}/resend", status=303)
    else:
        with portal.superuser() as db:
            db.execute(sa.text("UPDATE account SET status = 'closed' WHERE id = :a"), {"a": organisation.account})
    client = portal.client(person, organisation.company.prefix)
    client.get(link, status=410)
    accept(client, link, 410)
    assert organisation.member(person) is None
    if end == "resent":
        accept(client, organisation.link(person.email))


def test_invitation_that_ran_out_is_sent_again_or_made_anew(portal: Portal, organisation: Organisation) -> None:
    email = an_address()
    organisation.invite(email)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE account_invitation SET expires_at = now() - interval '1 s' WHERE email = :e"), {"e": email})
    assert "Ended" in organisation.owner.get(organisation.path)
    enrol(organisation, organisation.invite(email))


@pytest.mark.without("portico.organisation.invitations:_taken _REFUSALS")
def test_invitation_is_for_its_address_alone(portal: Portal, organisation: Organisation) -> None:
    link = organisation.invite(an_address())
    other = portal.client(portal.person("Otto Other"), organisation.company.prefix)
    assert "signed in with another address" in other.get(link)
    accept(other, link, 403)
    assert len(organisation.api.get(organisation.path).json["members"]) == 1


def test_nobody_learns_whether_an_address_has_a_login(portal: Portal, organisation: Organisation) -> None:
    known, unknown, bare = portal.person("Lea Login").email, an_address(), an_address()
    with portal.superuser() as connection:
        connection.execute(sa.text("SELECT user_register(:e, 'N', NULL, 'en')"), {"e": bare})
    answers, mails = [], set()
    for email in (known, unknown, bare):
        answer = organisation.api.json("post", f"{organisation.path}/invitations", {"email": email, "role": "viewer"}, status=201)
        answers.append({name: value for name, value in answer.json.items() if name not in ("id", "email", "sent_at", "expires_at")})
        assert email in organisation.owner.get(organisation.path)
        [mail] = portal.mails(email)
        mails.add((mail.subject, mail.text.replace(organisation.link(email), "")))
    assert answers[0] == answers[1] == answers[2]
    assert len(mails) == 1


def test_inviting_sends_the_same_statements_whoever_it_is(portal: Portal, organisation: Organisation) -> None:
    """No look-up that could take longer for one than for another."""
    client, statements = organisation.api, []
    # The process reads the company's words of mails with the first of them, whoever it is for.
    client.json("post", f"{organisation.path}/invitations", {"email": an_address(), "role": "viewer"}, status=201)
    for email in (portal.person("Lea Login").email, an_address()):
        client.json("post", f"{organisation.path}/invitations", {"email": email, "role": "viewer"}, status=201)
        statements.append(list(client.queries))
    assert statements[0] == statements[1]


def test_a_login_that_was_never_confirmed_belongs_to_the_holder_of_the_link(portal: Portal, organisation: Organisation) -> None:
    """Somebody else may have registered the address with a password of their own."""
    email = an_address()
    with portal.superuser() as connection:
        connection.execute(sa.text("SELECT user_register(:e, 'Evil', :h, 'en')"), {"e": email, "h": Person.HASH})
    enrol(organisation, organisation.invite(email), "Nora New").get("/", status=200)
    thief = organisation.company.anonymous()
    thief.post("/sign-in", {"email": email, "password": Person.PASSWORD, "__formid__": "form"}, status=401)


def test_colleagues_and_the_invited_are_not_invited_twice(organisation: Organisation) -> None:
    colleague, email = organisation.join("Cleo League", "viewer"), an_address()
    organisation.invite(email)
    assert colleague.person is not None
    for address in (colleague.person.email, email):
        answer = organisation.api.json(
            "post", f"{organisation.path}/invitations", {"email": address, "role": "viewer"}, status=422
        )
        assert [one["pointer"] for one in answer.json["errors"]] == ["/email"]


def test_two_organisations_invite_the_same_person(portal: Portal, organisation: Organisation) -> None:
    person, company = portal.person("Lea Login"), organisation.company
    second = company.account("Bolt")
    other = Organisation(company, second, company.client(company.customer_person(second)))
    client = portal.client(person, company.prefix)
    for one, role in ((organisation, "owner"), (other, "viewer")):
        accept(client, one.invite(person.email, role))
    assert (organisation.member(person).role, other.member(person).role) == ("owner", "viewer")
    client.get(organisation.path, status=200)
    client.get(other.path, status=403)  # an owner there is not one here


def test_whom_the_company_sent_away_no_invitation_brings_back(portal: Portal, organisation: Organisation) -> None:
    gone = organisation.join("Gina Gone", "viewer")
    assert gone.person is not None
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": gone.person.id}).one()
    organisation.company.agent().post(f"/admin/members/{row.id}/deactivate", status=303)
    accept(gone, organisation.invite(gone.person.email), 403)
    gone.get("/", status=303)


def test_whom_the_organisation_removed_can_come_back(organisation: Organisation) -> None:
    gone = organisation.join("Gina Gone", "viewer")
    assert gone.person is not None
    organisation.owner.post(f"{organisation.path}/members/{organisation.member_id(gone)}/remove", status=303)
    gone.get("/", status=303)
    accept(gone, organisation.invite(gone.person.email, "finance"))
    gone.get("/", status=200)
    assert organisation.member(gone.person).role == "finance"


def test_staff_of_the_company_do_not_become_its_customers(organisation: Organisation) -> None:
    agent = organisation.company.agent()
    assert agent.person is not None
    accept(agent, organisation.invite(agent.person.email), 409)
    agent.get("/admin/members", status=200)


def test_open_invitations_of_who_is_no_owner_any_more_are_dead(portal: Portal, organisation: Organisation) -> None:
    second = organisation.join("Sam Second", "owner")
    assert second.person is not None
    email = an_address()
    organisation.company.api(second.person).json(
        "post", f"{organisation.path}/invitations", {"email": email, "role": "owner"}, status=201
    )
    organisation.api.delete(f"{organisation.path}/members/{organisation.member_id(second)}", status=204)
    organisation.company.anonymous().get(organisation.link(email), status=410)


def test_who_is_barred_comes_back_by_no_address_that_they_invited(portal: Portal, organisation: Organisation) -> None:
    owner, email = organisation.owner, an_address()
    assert owner.person is not None
    organisation.join("Sam Second", "owner")
    organisation.api.json("post", f"{organisation.path}/invitations", {"email": email, "role": "owner"}, status=201)
    with organisation.company.system() as db:
        query = sa.text("SELECT id FROM membership WHERE user_id = :user")
        membership_id = db.scalar(query, {"user": owner.person.id})
    organisation.company.admin().post(f"/admin/members/{membership_id}/deactivate", status=303)
    organisation.company.anonymous().get(organisation.link(email), status=410)


@pytest.mark.without("portico.organisation.invitations:_limit TooManyRequestsError")
def test_invitations_are_limited_by_address(organisation: Organisation) -> None:
    email = an_address()
    organisation.invite(email)
    [row] = organisation.api.get(organisation.path).json["invitations"]
    answers = [
        organisation.api.json("post", f"{organisation.path}/invitations/{row['id']}/resend", status="*").status_int
        for _ in range(5)
    ]
    assert answers == [200, 200, 200, 200, 429]


def test_link_of_one_company_is_nothing_in_another(portal: Portal, organisation: Organisation) -> None:
    link = organisation.invite(an_address())
    portal.company(plugins=[]).anonymous().get(link, status=410)


def test_mail_is_in_the_companys_name(portal: Portal, organisation: Organisation) -> None:
    email = an_address()
    organisation.invite(email)
    with portal.superuser() as db:
        mail = db.execute(sa.text("SELECT * FROM mail WHERE recipient = :e"), {"e": email}).one()
    assert organisation.company.tenant.name in mail.html
    assert "Olive Owner" in mail.text
    assert "Acme" in mail.subject


def test_who_makes_a_login_by_an_invitation_accepts_what_everybody_does(
    portal: Portal, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = replace(portal.settings, terms_version="2026-10", terms_url="https://example.com/terms")
    monkeypatch.setattr(portal.parts, "settings", stated)
    email = an_address()
    link, browser = organisation.invite(email), organisation.company.anonymous()
    assert "https://example.com/terms" in browser.get(link)
    body = {"token": token_of(link), "name": "Nora New", "password": PASSWORD, "__formid__": "form"}
    browser.post("/invitation", body, status=422)
    browser.post("/invitation", body | {"terms": "true"}, status=303)
    with portal.superuser() as db:
        query = "SELECT c.version FROM consent c JOIN app_user u ON u.id = c.user_id WHERE u.email = :e"
        assert db.scalars(sa.text(query), {"e": email}).all() == ["2026-10"]


@pytest.mark.parametrize("way", ["removed", "left the organisation", "left the company", "sent away by staff"])
def test_leftover_invitation_brings_nobody_back(portal: Portal, organisation: Organisation, way: str) -> None:
    """Invited as finance, become a viewer another way meanwhile, and then gone: the mail is worth nothing any more."""
    person, admin, account = portal.person("Lea Login"), organisation.company.admin(), organisation.account
    link = organisation.invite(person.email, "finance")
    client = portal.client(person, organisation.company.prefix)
    client.post("/join", {"claim": "X", "__formid__": "form"}, status=303)
    with organisation.company.system() as db:
        membership_id = db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": person.id})
        admit(db, membership_id, account, "viewer")
    assert organisation.member(person).role == "viewer"
    assert client.get(link, status=200)
    if way == "removed":
        organisation.owner.post(f"{organisation.path}/members/{organisation.member(person).id}/remove", status=303)
    elif way == "left the organisation":
        client.post(f"/account/organisations/{account}/leave", status=303)
    elif way == "left the company":
        client.post(f"/companies/{organisation.company.id}/leave", status=303)
    else:
        admin.post(f"/admin/members/{membership_id}/deactivate", status=303)
    client.get(link, status=410)
    accept(client, link, 410)
    client.get("/", status=303)
    assert client.get("/", status=303).location.partition("?")[0].endswith("/join")
