"""Colleagues: roles, reach and limits are changed by owners, in effect at once; an organisation never lacks an owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.organisation.conftest import Organisation

from portico.privacy import erasing
from portico.testing.client import Client
from portico.testing.portal import Portal


def member(organisation: Organisation, client: Client) -> str:
    return f"{organisation.path}/members/{organisation.member_id(client)}"


def change(organisation: Organisation, client: Client, status: int = 200, **values: Any) -> Any:
    return organisation.api.json("put", member(organisation, client), {"role": "purchaser", **values}, status=status)


def test_page_shows_colleagues_with_role_reach_and_activity(organisation: Organisation) -> None:
    site = organisation.site("Warehouse")
    organisation.join("Cleo League", "finance", reach="site", site_ids=[site])
    page = organisation.owner.get(organisation.path)
    for words in ("Cleo League", "Finance", "Their sites", "Warehouse", "Olive Owner"):
        assert words in page
    assert organisation.owner.get("/organisation", status=303).location.endswith(organisation.path)


@pytest.mark.parametrize("has_sites", [False, True])
def test_a_colleague_is_changed_by_the_form(organisation: Organisation, has_sites: bool) -> None:
    place = {"site_ids": [organisation.site("Warehouse")]} if has_sites else {}
    client = organisation.join("Cleo League", "viewer", **place)
    page = organisation.owner.get(member(organisation, client)).html
    assert bool(page.select("[name=checkbox]")) is has_sites
    organisation.owner.post(member(organisation, client), {"role": "finance", "reach": "all", "limit": "", "approver": ""}, status=303)
    assert organisation.member(client.person).role == "finance"


@pytest.mark.parametrize("role", ["purchaser", "finance", "viewer"])
def test_only_owners_run_the_organisation(organisation: Organisation, role: str) -> None:
    client = organisation.join("Cleo League", role)
    assert client.person is not None
    api = organisation.company.api(client.person)
    client.get("/organisation", status=403)
    for path in (organisation.path, f"{organisation.path}/invite", member(organisation, organisation.owner)):
        client.get(path, status=403)
    api.get(organisation.path, status=403)
    api.json("post", f"{organisation.path}/invitations", {"email": "a@b.example", "role": "owner"}, status=403)
    # The wall says so, too: the statement finds no row.
    with organisation.company.scope_of(client.person) as db:
        for statement in ("UPDATE account_member SET role = 'owner'", "DELETE FROM account_member"):
            assert db.execute(sa.text(statement)).rowcount == 0
        assert db.execute(sa.text("SELECT id FROM account_invitation")).all() == []


def test_role_changes_with_the_next_request(organisation: Organisation) -> None:
    client = organisation.join("Cleo League", "viewer")
    client.get(organisation.path, status=403)
    change(organisation, client, role="owner")
    client.get(organisation.path, status=200)
    change(organisation, client, role="viewer", reach="own")
    client.get(organisation.path, status=403)
    entry = organisation.audited("organisation.member-changed")
    assert (entry.before["role"], entry.after["role"], entry.after["reach"]) == ("owner", "viewer", "own")


def test_removed_colleague_is_out_with_the_next_request(organisation: Organisation) -> None:
    client = organisation.join("Cleo League", "purchaser")
    assert client.person is not None
    api = organisation.company.api(client.person)
    api.get("/memberships", status=200)
    client.get("/", status=200)
    organisation.owner.post(f"{member(organisation, client)}/remove", status=303)
    assert "/join" in client.get("/", status=303).location
    api.get("/notices", status=403)
    assert organisation.audited("organisation.member-removed").before["role"] == "purchaser"


def test_who_acts_for_another_organisation_as_well_stays_there(organisation: Organisation) -> None:
    client, company = organisation.join("Cleo League", "viewer"), organisation.company
    assert client.person is not None
    second = company.account("Bolt")
    with company.system() as db:
        db.execute(
            sa.text(
                "INSERT INTO account_member (tenant_id, id, account_id, user_id, role) VALUES (:t, uuidv7(), :a, :u, 'owner')"
            ),
            {"t": company.id, "a": second, "u": client.person.id},
        )
    organisation.owner.post(f"{member(organisation, client)}/remove", status=303)
    client.get("/", status=200)
    client.get(organisation.path, status=404)
    client.get(f"/organisations/{second}", status=200)


@pytest.mark.without("portico.organisation.people:_locked ConflictError")
def test_nobody_changes_themselves(organisation: Organisation) -> None:
    organisation.join("Otto Owner", "owner")  # so that it is not the last owner who would go
    assert "This is you" in organisation.owner.get(member(organisation, organisation.owner))
    change(organisation, organisation.owner, status=409)
    organisation.owner.post(f"{member(organisation, organisation.owner)}/remove", status=409)


def test_ownership_is_handed_over(organisation: Organisation) -> None:
    client = organisation.join("Cleo League", "viewer", reach="own")
    organisation.owner.post(f"{member(organisation, client)}/owner", status=303)
    assert (organisation.member(client.person).role, organisation.member(client.person).reach) == ("owner", "all")
    assert organisation.member(organisation.owner.person).role == "purchaser"
    organisation.owner.get(organisation.path, status=403)
    client.get(organisation.path, status=200)
    assert organisation.audited("organisation.handed-over").after == {"owner": str(client.person.id)}


def test_staff_help_but_hand_nothing_over(organisation: Organisation) -> None:
    client, agent = organisation.join("Cleo League", "viewer"), organisation.company.agent()
    assert "Cleo League" in agent.get(organisation.path)
    agent.post(f"{member(organisation, client)}/owner", status=409)
    assert agent.person is not None
    api = organisation.company.api(agent.person)
    api.json("put", member(organisation, client), {"role": "finance"}, status=200)
    assert organisation.member(client.person).role == "finance"
    assert organisation.audited("organisation.member-changed").actor_kind == "staff"
    api.json("post", f"{organisation.path}/invitations", {"email": "a@b.example", "role": "viewer"}, status=201)
    api.json("post", f"{organisation.path}/sites", {"name": "Harbour"}, status=201)


def leaves(organisation: Organisation, client: Client) -> bool:
    """Whether the company lets them go; else they are led back to where they asked, and read why not."""
    answer = client.post(f"/companies/{organisation.company.id}/leave", status=303)
    return not answer.location.endswith("/account/companies")


def test_last_owner_stays_whoever_wants_them_gone(portal: Portal, organisation: Organisation) -> None:
    organisation.join("Cleo League", "purchaser")
    agent, owner = organisation.company.agent(), organisation.owner
    assert agent.person is not None
    api = organisation.company.api(agent.person)
    api.json("put", member(organisation, owner), {"role": "viewer"}, status=409)
    api.delete(member(organisation, owner), status=409)
    with portal.superuser() as db:
        query = "SELECT id, status FROM membership WHERE user_id = :u"
        row = db.execute(sa.text(query), {"u": owner.person.id}).one()
    assert "needs an owner" in agent.post(f"/admin/members/{row.id}/deactivate", status=409)
    assert not leaves(organisation, owner)
    assert organisation.member(owner.person).role == "owner"
    owner.get("/", status=200)


def test_the_only_person_may_leave(organisation: Organisation) -> None:
    organisation.owner.post(f"/companies/{organisation.company.id}/leave", status=303)
    organisation.owner.get("/", status=303)


@pytest.mark.parametrize("how", ["demote", "remove", "leave"])
def test_of_two_owners_who_end_each_other_at_once_one_stays(portal: Portal, organisation: Organisation, how: str) -> None:
    for _ in range(3):
        one, two = organisation.join("Ona One", "owner"), organisation.join("Tea Two", "owner")
        with portal.superuser() as db:  # the two are the only owners
            query = "UPDATE account_member SET role = 'viewer' WHERE account_id = :a AND user_id NOT IN (:one, :two)"
            db.execute(sa.text(query), {"a": organisation.account, "one": one.person.id, "two": two.person.id})
        pairs = [(one, two), (two, one)]
        for client, _other in pairs:
            client.token()

        def end(pair: tuple[Client, Client]) -> int:
            client, other = pair
            if how == "leave":
                return 303 if leaves(organisation, client) else 409
            api = organisation.company.api(client.person)
            if how == "remove":
                return api.delete(member(organisation, other), status="*").status_int
            return api.json("put", member(organisation, other), {"role": "viewer"}, status="*").status_int

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(end, pairs))
        with portal.superuser() as db:
            query = (
                "SELECT count(*) FROM account_member a JOIN membership m USING (tenant_id, user_id) "
                "WHERE a.account_id = :a AND a.role = 'owner' AND m.status = 'active'"
            )
            owners = db.scalar(sa.text(query), {"a": organisation.account})
        assert owners >= 1
        assert len([one for one in answers if one < 400]) <= 1, answers


def test_limit_and_approver_are_set_for_others_and_never_for_owners(organisation: Organisation) -> None:
    buyer, money = organisation.join("Bea Buyer", "purchaser"), organisation.join("Fin Ance", "finance")
    viewer = organisation.join("Vic Viewer", "viewer")
    told = change(organisation, buyer, limit="500.00", approver_id=str(money.person.id)).json
    assert (told["limit"], told["currency"], told["approver_id"]) == ("500.00", "EUR", str(money.person.id))
    for who in (viewer, buyer):  # a viewer approves nothing, and nobody themselves
        change(organisation, buyer, 422, limit="500", approver_id=str(who.person.id))
    change(organisation, buyer, 422, limit="-1")
    told = change(organisation, buyer, role="owner", limit="500", reach="own").json
    assert (told["limit"], told["reach"], told["approver_id"]) == (None, "all", None)


def test_who_is_removed_approves_for_nobody(organisation: Organisation) -> None:
    buyer, money = organisation.join("Bea Buyer", "purchaser"), organisation.join("Fin Ance", "finance")
    change(organisation, buyer, limit="500", approver_id=str(money.person.id))
    organisation.api.delete(member(organisation, money), status=204)
    assert organisation.member(buyer.person).approver_id is None


def test_text_that_no_database_can_hold(organisation: Organisation) -> None:
    answer = organisation.api.json("post", f"{organisation.path}/sites", {"name": "Har\0bour"}, status=422)
    assert [one["pointer"] for one in answer.json["errors"]] == ["/name"], answer.json
    page = organisation.owner.post(f"/organisations/{organisation.account}/sites/new", {"name": "Har\0bour", "address": ""}, status=422)
    assert "cannot be kept" in page.html.select_one("main .form-field .form-error").text  # at its field


def test_sites_of_the_organisation_and_no_others(organisation: Organisation) -> None:
    buyer, company = organisation.join("Bea Buyer", "purchaser"), organisation.company
    other = company.account("Bolt")
    foreign = Organisation(company, other, company.client(company.customer_person(other))).site("Foreign")
    own = organisation.site("Harbour")
    change(organisation, buyer, 422, reach="site")
    change(organisation, buyer, 422, reach="site", sites=[str(foreign)])
    change(organisation, buyer, reach="site", sites=[str(own)])
    assert organisation.member(buyer.person).site_ids == [own]
    organisation.api.json("post", f"{organisation.path}/sites", {"name": "Harbour"}, status=422)
    organisation.api.delete(f"{organisation.path}/sites/{own}", status=422)  # somebody would see nothing
    change(organisation, buyer, reach="all", sites=[str(own)])
    organisation.api.delete(f"{organisation.path}/sites/{own}", status=204)
    assert organisation.member(buyer.person).site_ids == []
    organisation.api.json("post", f"{organisation.path}/sites", {"name": "Harbour"}, status=201)


def test_scope_of_a_request_is_what_the_database_entered(organisation: Organisation) -> None:
    """What opens rows is computed twice: where a request begins, and for the sessions that it opens by itself."""
    site = organisation.site("Harbour")
    for reach, sites, keys in (("own", [], 1), ("site", [site], 2), ("all", [site], 2)):
        person = organisation.company.customer_person(organisation.account, "Bea Buyer", role="purchaser", reach=reach, site_ids=sites)
        scope = organisation.company.scope(person)
        assert len(scope.keys) == keys
        portal = organisation.company.portal
        session = UUID(portal.session(person, "api", organisation.company.id))
        with portal.parts.sessions.unscoped() as db:
            row = db.execute(
                sa.text("SELECT * FROM enter(NULL, :s, 'api', NULL, :slug, NULL, false)"),
                {"s": session, "slug": organisation.company.slug},
            ).one()
            entered = db.scalar(sa.text("SELECT current_setting('portico.keys')::uuid[]"))
            accounts = db.scalar(sa.text("SELECT current_setting('portico.accounts')::uuid[]"))
        assert set(entered) == set(scope.keys)
        assert tuple(accounts) == scope.accounts
        assert [one["reach"] for one in row.places] == [reach]


def test_erasure_of_the_only_owner_leaves_the_organisation_to_whoever_was_there_first(organisation: Organisation) -> None:
    first, second = organisation.join("Fay First", "viewer", reach="own"), organisation.join("Sid Second", "purchaser")
    portal, owner = organisation.company.portal, organisation.owner.person
    assert owner is not None
    organisation.invite("somebody@example.com")
    change(organisation, second, limit="5")
    erasing.erase(portal.parts, owner.id)
    assert (organisation.member(first.person).role, organisation.member(first.person).reach) == ("owner", "all")
    assert organisation.member(second.person).role == "purchaser"
    first.get(organisation.path, status=200)
    with portal.superuser() as db:
        query = "SELECT inviter, invited_by FROM account_invitation WHERE account_id = :a"
        assert tuple(db.execute(sa.text(query), {"a": organisation.account}).one()) == ("", None)
