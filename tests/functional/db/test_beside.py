"""What core writes beside the record that a link opened: the organisation's rows are open for that alone (decision 0037)."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.session import beside_the_record
from portico.tenancy.scope import Place, Scope
from portico.testing.portal import Portal


def opens(db: Session, key: UUID) -> bool:
    return str(key) in db.scalar(sa.text("SELECT current_setting('portico.keys')"))


def test_however_it_ends_the_record_alone_is_open_again(portal: Portal) -> None:
    company, record = portal.company(), uuid4()
    account = company.account("Linked Ltd")
    person = company.customer_person(account)
    scope = Scope(
        kind="customer", tenant=company.tenant, user_id=person.id, places=(Place(account, "owner", "own"),), only_id=record
    )
    with portal.parts.sessions.scoped(scope) as db:
        assert (opens(db, record), opens(db, account)) == (True, False)
        with beside_the_record(db):
            with beside_the_record(db):
                assert opens(db, account)
            assert opens(db, account), "one inside of another ends with the outer one"
        assert (opens(db, record), opens(db, account)) == (True, False)
        with pytest.raises(ZeroDivisionError), beside_the_record(db):
            raise ZeroDivisionError
        assert (opens(db, record), opens(db, account)) == (True, False)
