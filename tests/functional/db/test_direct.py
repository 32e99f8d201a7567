"""A direct statement gives what `Session.execute` gives, in the same transaction, under the same watch."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portico.db.direct import Direct, NotDirectError
from portico.db.types import Amount, UtcDateTime, now
from portico.tenancy.models import Account
from portico.testing.portal import Company, Portal
from portico.web import observe

ACCOUNT: Any = Account.__table__
VALUES = sa.select(
    sa.column("id", sa.Uuid), sa.column("amount", Amount), sa.column("at", UtcDateTime), sa.column("word", sa.Text),
).select_from(sa.text("(VALUES (:id, CAST('12.3400' AS numeric), CAST(:at AS timestamptz), NULL::text)) v(id, amount, at, word)"))


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def test_values_are_those_that_sqlalchemy_gives(company: Company) -> None:
    given = {"id": uuid.uuid4(), "at": dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))}
    with company.system() as db:
        [row] = Direct(VALUES).rows(db, given)
        expected = db.execute(VALUES, given).one()
    assert tuple(row) == tuple(expected)
    assert (row.amount, str(row.amount), row.at.utcoffset()) == (Decimal("12.34"), "12.3400", dt.timedelta(0))


def test_lists_of_every_length(company: Company) -> None:
    ids = [company.customer().person.account_id for _ in range(3)]
    statement = Direct(sa.select(ACCOUNT.c.id).where(ACCOUNT.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(ACCOUNT.c.id))
    with company.system() as db:
        for some in ([], ids[:1], ids, ids[:2], []):
            assert [row.id for row in statement.rows(db, {"ids": some})] == sorted(some)


def test_statements_in_turn_keep_their_own_names_and_types(company: Company) -> None:
    number, word = Direct("SELECT 1 AS one, 2 AS two"), Direct("SELECT CAST(:word AS text) AS word, true AS yes")
    with company.system() as db:
        for said in ("a", "b"):
            assert number.first(db, {})._asdict() == {"one": 1, "two": 2}
            assert word.first(db, {"word": said})._asdict() == {"word": said, "yes": True}
        assert Direct("SELECT 1 AS one WHERE false").rows(db, {}) == []


def test_cursor_is_kept_with_its_connection_alone(company: Company) -> None:
    statement = Direct("SELECT pg_backend_pid() AS pid")
    with company.system() as one, company.system() as other:
        pids = [statement.first(db, {}).pid for db in (one, other, one)]
    assert pids[0] == pids[2] != pids[1]


def test_wall_holds(portal: Portal, company: Company) -> None:
    theirs = portal.company().customer().person.account_id
    mine = company.customer().person.account_id
    statement = Direct(sa.select(ACCOUNT.c.id).where(ACCOUNT.c.id.in_(sa.bindparam("ids", expanding=True))))
    with company.system() as db:
        assert [row.id for row in statement.rows(db, {"ids": [mine, theirs]})] == [mine]


def test_what_waits_in_the_session_is_written_first(company: Company) -> None:
    account_id = company.customer().person.account_id
    with company.system() as db:
        account = db.scalars(sa.select(Account).where(Account.id == account_id)).one()
        account.name = "Renamed a moment ago"
        found = Direct(sa.select(ACCOUNT.c.name).where(ACCOUNT.c.id == sa.bindparam("id"))).first(db, {"id": account.id})
    assert found.name == "Renamed a moment ago"


@pytest.mark.parametrize("values", [{}, {"id": 1, "at": now(), "more": 1}, {"id": 1}])
def test_values_that_do_not_fit_are_refused(company: Company, values: dict[str, Any]) -> None:
    with company.system() as db, pytest.raises(TypeError, match="wants"):
        Direct(VALUES).rows(db, values)


def test_time_without_zone_is_refused(company: Company) -> None:
    statement = Direct(sa.select(ACCOUNT.c.id).where(ACCOUNT.c.created_at > sa.bindparam("since")))
    with company.system() as db, pytest.raises(ValueError, match="without zone"):
        statement.rows(db, {"since": dt.datetime(2026, 1, 1)})


def test_column_that_sqlalchemy_would_convert_is_refused() -> None:
    with pytest.raises(NotDirectError):
        Direct(sa.select(sa.column("span", sa.PickleType)))


def test_fails_as_other_statements_do_and_is_counted(portal: Portal, company: Company) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"), company.system() as db:
        Direct("SELECT 1 / :zero").rows(db, {"zero": 0})
    seen: list[str] = []
    marker = observe.queries.set(seen)
    try:
        with company.system() as db:
            Direct("SELECT CAST(:word AS text) AS word").rows(db, {"word": "counted"})
    finally:
        observe.queries.reset(marker)
    assert any("AS word" in statement for statement in seen)


def test_lost_connection_is_not_used_again(portal: Portal, company: Company) -> None:
    one = Direct("SELECT 1 AS one")
    with pytest.raises(sa.exc.DBAPIError) as caught:
        ask_on_a_lost_connection(portal, company, one)
    assert caught.value.connection_invalidated
    with company.system() as db:
        assert one.first(db, {}).one == 1


def ask_on_a_lost_connection(portal: Portal, company: Company, statement: Direct) -> None:
    with company.system() as db:
        pid = db.scalar(sa.text("SELECT pg_backend_pid()"))
        with portal.superuser() as superuser:
            superuser.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        statement.rows(db, {})
