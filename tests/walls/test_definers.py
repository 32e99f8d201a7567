"""Functions that pass by row security keep people and companies apart by conditions of their own: each that compares with the
scope is taken out in turn, and somebody must then read or change what is not theirs.

The functions are found in the database, so that a new one is asked for: it has calls here, or a reason why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from tests.walls.test_policies import undone

from portico.db.types import new_id
from portico.testing.portal import Portal

FOUND = sa.text(
    "SELECT proname AS name, prosrc AS source, pg_get_functiondef(oid) AS definition FROM pg_proc "
    "WHERE prosecdef AND pronamespace = 'public'::regnamespace AND prosrc ~ 'portico\\.(user_id|tenant_id|accounts)' ORDER BY 1"
)
ELSEWHERE = {
    "enter_definer": "tests/walls/test_entry.py takes out every condition of it",
    "invitation_accept": "hands the person in scope to invitation_take and compares nothing",
    "invitation_take": "no role may call it; tests/functional/organisation walks its ways",
    "job_hasten": "moves a waiting job forward, and neither tells nor changes anything of a person",
    "orders_find": "a plugin's: gives identifiers alone, which the walls of its table turn into rows",
    "quotes_item_search": "a plugin's: hands the company on to functions that have it as an argument",
    "retain": "raises if it is another company's than the scope's, and takes the company as an argument from there",
    "sync_freshness": "tells a time and whether something fails, and nothing of a person",
}
"""Functions that are not called here, each with the reason."""
CALLS = {
    "account_leave": ("account_leave(:account)",),
    "data_request_open": ("data_request_open(:fresh, 'export', NULL, 'en', '1 day')",),
    "email_change": ("email_change(:hash)",),
    "factor_add": ("factor_add(:fresh, 'totp', 'New', NULL, NULL, NULL, 0, NULL, true, NULL)",),
    "factor_confirm": ("factor_confirm(:begun, 5)",),
    "factor_remove": ("factor_remove(:begun)", "factor_remove(:factor)"),
    "factor_rename": ("factor_rename(:factor, 'Renamed')",),
    "invitation_peek": ("invitation_peek(:hash)",),
    "membership_leave": ("membership_leave(:tenant)",),
    "membership_request": ("membership_request(:tenant, 'claim')",),
    "my_consents": ("my_consents()",),
    "my_data_file": ("my_data_file(:request)",),
    "my_data_requests": ("my_data_requests()",),
    "my_memberships": ("my_memberships()",),
    "my_other_sessions_end": ("my_other_sessions_end(NULL)",),
    "my_session_end": ("my_session_end(:session)",),
    "my_sessions": ("my_sessions()",),
    "organisation_people": ("organisation_people(:account)",),
    "personal_token_open": ("personal_token_open(:fresh, :new_hash, :tenant, '1 day', '', false, '{}', 'New')",),
    "recovery_replace": ("recovery_replace(ARRAY[:new_hash])",),
    "sso_person": ("sso_person(:user)",),
    "sso_sessions_end": ("sso_sessions_end()",),
}
"""Each is called by everybody with what is everybody's, see `people`."""
TABLES = (
    "account_invitation", "account_member", "app_user", "consent", "data_request", "membership", "recovery_code", "user_factor",
    "user_token", "web_session",
)  # fmt: skip
OURS = r"portico\.(?:user_id|tenant_id|accounts)|\b(?:who|here)\b"
"""What a condition that compares with the scope has in it."""
UNNOTICED = {
    ("account_leave", "a.tenant_id = here"): "of the approvers: an organisation's identifier is one company's",
    ("account_leave", "i.tenant_id = here"): "an organisation's identifier is one company's",
    ("account_leave", "a.approver_id = who"): "what it keeps, the approvers that others have, is not among the rows here",
    ("membership_leave", "m.user_id = who"): "where nobody else administers the company, only who leaves can be who does",
}
"""Conditions that no call notices, each with the reason."""


@dataclass
class Caller:
    """A person in the scope of a company, with rows of their own in every table that the functions look at."""

    user: Any
    email: str
    tenant: Any
    account: Any
    things: dict[str, Any]

    def enter(self, connection: sa.Connection, tenant: Any = None) -> None:
        values = {"user_id": self.user, "tenant_id": tenant or self.tenant, "accounts": f"{{{self.account}}}"}
        for name, value in values.items():
            connection.execute(sa.text("SELECT set_config(:n, :v, true)"), {"n": f"portico.{name}", "v": str(value)})


@pytest.fixture(scope="module")
def people(portal: Portal) -> dict[str, Caller]:
    company, other = (portal.company(plugins=[]) for _ in range(2))
    found = {}
    customers = (("somebody", company), ("colleague", company), ("stranger", other))
    staff = (("only administrator", company), ("administrator", other), ("second administrator", other))
    for name, at in (*customers, *staff):
        account = at.account()
        person = at.customer_person(account) if (name, at) in customers else at.member("staff", ["admin"], "Ada Admin")
        fresh = ("factor", "begun", "request", "session", "fresh")
        things = {one: new_id() for one in fresh} | {"hash": new_id().bytes, "new_hash": new_id().bytes}
        found[name] = Caller(person.id, person.email, at.id, account, things)
        values = {**things, "user": person.id, "tenant": at.id, "account": account, "email": person.email}
        values |= {"other": new_id(), "code": new_id().bytes, "api": new_id().bytes}
        with portal.superuser() as connection:
            for statement in MADE:
                text = sa.text(statement)
                connection.execute(text, {key: values[key] for key in text._bindparams})
    return found


MADE = (
    "INSERT INTO web_session (id, token_hash, user_id, kind, tenant_id, expires_at, methods) "
    "VALUES (:session, :hash, :user, 'browser', :tenant, now() + interval '1 day', '{sso}')",
    "INSERT INTO web_session (id, token_hash, user_id, kind, tenant_id, expires_at) "
    "VALUES (:other, :api, :user, 'api', :tenant, now() + interval '1 day')",
    "INSERT INTO user_factor (id, user_id, kind, name, confirmed_at) VALUES (:factor, :user, 'totp', 'Mine', now())",
    "INSERT INTO user_factor (id, user_id, kind, name) VALUES (:begun, :user, 'totp', 'Begun')",
    "INSERT INTO recovery_code (user_id, code_hash) VALUES (:user, :code)",
    "INSERT INTO consent (id, user_id, document, version) VALUES (uuidv7(), :user, 'terms', :email)",
    "INSERT INTO data_request (id, user_id, kind, state, locale, file, expires_at) "
    "VALUES (:request, :user, 'export', 'ready', 'en', :code, now() + interval '1 day')",
    "INSERT INTO user_token (token_hash, user_id, purpose, expires_at, data) VALUES "
    "(:hash, :user, 'email', now() + interval '1 day', jsonb_build_object('email', 'new-' || cast(:email AS text)))",
    "INSERT INTO user_token (token_hash, user_id, purpose, expires_at, data) VALUES (:code, :user, 'reset', now() + interval '1 day', '{}')",
    "INSERT INTO account_invitation (tenant_id, id, account_id, email, role, reach, token_hash, invited_by, inviter, locale, sent_at, "
    "expires_at) VALUES (:tenant, uuidv7(), :account, 'guest-' || cast(:email AS text), 'viewer', 'all', :hash, :user, '', 'en', now(), "
    "now() + interval '1 day')",
    "INSERT INTO account_invitation (tenant_id, id, account_id, email, role, reach, token_hash, inviter, locale, sent_at, expires_at) "
    "VALUES (:tenant, uuidv7(), :account, 'other-' || cast(:email AS text), 'viewer', 'all', :code, '', 'en', now(), "
    "now() + interval '1 day')",
)


def rows(connection: sa.Connection) -> list[str]:
    """All that the functions could change; identifiers that are made anew by a call are left out."""
    one = "SELECT '{0} ' || (to_jsonb(x) - 'id')::text FROM {0} x"
    return sorted(connection.scalars(sa.text(" UNION ALL ".join(one.format(table) for table in TABLES))))


def outcomes(connection: sa.Connection, name: str, people: dict[str, Caller]) -> dict[tuple[str, str, str], tuple[str, list[list[str]]]]:
    """(who calls, in whose company, with whose things) → what the call gives, and all rows after each."""
    found = {}
    homes = {caller.tenant for caller in people.values()}
    for who, caller in people.items():
        for tenant in homes:
            for whose, owner in people.items():
                connection.execute(sa.text("SAVEPOINT call"))
                caller.enter(connection, tenant)
                values = {**owner.things, "user": owner.user, "tenant": owner.tenant, "account": owner.account}
                given, after = [], []
                try:
                    for call in CALLS[name]:
                        text = sa.text(f"SELECT x::text FROM {call} x")
                        given += connection.scalars(text, {key: values[key] for key in text._bindparams}).all()
                        after.append(rows(connection))
                except sa.exc.DBAPIError as error:
                    given.append(str(error.orig))
                found[who, "home" if tenant == caller.tenant else "away", whose] = ("; ".join(map(str, given)), after)
                connection.execute(sa.text("ROLLBACK TO SAVEPOINT call"))
    return found


def conditions(definition: str) -> Iterator[tuple[str, str]]:
    """(what is taken out, the function without it): each part of a WHERE or ON that compares with the scope."""
    definition = re.sub(r"--.*", "", definition)
    for found in re.finditer(r"\b(?:WHERE|ON|AND)\s+", definition):
        end = _end(definition, found.end())
        part = definition[found.end() : end]
        if re.search(OURS, part):
            yield " ".join(part.split()), f"{definition[:found.end()]}true {definition[end:]}"


def _end(source: str, start: int) -> int:
    depth = 0
    words = r"\(|\)|;|\$function\$|\b(?:AND|OR|THEN|WHERE|JOIN|FOR|ORDER|RETURNING|LOOP|LIMIT|UNION|GROUP)\b"
    for found in re.finditer(words, source[start:]):
        if depth == 0 and found[0] != "(":
            return start + found.start()
        depth += {"(": 1, ")": -1}.get(found[0], 0)
    raise AssertionError(source[start:])


def test_every_function_that_reads_the_scope_is_called_or_has_a_reason(portal: Portal) -> None:
    with portal.superuser() as connection:
        found = {row.name for row in connection.execute(FOUND)}
    assert found == CALLS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", CALLS)
def test_nobody_reaches_what_is_anothers(portal: Portal, people: dict[str, Caller], name: str) -> None:
    """A call by a stranger leaves every row of somebody else as it was, and tells nothing of them."""
    with undone(portal) as connection:
        before = rows(connection)
        called = outcomes(connection, name, people)
    stranger, somebody = people["stranger"], people["somebody"]
    for (who, where, whose), (given, after) in called.items():
        if who == "stranger" and where == "home" and after:
            theirs = [row for row in before if str(somebody.user) in row and str(stranger.user) not in row]
            assert all(set(theirs) <= set(one) for one in after), (name, whose)
            assert str(somebody.user) not in given
            assert somebody.email not in given
    assert len({repr(outcome) for outcome in called.values()}) > 1, "everybody has the same answer: the calls try nothing"


@pytest.mark.parametrize("name", CALLS)
def test_each_condition_on_the_scope_is_needed(portal: Portal, people: dict[str, Caller], name: str) -> None:
    unnoticed, tried = [], 0
    with undone(portal) as connection:
        [definition] = [row.definition for row in connection.execute(FOUND) if row.name == name]
        before = outcomes(connection, name, people)
        assert outcomes(connection, name, people) == before
        for condition, without in conditions(definition):
            tried += 1
            connection.execute(sa.text("SAVEPOINT definer"))
            connection.exec_driver_sql(without.replace("%", "%%"))
            if outcomes(connection, name, people) == before:
                unnoticed.append(condition)
            connection.execute(sa.text("ROLLBACK TO SAVEPOINT definer"))
    assert tried
    assert set(unnoticed) == {condition for function, condition in UNNOTICED if function == name}
