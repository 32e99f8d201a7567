"""The audit trail: written with the deed, changed by nobody, chained afterwards (SEC-6)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from portico import audit
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    made = portal.company()
    with made.system() as db:
        for number in range(3):
            audit.record(db, f"test.deed-{number}", subject=("thing", number), before={"n": number}, after={"n": number + 1})
    return made


def seal(portal: Portal) -> None:
    with portal.parts.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL ROLE portico_worker"))
        while connection.scalar(sa.text("SELECT audit_seal_pending(1000)")):
            pass


def verify(portal: Portal, company: Company) -> sa.Row:
    with company.system() as db:
        return db.execute(sa.text("SELECT * FROM audit_verify(:c)"), {"c": company.id}).one()


def test_deed_and_entry_are_written_together_or_not_at_all(portal: Portal, company: Company) -> None:
    def undone() -> None:
        with company.system() as db:
            audit.record(db, "test.undone")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    with company.system() as db:
        actions = set(db.scalars(sa.text("SELECT action FROM audit_entry")))
    assert "test.deed-0" in actions
    assert "test.undone" not in actions


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry",
                                       "UPDATE audit_seal SET hash = ''", "DELETE FROM audit_seal", "TRUNCATE audit_entry"])
def test_nobody_who_runs_the_portal_can_change_or_remove_an_entry(company: Company, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), company.system() as db:
        db.execute(sa.text(statement))


def test_chain_of_untouched_entries_is_sound(portal: Portal, company: Company) -> None:
    seal(portal)
    row = verify(portal, company)
    assert row.broken_at is None
    assert row.links >= 3
    assert len(row.head) == 32


@pytest.mark.parametrize(("tamper", "name"), [
    ("UPDATE audit_entry SET actor = 'somebody else' WHERE tenant_id = :c AND action = 'test.deed-1'", "edit"),
    ("DELETE FROM audit_entry WHERE tenant_id = :c AND action = 'test.deed-1'", "removal"),
    ("UPDATE audit_seal SET number = number + 1000 WHERE chain = :c AND number = 1", "gap"),
])
def test_tampering_by_the_databases_superuser_is_found(portal: Portal, company: Company, tamper: str, name: str) -> None:
    seal(portal)
    with portal.superuser() as connection:
        assert connection.execute(sa.text(tamper), {"c": company.id}).rowcount == 1
    assert verify(portal, company).broken_at is not None


def test_refusal_leaves_an_entry_although_its_request_is_rolled_back(portal: Portal) -> None:
    company = portal.company()
    customer = company.customer()
    answer = customer.get("/api/v1/portal/notices", status="*")
    assert answer.status_int == 401
    person = customer.person
    anonymous = company.anonymous()
    anonymous.post("/sign-in", {"email": person.email, "password": "wrong password"}, status=401)
    with company.system() as db:
        [row] = db.execute(sa.text("SELECT * FROM audit_entry WHERE action = 'identity.sign-in-refused'")).all()
    assert row.subject_id == str(person.id)
    assert row.address == anonymous.address


def test_staff_of_one_company_read_no_entry_of_another(portal: Portal, company: Company) -> None:
    other = portal.company()
    with other.system() as db:
        tenants = set(db.scalars(sa.text("SELECT tenant_id FROM audit_entry")))
    assert tenants <= {other.id}
