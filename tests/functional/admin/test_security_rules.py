"""What a company demands of sessions counts with the next request (SEC-2, SEC-3; ASVS 7.3.1, 7.3.2, 6.3.3)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def save(
    client: Client, *roles: str, idle: str = "30", hours: str = "720", status: int = 303, understood: bool = False
) -> str:
    version = re.search(r'name="version" value="(\d+)"', client.get("/admin/security").text)[1]
    chosen = [("__start__", "second_factor:sequence"), *(("checkbox", one) for one in roles), ("__end__", "second_factor:sequence")]
    ticked = [("understood", "true")] if understood else []
    fields = [("version", version), *chosen, *ticked, ("idle_minutes", idle), ("session_hours", hours)]
    return client.post("/admin/security", fields, status=status).text


def plain(company: Company, person: Person) -> Client:
    """Signed in by password alone."""
    client = company.anonymous()
    client.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=303)
    return client


def age(portal: Portal, person: Person, column: str, interval: str) -> None:
    with portal.superuser() as db:
        db.execute(
            sa.text(f"UPDATE web_session SET {column} = now() - cast(:i AS interval) WHERE user_id = :u"),
            {"i": interval, "u": person.id},
        )


def test_role_that_needs_a_factor_is_asked_at_the_next_request(company: Company) -> None:
    person = company.customer_person()
    client = plain(company, person)
    client.get("/notices", status=200)
    admin = company.admin()
    save(admin, "customer")
    assert "/account/security" in client.get("/notices", status=303).location
    save(admin)
    client.get("/notices", status=200)


def test_idle_time_is_the_companys(portal: Portal, company: Company) -> None:
    """ASVS 7.3.1."""
    person = company.customer_person()
    client = plain(company, person)
    admin = company.admin()
    save(admin, idle="5")
    age(portal, person, "last_seen_at", "6 minutes")
    assert "/sign-in" in client.get("/notices", status=303).location
    save(admin, idle="480")
    client.get("/notices", status=200)


def test_absolute_lifetime_is_the_companys(portal: Portal, company: Company) -> None:
    """ASVS 7.3.2."""
    person = company.customer_person()
    client = plain(company, person)
    age(portal, person, "created_at", "2 hours")
    client.get("/notices", status=200)
    save(company.admin(), hours="1")
    assert "/sign-in" in client.get("/notices", status=303).location


def test_open_streams_end_with_the_absolute_lifetime(portal: Portal, company: Company) -> None:
    person = company.customer_person()
    plain(company, person)
    save(company.admin(), hours="1")
    alive = sa.text(
        "SELECT count(*) FROM web_session w, sessions_alive(array[w.id], array[cast(:t AS uuid)]) WHERE w.user_id = :u"
    )
    with portal.superuser() as db:
        assert db.scalar(alive, {"t": company.id, "u": person.id}) == 1
    age(portal, person, "created_at", "2 hours")
    with portal.superuser() as db:
        assert db.scalar(alive, {"t": company.id, "u": person.id}) == 0


@pytest.mark.parametrize("values", [{"idle": "4"}, {"idle": "481"}, {"hours": "0"}, {"hours": "721"}, {"idle": "x"}])
def test_limits_are_checked(company: Company, values: dict[str, str]) -> None:
    save(company.admin(), status=422, **values)
    assert "idle_minutes" not in company.tenant.settings


def test_unknown_role_is_refused(company: Company) -> None:
    save(company.admin(), "emperor", status=422)


def test_admin_without_a_factor_is_warned_first(company: Company) -> None:
    admin = company.member("staff", ["admin"], "Ada Admin")
    client = plain(company, admin)
    assert "you would be stopped here yourself" in save(client, "admin", status=422)
    client.get("/admin/plugins", status=200)
    save(client, "admin", understood=True)
    assert "/account/security" in client.get("/admin/plugins", status=303).location


def test_change_is_audited_and_keeps_other_settings(portal: Portal, company: Company) -> None:
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE tenant SET settings = '{\"welcome\": {\"en\": \"Hi\"}}' WHERE id = :t"), {"t": company.id})
    save(company.admin(), "agent", idle="20")
    assert company.tenant.settings["welcome"] == {"en": "Hi"}
    with portal.superuser() as db:
        row = db.execute(
            sa.text("SELECT before, after FROM audit_entry WHERE action = 'company.security' AND tenant_id = :t"), {"t": company.id}
        ).one()
    assert row.before == {"second_factor": [], "idle_minutes": 30}
    assert row.after == {"second_factor": ["agent"], "idle_minutes": 20}


def test_agents_may_not(company: Company) -> None:
    assert company.agent().get("/admin/security", status="*").status_int == 403


def test_operators_command_resets_factors(portal: Portal, company: Company) -> None:
    from portico.cli.people import reset_factors

    person = company.customer_person()
    client = plain(company, person)
    with company.scope_of(person) as db:
        db.execute(sa.text("SELECT factor_add(uuidv7(), 'totp', 'T', 'x', NULL, NULL, 0, NULL, true)"))
    assert "/second-factor" in client.get("/notices", status=303).location
    reset_factors(portal.parts, person.email)
    assert "/sign-in" in client.get("/notices", status=303).location, "every session has ended"
    plain(company, person).get("/notices", status=200)
    with portal.superuser() as db:
        told = db.scalar(sa.text("SELECT count(*) FROM mail WHERE recipient = :a AND kind = 'factors-reset'"), {"a": person.email})
        kept = db.scalar(
            sa.text("SELECT count(*) FROM audit_entry WHERE action = 'identity.factors-reset' AND subject_id = :u"), {"u": str(person.id)}
        )
    assert (told, kept) == (1, 1)


def test_command_says_when_nobody_has_the_address(portal: Portal) -> None:
    from portico.cli.commands import CommandError
    from portico.cli.people import reset_factors

    with pytest.raises(CommandError, match="nobody has"):
        reset_factors(portal.parts, "nobody-at-all@example.com")
