"""Each condition under which a session counts, taken out of the database's own door in turn: somebody must be let in who
was not, or somebody's standing must change. The conditions are read from the function as it is in the database, so that a
new one is tried without a line of test.
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
from portico.identity.cookies import hash_token
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

DOOR = "enter_definer"
ASK = sa.text(
    f"SELECT tenant_id, user_id, member_kind, roles, places, gate, pending_user, is_operator, actor_id, session_id, "
    f"current_setting('portico.keys') AS keys, current_setting('portico.owned') AS owned, current_setting('portico.accounts') AS accounts "
    f"FROM {DOOR}(:token, :session, :kind, :host, :slug, NULL, :strict)"
)
EQUIVALENT = {
    "c.tenant_id = a.tenant_id": "an organisation's id is one company's: the reference carries both",
    "a.tenant_id = enter_definer.tenant_id": "of the sites: the organisations that are compared are this company's already",
    "IF p_token IS NULL AND p_session IS NULL": "who shows nothing is found by nothing",
}
"""Conditions without which nothing changes, each with the reason."""


@dataclass
class Visitor:
    """What is shown at the door. spoil: SQL that is run before, with `session`, `user` and the company's `tenant`."""

    token: bytes | None = None
    session: Any = None
    user: Any = None
    tenant: Any = None
    kind: str = "browser"
    host: str | None = None
    slug: str | None = None
    strict: bool = True
    spoil: str = ""

    def answer(self, connection: sa.Connection) -> Any:
        values = {name: getattr(self, name) for name in ("token", "session", "kind", "host", "slug", "strict")}
        return connection.execute(ASK, values).all()


@pytest.fixture(scope="module")
def visitors(portal: Portal) -> dict[str, Visitor]:
    company, other = (portal.company(plugins=[]) for _ in range(2))
    bound = "UPDATE web_session SET {} WHERE id = :session"
    person = "UPDATE app_user SET {} WHERE id = :user"
    member = "UPDATE membership SET {} WHERE user_id = :user AND tenant_id = :tenant"
    rules = "UPDATE tenant SET settings = settings || '{}', config_version = config_version + 1 WHERE id = :tenant"

    own_host = "UPDATE tenant SET host = 'own.example' WHERE id = :tenant"
    opened_at = bound.format("host = '{}', tenant_id = :tenant, methods = '{{password,handoff}}'")
    opened_there = opened_at.format("own.example")
    unconfined = f"ALTER TABLE web_session DROP CONSTRAINT ck_web_session_host;{own_host};" + bound.format("host = 'own.example'")

    def by_cookie(who: Person, spoil: str = "", at: Company = company, **values: Any) -> Visitor:
        token = portal.session(who)
        with portal.superuser() as connection:
            session = connection.scalar(sa.text("SELECT id FROM web_session WHERE token_hash = :h"), {"h": hash_token(token)})
        shown = {"slug": at.slug, **values}
        return Visitor(hash_token(token), user=who.id, tenant=at.id, spoil=spoil.replace(":session", f"'{session}'"), **shown)

    def by_token(who: Person, spoil: str = "", kind: str = "api", **values: Any) -> Visitor:
        session = portal.session(who, kind, company.id) if kind == "api" else None
        if session is None:
            cookie = by_cookie(who)
            with portal.superuser() as connection:
                session = connection.scalar(sa.text("SELECT id FROM web_session WHERE token_hash = :h"), {"h": cookie.token})
        shown = {"slug": company.slug, **values}
        return Visitor(session=session, user=who.id, tenant=company.id, spoil=spoil.replace(":session", f"'{session}'"), **shown)

    def customer(**place: Any) -> Person:
        return company.customer_person(**place)

    def staff() -> Person:
        return company.member("staff", ["admin"], "Ada Admin")

    def view(actor: Person, spoil: str = "") -> Visitor:
        seeing = f"UPDATE web_session SET actor_id = '{actor.id}', methods = '{{see-as}}' WHERE id = :session"
        return by_cookie(customer(), f"{seeing};{spoil.replace(':user', repr(str(actor.id)))}")

    two = customer()
    second, elsewhere = company.account("Second"), other.account("Elsewhere")
    for at, account in ((company, second), (other, elsewhere)):
        with at.system() as db:
            db.execute(sa.text("INSERT INTO account_member (tenant_id, id, account_id, user_id, role) VALUES (:t, uuidv7(), :a, :u, 'owner')"),
                       {"t": at.id, "a": account, "u": two.id})
    third = company.account("Third")
    site, colleagues_site, site_of_third = new_id(), new_id(), new_id()
    with company.system() as db:
        for made, account in ((site, second), (colleagues_site, second), (site_of_third, third)):
            db.execute(sa.text("INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, :i, :a, cast(:i AS text))"),
                       {"t": company.id, "i": made, "a": account})
    by_site = company.customer_person(second, role="viewer", reach="site", site_ids=[site])
    company.customer_person(second, role="viewer", reach="site", site_ids=[colleagues_site])
    ended = f"UPDATE account SET status = 'inactive' WHERE id = '{second}'"
    owners = bound.format("second_factor = false") + ";" + rules.format('{"second_factor": ["owner"]}')

    def placed(account: Any, role: str) -> str:
        return ("INSERT INTO account_member (tenant_id, id, account_id, user_id, role) "
                f"SELECT tenant_id, uuidv7(), id, :user, '{role}' FROM account WHERE id = '{account}'")

    also_of_third = ("INSERT INTO account_member (tenant_id, id, account_id, user_id, role, reach, site_ids) "
                     f"VALUES (:tenant, uuidv7(), '{third}', :user, 'viewer', 'site', '{{{site_of_third}}}')")
    closed = "UPDATE tenant SET status = 'suspended' WHERE id = :tenant"
    host = "UPDATE tenant SET host = 'door.example' WHERE id = :tenant"
    return {
        "customer": by_cookie(customer()),
        "staff": by_cookie(staff()),
        "nobody": Visitor(slug=company.slug),
        "unknown token": Visitor(hash_token("unknown"), slug=company.slug),
        "unknown session": Visitor(session=new_id(), slug=company.slug),
        "session that ended": by_cookie(customer(), bound.format("expires_at = now() - interval '1 minute'")),
        "session that idled": by_cookie(customer(), bound.format("last_seen_at = now() - interval '1 day'")),
        "session of long ago": by_cookie(customer(), bound.format("created_at = now() - interval '40 days'")),
        "person who was disabled": by_cookie(customer(), person.format("status = 'disabled'")),
        "cookie as another kind": by_cookie(customer(), kind="personal"),
        "unknown company": by_cookie(customer(), slug="no-such-company"),
        "suspended company": by_cookie(other.customer_person(), closed, at=other),
        "unknown host": by_cookie(customer(), slug=None, host="nobody.example"),
        "host of a suspended company": by_cookie(other.customer_person(), f"{host};{closed}", at=other, slug=None, host="door.example"),
        "cookie at the company's own host": by_cookie(customer(), f"{own_host};{opened_there}", slug=None, host="own.example"),
        "cookie of the portal's host at the company's own": by_cookie(customer(), own_host, slug=None, host="own.example"),
        "cookie of the company's own host at the portal's": by_cookie(customer(), opened_there),
        "cookie of the company's own host at the apex": by_cookie(portal.person("Olga", operator=True), opened_there, slug=None),
        "cookie of another company's own host": by_cookie(
            customer(), own_host + ";" + opened_at.format("other.example"), slug=None, host="own.example"),
        "cookie of the company's own host that is not the company's": by_cookie(customer(), unconfined, slug=None, host="own.example"),
        "personal token anywhere": by_cookie(
            customer(), own_host + ";" + bound.format("kind = 'personal'"), kind="personal", slug=None, host="own.example"),
        "program at the company's own host": by_token(customer(), own_host, slug=None, host="own.example"),
        "session of another company": by_cookie(customer(), bound.format(f"tenant_id = '{other.id}'")),
        "program": by_token(customer()),
        "program whose session ended": by_token(customer(), bound.format("expires_at = now() - interval '1 minute'")),
        "program of long ago": by_token(customer(), bound.format("created_at = now() - interval '40 days'")),
        "program of one who was disabled": by_token(customer(), person.format("status = 'disabled'")),
        "browser's session as a program's": by_token(customer(), kind="browser"),
        "view": view(staff()),
        "view of one who is staff no more": view(staff(), member.format("status = 'inactive'")),
        "view of one who was disabled": view(staff(), person.format("status = 'disabled'")),
        "view of a customer": view(customer()),
        "view of another company's staff": view(other.member("staff", ["admin"], "Olive Other")),
        "second factor to show": by_cookie(customer(), bound.format("second_factor = false") + ";" + person.format("factors = 1")),
        "operator": by_cookie(portal.person("Olga", operator=True), slug=None),
        "operator without a factor": by_cookie(portal.person("Olga", operator=True), bound.format("second_factor = false"), slug=None),
        "operator by a company's sign-in": by_cookie(portal.person("Olga", operator=True), bound.format("methods = '{sso}'"), slug=None),
        "role that needs a factor": by_cookie(
            staff(), bound.format("second_factor = false") + ";" + rules.format('{"second_factor": ["admin"]}')),
        "owner, who needs a factor": by_cookie(customer(), owners),
        "owner of one of two, who needs a factor": by_cookie(customer(account_id=third, role="viewer"), f"{owners};{placed(second, 'owner')}"),
        "owner, who has shown a factor": by_cookie(customer(), owners.partition(";")[2]),
        "owner, by the company's own sign-in": by_cookie(customer(), owners + ";" + bound.format("methods = '{sso}'")),
        "viewer, where owners need a factor": by_cookie(customer(account_id=second, role="viewer"), owners),
        "owner in another company": by_cookie(customer(role="viewer"), f"{owners};{placed(elsewhere, 'owner')}"),
        "owner of an organisation that ended": by_cookie(customer(account_id=third, role="viewer"), f"{owners};{placed(second, 'owner')};{ended}"),
        "staff who owned an organisation": by_cookie(staff(), f"{owners};{placed(second, 'owner')}"),
        "staff bound to single sign-on": by_cookie(staff(), rules.format('{"sso_staff_must": true}')),
        "member who was sent away": by_cookie(customer(), member.format("status = 'inactive'")),
        "member of another company": by_cookie(other.customer_person()),
        "of two organisations": by_cookie(two),
        "of an organisation that ended": by_cookie(two, ended),
        "of a site": by_cookie(by_site),
        "of a site, and with the sites of a former reach": by_cookie(by_site, also_of_third.replace("'site'", "'own'")),
        "of a site of an organisation that ended": by_cookie(by_site, f"{ended};{also_of_third}"),
    }


def answers(connection: sa.Connection, visitors: dict[str, Visitor]) -> dict[str, Any]:
    found = {}
    for name, visitor in visitors.items():
        connection.execute(sa.text("SAVEPOINT visit"))
        for statement in filter(None, visitor.spoil.split(";")):
            values = {"user": visitor.user, "tenant": visitor.tenant}
            text = sa.text(statement.replace(": ", "\\: "))
            connection.execute(text, {key: values[key] for key in text._bindparams})
        try:
            found[name] = visitor.answer(connection)
        except sa.exc.DBAPIError as error:
            found[name] = str(error.orig)
        connection.execute(sa.text("ROLLBACK TO SAVEPOINT visit"))
    return found


def conditions(source: str) -> Iterator[tuple[str, str]]:
    """(what is taken out, the function without it): each part of a WHERE or ON, each IF that sends away or bars."""
    source = re.sub(r"--.*", "", source)
    for found in re.finditer(r"\b(?:WHERE|ON|AND)\s+", source):
        end = _end(source, found.end())
        part = source[found.end():end]
        before = source[:found.start()]
        statement = before[max(before.rfind(";"), before.rfind("THEN"), before.rfind("ELSE")):]
        if part.strip() and "UPDATE" not in statement and ("SELECT" in statement or ":= " in statement):
            yield " ".join(part.split()), source[:found.end()] + "true " + source[end:]
    for found in re.finditer(r"\bIF\s(?!EXISTS)(.*?)\sTHEN(.*?)END IF;", source, re.S):
        if re.search(r"RETURN|gate := '[a-z]", found[2].split("IF ")[0]):
            yield f"IF {' '.join(found[1].split())}", source[:found.start(1)] + "false" + source[found.end(1):]


def _end(source: str, start: int) -> int:
    depth = 0
    for found in re.finditer(r"\(|\)|;|\b(?:AND|OR|THEN|WHERE|JOIN|CROSS|FOR|ORDER)\b", source[start:]):
        if depth == 0 and found[0] not in ("(",):
            return start + found.start()
        depth += {"(": 1, ")": -1}.get(found[0], 0)
    raise AssertionError(source[start:])


def test_whoever_does_not_count_is_nobody(portal: Portal, visitors: dict[str, Visitor]) -> None:
    with undone(portal) as connection:
        found = answers(connection, visitors)

    def standing(name: str) -> Any:
        rows = found[name]
        return None if not rows else (rows[0].user_id is not None, rows[0].member_kind, rows[0].gate, bool(rows[0].is_operator))

    nobody = (False, None, "", False)
    assert {name: standing(name) for name in visitors} == {
        **dict.fromkeys(visitors, nobody),
        "customer": (True, "customer", "", False),
        **dict.fromkeys(
            ("program", "cookie at the company's own host", "personal token anywhere"),
            (True, "customer", "", False)),
        "staff": (True, "staff", "", False),
        "view": (True, "customer", "", False),
        **dict.fromkeys(("unknown company", "suspended company", "unknown host", "host of a suspended company")),
        "second factor to show": (False, None, "second-factor", False),
        "operator": (True, None, "", True),
        "operator without a factor": (True, None, "enrol", False),
        "operator by a company's sign-in": (True, None, "", False),
        "role that needs a factor": (True, None, "enrol", False),
        "owner, who needs a factor": (True, None, "enrol", False),
        "owner of one of two, who needs a factor": (True, None, "enrol", False),
        **dict.fromkeys(
            ("owner, who has shown a factor", "owner, by the company's own sign-in", "viewer, where owners need a factor",
             "owner in another company", "owner of an organisation that ended"), (True, "customer", "", False)),
        "staff who owned an organisation": (True, "staff", "", False),
        "staff bound to single sign-on": (True, None, "sso", False),
        **dict.fromkeys(("member who was sent away", "member of another company"), (True, None, "", False)),
        **{name: (True, "customer", "", False) for name in visitors if name.startswith(("of two", "of an organisation", "of a site"))},
    }


def test_each_condition_is_needed(portal: Portal, visitors: dict[str, Visitor]) -> None:
    unnoticed, tried = [], 0
    with undone(portal) as connection:
        source = connection.scalar(sa.text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = :n"), {"n": DOOR})
        assert source is not None
        before = answers(connection, visitors)
        for condition, without in conditions(source):
            tried += 1
            connection.execute(sa.text("SAVEPOINT door"))
            connection.exec_driver_sql(without.replace("%", "%%"))
            if answers(connection, visitors) == before:
                unnoticed.append(condition)
            connection.execute(sa.text("ROLLBACK TO SAVEPOINT door"))
    assert tried > 40
    assert sorted(unnoticed) == sorted(EQUIVALENT)
