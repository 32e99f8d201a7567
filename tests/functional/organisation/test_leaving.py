"""A person leaves an organisation or a company by themselves, unless they are its only owner (TEN-5)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.tenancy.service import add_member
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

PAGE = "/account/companies"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def who(client: Client) -> Person:
    assert client.person is not None
    return client.person


def forms(client: Client) -> list[str]:
    """Where the page's dialogs lead."""
    page = client.get(PAGE)
    found = [one["action"] for one in page.html.find_all("form") if one.get("action", "").endswith("/leave")]
    return [one.removeprefix(client.prefix) for one in found]


def trail(company: Company, action: str) -> list[sa.Row]:
    with company.portal.superuser() as db:
        return list(db.execute(sa.text("SELECT * FROM audit_entry WHERE tenant_id = :t AND action = :a"), {"t": company.id, "a": action}))


def test_a_purchaser_leaves_the_last_organisation_and_with_it_the_company(company: Company) -> None:
    owner = company.customer()
    buyer = company.client(company.customer_person(who(owner).account_id, "Bea Buyer", role="purchaser"))
    account, _company = forms(buyer)
    assert "/organisations/" in account
    buyer.post(account, status=303)
    assert "/join" in buyer.get("/", status=303).location
    [entry] = trail(company, "organisation.left")
    assert (entry.actor, entry.subject_id) == (who(buyer).email, str(who(owner).account_id))
    assert "Bea Buyer" not in owner.get(f"/organisations/{who(owner).account_id}").text
    buyer.post(account, status="*")
    assert len(trail(company, "organisation.left")) == 1


def test_one_of_two_organisations_is_left(portal: Portal, company: Company) -> None:
    owner, other = company.customer(), company.customer()
    buyer = company.client(company.customer_person(who(owner).account_id, "Bea Buyer", role="purchaser"))
    with company.system() as db:
        db.execute(
            sa.text("INSERT INTO account_member (tenant_id, id, account_id, user_id, role) VALUES (:t, uuidv7(), :a, :u, 'viewer')"),
            {"t": company.id, "a": who(other).account_id, "u": who(buyer).id},
        )
    buyer.post(f"/account/organisations/{who(owner).account_id}/leave", status=303)
    page = buyer.get(PAGE).text
    assert "You do not act for this organisation any more" in page
    assert f"/account/organisations/{who(other).account_id}/leave" in page
    assert f"/account/organisations/{who(owner).account_id}/leave" not in page


def test_the_only_owner_hands_over_first_and_is_told_so_in_place(company: Company) -> None:
    owner = company.customer()
    company.customer_person(who(owner).account_id, "Bea Buyer", role="purchaser")
    for form in forms(owner):
        answer = owner.post(form, status=303)
        assert answer.location.endswith(PAGE)
        assert "Make somebody else its owner first" in owner.get(PAGE).text
    assert trail(company, "organisation.left") == []
    assert trail(company, "membership.left") == []


def test_who_leaves_approves_and_invites_nothing_any_more(portal: Portal, company: Company) -> None:
    owner = company.customer()
    account = who(owner).account_id
    finance = company.client(company.customer_person(account, "Fin Ance", role="owner"))
    named = company.customer_person(account, "Bea Buyer", role="purchaser", approver_id=who(finance).id, limit_amount=1, limit_currency="EUR")
    form = {"email": "somebody@example.com", "role": "viewer", "reach": "all"}
    finance.post(f"/organisations/{account}/invite", form, status=303)
    finance.post(f"/account/organisations/{account}/leave", status=303)
    with portal.superuser() as db:
        left = db.scalar(sa.text("SELECT approver_id FROM account_member WHERE user_id = :u"), {"u": named.id})
        status = db.scalar(sa.text("SELECT status FROM account_invitation WHERE invited_by = :u"), {"u": who(finance).id})
    assert (left, status) == (None, "revoked")


def test_nobody_leaves_for_another(company: Company) -> None:
    owner, stranger = company.customer(), company.customer()
    company.customer_person(who(owner).account_id, "Olga Other", role="owner")
    stranger.post(f"/account/organisations/{who(owner).account_id}/leave", status=404)
    company.admin().post(f"/account/organisations/{who(owner).account_id}/leave", status=404)


def test_whoever_works_for_a_company_leaves_it(company: Company) -> None:
    agent = company.agent()
    [leave] = forms(agent)
    agent.post(leave, status=303)
    assert "/join" in agent.get("/", status=303).location
    [entry] = trail(company, "membership.left")
    assert entry.actor == who(agent).email


@pytest.mark.parametrize("where", ["at another company", "at the portal", "as an operator", "by a program of another company"])
def test_the_company_that_is_left_has_it_in_its_trail_wherever_one_is(portal: Portal, company: Company, where: str) -> None:
    """And what somebody is at the other company, where they are staff, is not told."""
    other = portal.company()
    person = other.member("staff", ["agent"], "Abel Agent")
    if where == "as an operator":
        person = portal.person("Olga Operator", operator=True)
    with company.system() as db:
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
    at = other.client(person) if where == "at another company" else portal.client(person)
    if where == "by a program of another company":
        items = other.api(person).get("/memberships").json["items"]
        [mine] = [one for one in items if one["company"] == company.slug]
        other.api(person).delete(f"/memberships/{mine['id']}", status=204)
    else:
        at.post(f"/companies/{company.id}/leave", status=303)
    [entry] = trail(company, "membership.left")
    assert (entry.tenant_id, entry.actor, entry.actor_kind) == (company.id, person.email, "user")
    with portal.superuser() as db:
        rows = db.execute(sa.text("SELECT tenant_id FROM audit_entry WHERE action = 'membership.left' AND user_id = :u"), {"u": person.id})
        assert [row.tenant_id for row in rows] == [company.id]
    if where == "at another company":
        assert at.get("/notices").status_int == 200, "they are where they were"


def test_the_last_administrator_names_another_first(company: Company) -> None:
    admin = company.admin()
    company.agent()
    [leave] = forms(admin)
    assert admin.post(leave, status=303).location.endswith(PAGE)
    assert "You are the only administrator here" in admin.get(PAGE).text
    assert trail(company, "membership.left") == []
    other = company.admin()
    admin.post(leave, status=303)
    assert len(trail(company, "membership.left")) == 1
    other.post(leave, status=303)
    assert "You are the only administrator here" in other.get(PAGE).text


def test_a_purchaser_sees_their_own_limit(company: Company) -> None:
    owner = company.customer()
    place = {"role": "purchaser", "limit_amount": 250, "limit_currency": "EUR"}
    buyer = company.client(company.customer_person(who(owner).account_id, "Bea Buyer", **place))
    for page in (PAGE, "/approvals"):
        assert "You may order for up to €250.00 alone" in buyer.get(page).text.replace("\xa0", " "), page
        assert "You may order for up to" not in owner.get(page).text


def test_a_site_that_cannot_be_closed_says_why_on_its_own_page(company: Company) -> None:
    owner = company.customer()
    account = who(owner).account_id
    owner.post(f"/organisations/{account}/sites/new", {"name": "Lyon", "address": "Quai 1"}, status=303)
    with company.system() as db:
        site = db.scalar(sa.text("SELECT id FROM account_site WHERE account_id = :a"), {"a": account})
    company.customer_person(account, "Sid Site", role="purchaser", reach="site", site_ids=[site])
    path = f"/organisations/{account}/sites/{site}"
    page = owner.post(f"{path}/close", status=422)
    assert "Some see this site alone: Sid Site. Give them another one first." in page.text
    form = next(one for one in page.forms.values() if "name" in one.fields and one.action.endswith(path))
    assert form["name"].value == "Lyon"
    typed = owner.post(f"{path}/close", {"name": "Lyon Est", "address": "Quai 2"}, status=422)
    assert "Some see this site alone: Sid Site." in typed.text
    kept = next(one for one in typed.forms.values() if "name" in one.fields and one.action.endswith(path))
    assert (kept["name"].value, kept["address"].value) == ("Lyon Est", "Quai 2")
    assert typed.html.body["data-address"].endswith(path)  # reloading opens the site's page, and asks nothing
    assert "Lyon Est" not in owner.get(f"/organisations/{account}").text


def test_who_keeps_a_site_open_is_named_a_few_and_then_counted(company: Company) -> None:
    owner = company.customer()
    account = who(owner).account_id
    api = company.api(who(owner))
    site, other = (api.json("POST", f"/organisations/{account}/sites", {"name": name}).json["id"] for name in ("Lyon", "Nice"))

    def seeing(name: str, *sites: str) -> None:
        company.customer_person(account, name, role="purchaser", reach="site", site_ids=[UUID(one) for one in sites])

    def refusal(language: str = "en") -> str:
        answer = api.web.delete(f"{api.prefix}/organisations/{account}/sites/{site}?lang={language}", headers=api.headers, status=422)
        return answer.json["title"]

    seeing("Ben Both", site, other)
    seeing("Nina Nice", other)
    seeing("Cleo Site", site)
    seeing("Anna Site", site)
    assert refusal() == "Some see this site alone: Anna Site and Cleo Site. Give them another one first."
    for name in ("Dora Site", "Emil Site", "Finn Site"):
        seeing(name, site)
    assert "Anna Site, Cleo Site and Dora Site. Others who do: 2." in refusal()
    french, arabic = refusal("fr"), refusal("ar")
    for told in (french, arabic):
        assert "Dora Site" in told
        assert "2" in told
        assert "Emil" not in told
        assert "Some see" not in told
    with company.system() as db:
        db.execute(sa.text("UPDATE account_member SET reach = 'all' WHERE site_ids = ARRAY[cast(:s AS uuid)]"), {"s": site})
    api.web.delete(f"{api.prefix}/organisations/{account}/sites/{site}", headers=api.headers, status=204)
    with company.system() as db:
        left = db.scalars(sa.text("SELECT DISTINCT s::text FROM account_member, unnest(site_ids) s")).all()
    assert left == [other]
