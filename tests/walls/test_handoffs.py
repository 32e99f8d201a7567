"""Each condition of the way to a company's own host, and of what ends with it, taken out of the database's functions in turn:
somebody must go on who could not, or something else must come of it.

The conditions are read from the functions as they are in the database, so that a new one is tried without a line of test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from tests.walls.test_definers import DEFINITION, conditions
from tests.walls.test_policies import undone

from portico.db.types import new_id
from portico.identity.cookies import hash_token
from portico.testing.person import Person
from portico.testing.portal import Portal

FUNCTIONS = ("handoff_standing", "handoff_target", "handoff_begin", "handoff_take", "session_displace", "session_sign_out")
OTHER_CODE = (
    "INSERT INTO ceremony (handle_hash, purpose, user_id, session_id, tenant_id, data, expires_at) "
    "SELECT sha256(handle_hash), purpose, user_id, session_id, tenant_id, data, expires_at FROM ceremony WHERE handle_hash = :hash"
)
SCOPE = sa.text("SELECT set_config('portico.user_id', :user, true), set_config('portico.tenant_id', :tenant, true)")
STEPS = {
    "target": "SELECT handoff_target(:session)",
    "begun": "SELECT handoff_begin(:session, :hash, :host, :challenge, '60 s')",
    "kept": "SELECT user_id, session_id, tenant_id, data, expires_at - now() AS left FROM ceremony WHERE handle_hash = :hash",
}
ARRIVAL = {
    "take": "SELECT standing, live, session_id IS NOT NULL AS made, user_id, email FROM "
            "handoff_take(:shown_hash, :shown_challenge, :at, :token, '192.0.2.1', 'Browser', 'Lyon')",
    "again": "SELECT standing, live FROM handoff_take(:shown_hash, :shown_challenge, :at, sha256(:token), '192.0.2.1', 'Browser', 'Lyon')",
    "made": "SELECT to_jsonb(s) - 'id' FROM web_session s WHERE token_hash IN (:token, sha256(:token)) ORDER BY token_hash",
    "codes": "SELECT count(*) FROM ceremony",
}
ENDS = {
    "displaced": "SELECT * FROM session_displace(:cookie)",
    "displaced by a new one": "SELECT user_id, email FROM session_displace(:token)",
    "signed out there": "SELECT session_sign_out((SELECT id FROM web_session WHERE token_hash = :token))",
    "signed out at home": "SELECT session_sign_out(:session)",
}
LEFT = "SELECT id FROM web_session WHERE token_hash NOT IN (:token) ORDER BY id"


@dataclass
class Going:
    """How somebody goes on. before, between: SQL that is run before the code is made, and before it is used. values: what is
    said otherwise than usual, by name; `as_user` makes the code, at the company `to`; `here` is the company that it is used at."""

    before: str = ""
    between: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Cast:
    """The rows' identifiers, and everybody's way."""

    usual: dict[str, Any]
    goings: dict[str, Going]

    def values(self, going: Going) -> dict[str, Any]:
        return self.usual | going.values


@pytest.fixture(scope="module")
def cast(portal: Portal) -> Cast:
    company, other, third = (portal.company(plugins=[]) for _ in range(3))
    stranger = company.customer_person(name="Stella Stranger", role="viewer")
    person = company.customer_person(name="Carla Customer", role="viewer")
    staff, member_nowhere = company.member("staff", ["agent"], "Abel Agent"), portal.person("Nora Nowhere")
    second, theirs = company.account("Second"), other.account("Theirs")

    def shown(who: Person) -> tuple[Any, bytes]:
        token = hash_token(portal.session(who))
        with portal.superuser() as connection:
            return connection.scalar(sa.text("SELECT id FROM web_session WHERE token_hash = :h"), {"h": token}), token

    (session, cookie), (of_staff, _unused), (of_nobody, _unused) = shown(person), shown(staff), shown(member_nowhere)
    shown(stranger)
    usual = {
        "session": session, "cookie": cookie, "user": person.id, "as_user": person.id, "tenant": company.id, "to": company.id,
        "here": company.id, "host": f"{company.slug}.example", "at": f"{company.slug}.example", "hash": b"code" * 8, "shown_hash": b"code" * 8, "challenge": "c" * 64, "shown_challenge": "c" * 64,
        "token": b"made" * 8, "other": other.id, "stranger": stranger.id, "second": second, "theirs": theirs,
    }  # fmt: skip
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant SET host = slug || '.example' WHERE id = :t"), {"t": company.id})
    bound = "UPDATE web_session SET {} WHERE id = :session"
    of_person = "UPDATE app_user SET {} WHERE id = :user"
    member = "UPDATE membership SET {} WHERE user_id = :user AND tenant_id = :tenant"
    company_is = "UPDATE tenant SET {} WHERE id = :tenant"
    code = "UPDATE ceremony SET {} WHERE handle_hash = :hash"
    no_factor = bound.format("second_factor = false")

    def rules(**given: Any) -> str:
        pairs = ", ".join(f"'{name}', {value}" for name, value in given.items())
        return company_is.format(f"settings = settings || jsonb_build_object({pairs})")

    def owner(tenant: str, account: str, whose: str = ":user") -> str:
        return ("INSERT INTO account_member (tenant_id, id, account_id, user_id, role) "
                f"VALUES ({tenant}, uuidv7(), {account}, {whose}, 'owner')")

    def belongs(tenant: str, values: str) -> str:
        return ("INSERT INTO membership (tenant_id, id, user_id, display_name, email, kind, roles, status, barred) "
                f"SELECT {tenant}, uuidv7(), id, name, email, {values} FROM app_user WHERE id = :user")

    owners = f"{no_factor};{rules(second_factor='''jsonb_build_array('owner')''')}"
    customers = rules(second_factor="jsonb_build_array('customer')")
    agents = rules(second_factor="jsonb_build_array('agent')")
    sso_must = rules(sso_staff_must="true")
    ended = "UPDATE account SET status = 'inactive' WHERE id = :second"
    nobody = {"session": of_nobody, "user": member_nowhere.id, "as_user": member_nowhere.id}
    by_staff = {"session": of_staff, "user": staff.id, "as_user": staff.id}
    goings = {
        "as usual": Going(),
        "member of no company": Going(values=nobody),
        # The session that the code is of.
        "disabled": Going(of_person.format("status = 'disabled'")),
        "disabled meanwhile": Going(between=of_person.format("status = 'disabled'")),
        "unknown session": Going(values={"session": new_id()}),
        "somebody else's session": Going(values={"as_user": stranger.id}),
        "nobody": Going(values={"as_user": ""}),
        "program's session": Going(bound.format("kind = 'api'")),
        "session of a company": Going(bound.format("tenant_id = :other")),
        "view of a customer": Going(bound.format("actor_id = :stranger")),
        **{f"came in by {way}": Going(bound.format(f"methods = '{{{way}}}'")) for way in ("sso", "see-as", "handoff")},
        "expired": Going(bound.format("expires_at = now()")),
        "expired meanwhile": Going(between=bound.format("expires_at = now()")),
        "shortened meanwhile": Going(between=bound.format("expires_at = now() + interval '1 hour'")),
        "ends soon": Going(bound.format("expires_at = now() + interval '1 hour'")),
        "ended meanwhile": Going(between="DELETE FROM web_session WHERE id = :session"),
        # The company.
        "suspended": Going(company_is.format("status = 'suspended'")),
        "to another company": Going(values={"to": other.id}),
        "to no company": Going(values={"to": ""}),
        "to another host": Going(values={"host": "elsewhere.example", "at": "elsewhere.example"}),
        # The code.
        "one of two codes": Going(between=OTHER_CODE),
        "unknown code": Going(values={"shown_hash": b"none" * 8}),
        "late": Going(between=code.format("expires_at = now()")),
        "of another purpose": Going(between=code.format("purpose = 'passkey'")),
        "used at another company": Going(values={"here": other.id}),
        "used at none": Going(values={"here": ""}),
        "used by another browser": Going(values={"shown_challenge": "d" * 64}),
        "used at another host": Going(values={"at": "elsewhere.example"}),
        "used at no host": Going(values={"at": None}),
        # What the company asks for.
        "barred": Going(member.format("status = 'inactive', barred = true")),
        "barred meanwhile": Going(between=member.format("status = 'inactive', barred = true")),
        "left": Going(member.format("status = 'inactive'")),
        "barred once, and back": Going(member.format("barred = true")),
        "barred elsewhere": Going(belongs(":other", "'customer', '{customer}', 'inactive', true"), values=nobody),
        "where everybody else is barred": Going(
            "UPDATE membership SET status = 'inactive', barred = true WHERE tenant_id = :tenant", values=nobody),
        "staff": Going(values=by_staff),
        "staff bound to single sign-on": Going(sso_must, values=by_staff),
        "staff bound to single sign-on meanwhile": Going(between=sso_must, values=by_staff),
        "staff who left, bound to single sign-on": Going(f"{sso_must};{member.format('status = $$inactive$$')}", values=by_staff),
        "customer where staff are bound to single sign-on": Going(sso_must),
        "role that needs a factor": Going(f"{no_factor};{customers}"),
        "role that needs a factor meanwhile": Going(no_factor, customers),
        "role that needs a factor, shown": Going(customers),
        "role that needed a factor, left": Going(f"{no_factor};{customers};{member.format('status = $$inactive$$')}"),
        "role that needs none": Going(f"{no_factor};{agents}"),
        "no factor": Going(no_factor),
        "owner, who needs a factor": Going(f"{owners};{owner(':tenant', ':second')}"),
        "owner, who has shown a factor": Going(f"{owners.partition(';')[2]};{owner(':tenant', ':second')}"),
        "viewer, where owners need a factor": Going(owners),
        "viewer beside an owner": Going(f"{owners};{owner(':tenant', ':second', ':stranger')}"),
        "owner of an organisation that ended": Going(f"{owners};{owner(':tenant', ':second')};{ended}"),
        "owner in another company": Going(f"{owners};{owner(':other', ':theirs')}"),
        "staff who owned an organisation": Going(f"{owners};{owner(':tenant', ':second')}", values=by_staff),
        "signed in for long": Going(f"{rules(session_hours='8')};{bound.format('created_at = now() - interval $$8 hours$$')}"),
        "signed in for long meanwhile": Going(bound.format("created_at = now() - interval '8 hours'"), rules(session_hours="8")),
        "signed in a month ago": Going(bound.format("created_at = now() - interval '720 hours'")),
        "signed in almost a month ago": Going(bound.format("created_at = now() - interval '719 hours'")),
        # What ends.
        "unknown cookie": Going(values={"cookie": b"none" * 8}),
        "a program's token as a cookie": Going("UPDATE web_session SET kind = 'api' WHERE token_hash = :cookie"),
    }
    return Cast(usual, goings)


def run(connection: sa.Connection, statement: str, values: dict[str, Any]) -> Any:
    text = sa.text(statement)
    done = connection.execute(text, {name: values[name] for name in text._bindparams})
    return done.all() if done.returns_rows else []


def outcome(connection: sa.Connection, values: dict[str, Any], going: Going, *, ends: bool = False) -> dict[str, Any]:
    """What each step gives; nothing of it stays. What a function refuses with an error is what it gives. ends: with what ends."""
    found: dict[str, Any] = {}

    def take(steps: dict[str, str], *, apart: bool = False) -> None:
        for name, statement in steps.items():
            connection.exec_driver_sql("SAVEPOINT step")
            try:
                found[name] = run(connection, statement, values)
                if apart:
                    found[name] = (found[name], run(connection, LEFT, values), run(connection, ARRIVAL["made"], values))
            except sa.exc.DBAPIError as error:
                found[name] = str(error.orig)
                apart = True
            connection.exec_driver_sql(f"{'ROLLBACK TO' if apart else 'RELEASE'} SAVEPOINT step")

    def enter(user: Any, tenant: Any) -> None:
        connection.execute(SCOPE, {"user": str(user), "tenant": str(tenant)})

    connection.exec_driver_sql("SAVEPOINT going")
    for statement in filter(None, going.before.split(";")):
        run(connection, statement, values)
    enter(values["as_user"], values["to"])
    take(STEPS)
    for statement in filter(None, going.between.split(";")):
        run(connection, statement, values)
    enter("", values["here"])
    take(ARRIVAL)
    if ends:
        take(ENDS, apart=True)
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT going")
    return found


def removed(definition: str) -> Iterator[tuple[str, str]]:
    """(what is taken out, the function without it): what `conditions` takes out, each branch of a CASE and what else leads into
    it, and each of two limits of which the narrower counts."""
    definition = re.sub(r"--.*", "", definition)
    yield from conditions(definition, whole=True)
    for found in re.finditer(r"\b(?:WHEN|OR(?! REPLACE))\s+((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*?)\s+(?=THEN\b|AND\b|OR\b)", definition):
        for value in ("true", "false"):
            yield f"{' '.join(found[1].split())} as {value}", definition[: found.start(1)] + value + definition[found.end(1) :]
    for found in re.finditer(r"\bleast\(([^(),]+), ((?:[^(),]|\([^()]*\))+)\)", definition):
        for part in found.groups():
            yield f"{found[0]} as {part}", definition[: found.start()] + part + definition[found.end() :]


def test_who_comes_in(portal: Portal, cast: Cast) -> None:
    with undone(portal) as connection:
        found = {name: outcome(connection, cast.values(going), going) for name, going in cast.goings.items()}
    assert not [one for one in found["as usual"].values() if isinstance(one, str)]
    came_in = {name for name, one in found.items() if one["take"][0].made}
    assert came_in == {
        "as usual", "member of no company", "shortened meanwhile", "ends soon", "one of two codes",
        "left", "barred once, and back", "barred elsewhere", "where everybody else is barred", "staff",
        "staff who left, bound to single sign-on", "customer where staff are bound to single sign-on", "role that needs a factor, shown",
        "role that needed a factor, left", "role that needs none", "no factor", "owner, who has shown a factor",
        "viewer, where owners need a factor", "viewer beside an owner", "owner of an organisation that ended", "owner in another company",
        "staff who owned an organisation", "signed in almost a month ago", "unknown cookie",
    }  # fmt: skip
    assert all(one["again"][0].standing == "code" for one in found.values()), "a code is good once"
    assert not any(one["again"][0].live for name, one in found.items() if name in came_in)
    told = {name for name, one in found.items() if one["take"][0].live and one["take"][0].standing == "code"}
    assert told == {"used at another company", "used at none", "used by another browser", "used at another host", "used at no host"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_condition_is_needed(portal: Portal, cast: Cast, name: str) -> None:
    unnoticed, tried, ends = set(), 0, name.startswith("session_")
    with undone(portal) as connection:
        before = {one: outcome(connection, cast.values(going), going, ends=ends) for one, going in cast.goings.items()}
        definition = connection.scalar(DEFINITION, {"name": name})
        assert definition is not None
        for condition, without in removed(definition):
            tried += 1
            connection.exec_driver_sql("SAVEPOINT handoff")
            connection.exec_driver_sql(without.replace("%", "%%"))
            if all(outcome(connection, cast.values(going), going, ends=ends) == before[one] for one, going in cast.goings.items()):
                unnoticed.add((name, condition))
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT handoff")
    assert tried
    assert unnoticed == set()
