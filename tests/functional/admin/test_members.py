"""Members and roles: letting in, inviting, changing, ending; nobody gives or takes what they lack."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from portico.admin import people
from portico.errors import ConflictError, ForbiddenError
from portico.tenancy import service
from portico.tenancy.models import TenantRole
from portico.testing.client import Client
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=[], signup="approval")


def membership(portal: Portal, company: Company, email: str) -> Any:
    with portal.superuser() as db:
        return db.execute(
            sa.text("SELECT * FROM membership WHERE tenant_id = :t AND email = :e"), {"t": company.id, "e": email}
        ).one()


def mail_to(portal: Portal, email: str) -> Any:
    return portal.mails(email)[-1]


def asks(portal: Portal, company: Company, claim: str = "") -> Any:
    person = portal.person("Wanda Waiting")
    portal.client(person, company.prefix).post("/join", {"claim": claim, "__formid__": "form"}, status=303)
    return membership(portal, company, person.email)


def roles(*names: str) -> list[tuple[str, str]]:
    return [
        ("__formid__", "form"),
        ("__start__", "roles:sequence"),
        *(("checkbox", name) for name in names),
        ("__end__", "roles:sequence"),
    ]


def test_who_waits_comes_first_and_is_let_in_with_a_new_account(portal: Portal, company: Company) -> None:
    row = asks(portal, company, "inv-77")
    agent = company.agent()
    assert "Wanda Waiting" in agent.get("/admin/members")
    page = agent.get(f"/admin/members/{row.id}")
    assert 'value="INV-77"' in page
    agent.post(
        f"/admin/members/{row.id}",
        {"__formid__": "form", "account": "", "name": "Wanda Ltd", "erp_ref": "C-900"},
        status=303,
    )
    assert membership(portal, company, row.email).status == "active"
    with portal.superuser() as db:
        account = db.execute(sa.text("SELECT name, erp_ref FROM account WHERE tenant_id = :t"), {"t": company.id}).one()
    assert tuple(account) == ("Wanda Ltd", "C-900")
    assert "approved" in mail_to(portal, row.email).text


def test_an_existing_account_is_chosen(portal: Portal, company: Company) -> None:
    row, account = asks(portal, company), company.account("Known Ltd", "C-1")
    admin = company.admin()
    assert "Known Ltd (C-1)" in admin.get(f"/admin/members/{row.id}")
    admin.post(
        f"/admin/members/{row.id}",
        {"__formid__": "form", "account": str(account), "name": "", "erp_ref": ""},
        status=303,
    )
    with portal.superuser() as db:
        assert (
            db.scalar(sa.text("SELECT account_id FROM account_member WHERE user_id = :u"), {"u": row.user_id})
            == account
        )


@pytest.mark.parametrize(
    "values",
    [
        {"account": "", "name": " ", "erp_ref": ""},
        {"account": "", "name": "Other", "erp_ref": "C-1"},  # another account has this number
        {"account": "not-an-id", "name": "", "erp_ref": ""},
        {"account": "00000000-0000-0000-0000-000000000001", "name": "", "erp_ref": ""},
        {"account": "", "name": "x" * 201, "erp_ref": ""},
    ],
)
def test_an_account_that_cannot_be_meant_lets_nobody_in(
    portal: Portal, company: Company, values: dict[str, str]
) -> None:
    row = asks(portal, company)
    company.account("Known Ltd", "C-1")
    company.admin().post(f"/admin/members/{row.id}", {"__formid__": "form", **values}, status=422)
    assert membership(portal, company, row.email).status == "pending"


def test_an_account_of_another_company_is_none(portal: Portal, company: Company) -> None:
    row, foreign = asks(portal, company), portal.company(plugins=[]).account("Foreign")
    company.admin().post(
        f"/admin/members/{row.id}",
        {"__formid__": "form", "account": str(foreign), "name": "", "erp_ref": ""},
        status=422,
    )


def test_a_deactivated_customer_is_out_with_the_next_request(portal: Portal, company: Company) -> None:
    customer, admin = company.customer(), company.admin()
    customer.get("/", status=200)
    row = membership(portal, company, customer.person.email)
    admin.post(f"/admin/members/{row.id}/deactivate", status=303)
    answer = customer.get("/", status=303)
    assert urlsplit(answer.location).path.endswith("/join")
    admin.post(
        f"/admin/members/{row.id}",
        {"__formid__": "form", "account": str(customer.person.account_id), "name": "", "erp_ref": ""},
        status=303,
    )
    customer.get("/", status=200)


def test_an_invitation_leads_to_a_password_and_into_the_administration(portal: Portal, company: Company) -> None:
    admin = company.admin()
    email = f"new-{company.slug}@example.com"
    admin.post("/admin/invite", [("name", "Nina New"), ("email", email), *roles("agent")], status=303)
    link = re.search(r"http://\S+/reset\?\S+", mail_to(portal, email).text)
    assert link
    guest = company.anonymous()
    token = re.search(r"token=([^&\s]+)", link[0])[1]  # type: ignore[index]
    guest.get(f"/reset?token={token}", status=200)
    guest.post("/reset", {"__formid__": "form", "token": token, "password": "a quiet green river"}, status=303)
    guest.get("/admin", status=200)
    guest.get("/admin/plugins", status=403)  # an agent


def test_an_invitation_of_somebody_who_has_a_password_carries_no_key(portal: Portal, company: Company) -> None:
    person = portal.person("Paul Password")
    company.admin().post("/admin/invite", [("name", "Paul"), ("email", person.email), *roles("agent")], status=303)
    text = mail_to(portal, person.email).text
    assert "/sign-in" in text
    assert "token=" not in text


@pytest.mark.parametrize(
    ("email", "status"), [("no address", 422), ("a@b.example,c@d.example", 422), ("x" * 300 + "@example.com", 422)]
)
def test_an_address_that_is_none_is_refused(company: Company, email: str, status: int) -> None:
    company.admin().post("/admin/invite", [("name", "N"), ("email", email), *roles("agent")], status=status)


def test_a_member_is_not_invited_again(portal: Portal, company: Company) -> None:
    customer = company.customer()
    company.admin().post(
        "/admin/invite", [("name", "N"), ("email", customer.person.email), *roles("agent")], status=409
    )
    assert membership(portal, company, customer.person.email).kind == "customer"


@pytest.mark.parametrize("names", [(), ("customer",), ("emperor",), ("agent", "emperor")])
def test_roles_that_are_not_offered_are_refused(portal: Portal, company: Company, names: tuple[str, ...]) -> None:
    agent, admin = company.agent(), company.admin()
    row = membership(portal, company, agent.person.email)
    admin.post(f"/admin/members/{row.id}", roles(*names), status=422)
    assert membership(portal, company, agent.person.email).roles == ["agent"]


def test_a_change_of_roles_is_there_with_the_next_request(portal: Portal, company: Company) -> None:
    agent, admin = company.agent(), company.admin()
    agent.get("/admin/plugins", status=403)
    row = membership(portal, company, agent.person.email)
    admin.post(f"/admin/members/{row.id}", roles("admin"), status=303)
    agent.get("/admin/plugins", status=200)
    admin.post(f"/admin/members/{row.id}", roles("agent"), status=303)
    agent.get("/admin/plugins", status=403)


@pytest.mark.without("portico.admin.people:_within BeyondOwnRightsError")
def test_nobody_gives_or_takes_what_they_lack(portal: Portal, company: Company) -> None:
    """An agent looks after members, and must not make an administrator of a friend, nor unmake one."""
    agent, friend, admin = company.agent(), company.agent(), company.admin()
    for row, names in (
        (membership(portal, company, friend.person.email), ("admin",)),
        (membership(portal, company, admin.person.email), ("agent",)),
    ):
        agent.post(f"/admin/members/{row.id}", roles(*names), status=403)
    agent.post(f"/admin/members/{membership(portal, company, admin.person.email).id}/deactivate", status=403)
    agent.post(
        "/admin/invite", [("name", "N"), ("email", f"n-{company.slug}@example.com"), *roles("admin")], status=403
    )
    assert membership(portal, company, admin.person.email).status == "active"
    agent.post(
        "/admin/invite", [("name", "N"), ("email", f"n-{company.slug}@example.com"), *roles("agent")], status=303
    )


def test_nobody_changes_themselves(portal: Portal, company: Company) -> None:
    admin = company.admin()
    row = membership(portal, company, admin.person.email)
    assert "This is you" in admin.get(f"/admin/members/{row.id}")
    admin.post(f"/admin/members/{row.id}/deactivate", status=409)
    assert membership(portal, company, admin.person.email).status == "active"


@pytest.mark.without("portico.admin.people:_changeable ConflictError")
def test_not_even_past_the_pages_does_one_change_oneself(portal: Portal, company: Company) -> None:
    admin = company.admin()
    row = membership(portal, company, admin.person.email)
    with pytest.raises(ConflictError), company.scope_of(admin.person) as db:
        people.change_roles(db, portal.parts, row.id, ["agent"])
    assert membership(portal, company, admin.person.email).roles == ["admin"]


@pytest.mark.without("portico.tenancy.service:deactivate ConflictError")
def test_nor_does_one_end_oneself(portal: Portal, company: Company) -> None:
    admin, another = company.admin(), company.admin()
    row, theirs = (membership(portal, company, one.person.email) for one in (admin, another))
    with pytest.raises(ConflictError), company.scope_of(admin.person) as db:
        service.deactivate(db, row.id)
    with company.scope_of(admin.person) as db:
        service.deactivate(db, theirs.id)
    assert membership(portal, company, admin.person.email).status == "active"
    assert membership(portal, company, another.person.email).status == "inactive"


@pytest.mark.without("portico.tenancy.service:request_membership JoinRefusedError")
def test_a_company_that_takes_nobody_takes_nobody(portal: Portal) -> None:
    closed = portal.company(plugins=[], signup="closed")
    person = portal.person("Nell Nobody")
    portal.client(person, closed.prefix).post("/join", {"claim": "", "__formid__": "form"}, status=403)


@pytest.mark.without("portico.admin.people:_within ForbiddenError")
def test_whoever_was_sent_away_meanwhile_changes_not_even_a_customer(portal: Portal, company: Company) -> None:
    first, second = company.admin(), company.admin()
    own, customer = (membership(portal, company, one.person.email) for one in (second, company.customer()))
    with company.scope_of(second.person) as db:
        first.post(f"/admin/members/{own.id}/deactivate", status=303)
        with pytest.raises(ForbiddenError):
            people.change_roles(db, portal.parts, customer.id, ["customer"])


def test_two_administrators_cannot_take_each_others_rights_at_once(portal: Portal, company: Company) -> None:
    """The second's request began while they still were one: their rights are read anew under the lock."""
    first, second = company.admin(), company.admin()
    of_first, of_second = (membership(portal, company, one.person.email) for one in (first, second))
    with company.scope_of(second.person) as db:
        first.post(f"/admin/members/{of_second.id}", roles("agent"), status=303)
        with pytest.raises(ForbiddenError):
            people.change_roles(db, portal.parts, of_first.id, ["agent"])
    assert membership(portal, company, first.person.email).roles == ["admin"]


def test_a_member_of_another_company_does_not_exist(portal: Portal, company: Company) -> None:
    other = portal.company(plugins=[])
    row = membership(portal, other, other.customer().person.email)
    admin = company.admin()
    admin.get(f"/admin/members/{row.id}", status=404)
    admin.post(f"/admin/members/{row.id}/deactivate", status=404)
    assert membership(portal, other, row.email).status == "active"


def test_search_takes_its_text_literally(portal: Portal, company: Company) -> None:
    admin = company.admin()
    company.customer()
    assert "Carla Customer" in admin.get("/admin/members?show=customers&q=carla")
    assert "Carla Customer" not in admin.get("/admin/members?show=customers&q=%25")
    admin.get("/admin/members?after=nonsense", status=422)


def compose(client: Client, path: str, permissions: tuple[str, ...], status: int, **values: str) -> Any:
    pairs = [
        ("__formid__", "form"),
        *values.items(),
        ("__start__", "company:sequence"),
        *(("checkbox", one) for one in permissions),
        ("__end__", "company:sequence"),
    ]
    return client.post(path, pairs, status=status)


def test_a_composed_role_gives_exactly_its_permissions(portal: Portal, company: Company) -> None:
    admin, agent = company.admin(), company.agent()
    assert "Read the audit trail" in admin.get("/admin/roles/new")
    compose(admin, "/admin/roles/new", ("company:audit",), 303, name="Auditor", kind="staff")
    row = membership(portal, company, agent.person.email)
    admin.post(f"/admin/members/{row.id}", roles("auditor"), status=303)
    agent.get("/admin/audit", status=200)
    agent.get("/admin/members", status=403)
    role = role_id(company, "auditor")
    admin.post(f"/admin/roles/{role}/delete", status=409)  # somebody has it
    compose(admin, f"/admin/roles/{role}", (), 303, name="Auditor")
    agent.get("/admin/audit", status=403)
    admin.post(f"/admin/members/{row.id}", roles("agent"), status=303)
    admin.post(f"/admin/roles/{role}/delete", status=303)
    assert "auditor" not in company.tenant.roles


def role_id(company: Company, name: str) -> Any:
    with company.system() as db:
        return db.scalar(sa.select(TenantRole.id).where(TenantRole.name == name))


@pytest.mark.parametrize(
    ("permissions", "values"),
    [
        (("company:audit",), {"name": "x" * 81, "kind": "staff"}),
        (("company:audit",), {"name": "A", "kind": "emperor"}),
        (("company:audit",), {"name": "A", "kind": "customer"}),
        (("company:audit",), {"name": "A"}),
    ],
)
def test_a_role_that_cannot_be_meant_is_refused(
    company: Company, permissions: tuple[str, ...], values: dict[str, str]
) -> None:
    compose(company.admin(), "/admin/roles/new", permissions, 422, **values)
    assert dict(company.tenant.roles) == {}


def test_a_role_never_takes_the_name_of_a_built_in_one(company: Company) -> None:
    compose(company.admin(), "/admin/roles/new", (), 303, name="Admin", kind="staff")
    assert set(company.tenant.roles) == {"admin-2"}


@pytest.mark.without("portico.admin.composed_roles:_check_rights BeyondOwnRightsError")
def test_nobody_composes_or_changes_a_role_beyond_their_own_rights(company: Company) -> None:
    admin, agent = company.admin(), company.agent()
    assert "Read the audit trail" not in agent.get("/admin/roles/new")
    for permission in ("company:audit", "company:everything"):
        compose(agent, "/admin/roles/new", (permission,), 403, name="Mine", kind="staff")
    compose(admin, "/admin/roles/new", ("company:audit",), 303, name="Auditor", kind="staff")
    compose(agent, f"/admin/roles/{role_id(company, 'auditor')}", (), 403, name="Auditor")
    agent.post(f"/admin/roles/{role_id(company, 'auditor')}/delete", status=403)
    assert company.tenant.roles["auditor"] == {"company:audit"}
