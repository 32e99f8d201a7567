"""Functions that pass by row security keep people and companies apart by conditions of their own: each that compares with the
scope is taken out in turn, and somebody must then read or change what is not theirs.

The functions are found in the database, so that a new one is asked for: it has calls here, or a reason why not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.walls.callers import CALLS, FURTHER, TABLES, Caller, made
from tests.walls.test_policies import undone

from portico.testing.portal import Portal

FOUND = sa.text(
    "SELECT proname AS name, prosrc AS source, pg_get_functiondef(oid) AS definition FROM pg_proc "
    "WHERE prosecdef AND pronamespace = 'public'::regnamespace AND prosrc ~ 'portico\\.(user_id|tenant_id|accounts)' ORDER BY 1"
)
DEFINITION = sa.text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = :name AND pronamespace = 'public'::regnamespace")
ELSEWHERE = {
    "handoff_take": "tests/walls/test_handoffs.py takes out every condition of it",
    "enter_definer": "tests/walls/test_entry.py takes out every condition of it",
    "invitation_accept": "hands the person in scope to invitation_take and compares nothing",
    "job_hasten": "moves a waiting job forward, and neither tells nor changes anything of a person",
    "sync_freshness": "tells a time and whether something fails, and nothing of a person",
}
"""Functions that are not called here, each with the reason."""
OURS = r"portico\.(?:user_id|tenant_id|accounts)|\b(?:who|here)\b"
"""What a condition that compares with the scope has in it."""
UNNOTICED = {
    ("membership_leave", "m.user_id = who"): "stands beside that nobody else administers the company: then it is who leaves, or nobody",
}
"""Conditions that no call notices, each with the reason."""
BENEATH = {"quotes_item_search": ("quotes_item_match", "quotes_words_meant")}
"""Functions that have the company as an argument, and are tried through the one that hands it on."""
WHOLE = ("invitation_take", "invoices_find", "orders_find", "payments_find", "quotes_item_search", "retain")
"""Of these each condition is taken out, whatever it compares with."""
Call = tuple[str, str, str]
"""(who calls, in whose company, with whose things)."""
Outcome = tuple[bool, str, list[list[str]]]
"""Whether the call was done, what it gives, and all rows after each part of it that could change them."""


@pytest.fixture(scope="module")
def portal(portico_home: Path, worker_id: str) -> Iterator[Portal]:
    """One in which there are these people alone: all rows are compared after each call."""
    name = f"portico_definers_{worker_id}_{os.getpid()}"
    built = Portal.build(portico_home, name, os.environ.get("PORTICO_TEST_DATABASE_URL"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def people(portal: Portal) -> dict[str, Caller]:
    return made(portal)


def rows(connection: sa.Connection, name: str) -> list[str]:
    """All that the function could change; identifiers that are made anew by a call are left out."""
    one = "SELECT '{0} ' || (to_jsonb(x) - 'id')::text FROM {0} x"
    tables = (*TABLES, *FURTHER.get(name, ()))
    return sorted(connection.exec_driver_sql(" UNION ALL ".join(one.format(table) for table in tables)).scalars())


def calls(people: dict[str, Caller]) -> list[Call]:
    return [(who, where, whose) for who in people for where in ("home", "away") for whose in people]


def changes(connection: sa.Connection, name: str) -> bool:
    """The database itself holds to it that a function which is not volatile changes nothing."""
    return connection.scalar(sa.text("SELECT provolatile FROM pg_proc WHERE proname = :n"), {"n": name}) == "v"


def outcome(connection: sa.Connection, name: str, people: dict[str, Caller], call: Call, *, changing: bool = True) -> Outcome:
    """Nothing of it stays. changing: the function is one that `changes`."""
    who, where, whose = call
    home, values = people[who].tenant, people[whose].values
    [away] = {one.tenant for one in people.values()} - {home}
    connection.exec_driver_sql("SAVEPOINT call")
    people[who].enter(connection, home if where == "home" else away)
    given, after, done = [], [], True
    try:
        for one in CALLS[name]:
            text = sa.text(f"SELECT x::text FROM {one} x")
            given += connection.scalars(text, {key: values[key] for key in text._bindparams}).all()
            after += [rows(connection, name)] if changing else []
    except sa.exc.DBAPIError as error:
        given, done = [*given, str(error.orig)], False
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT call")
    return done, "; ".join(map(str, given)), after


def conditions(definition: str, *, whole: bool = False) -> Iterator[tuple[str, str]]:
    """(what is taken out, the function without it): each part of a WHERE or ON that compares with the scope. whole: each part,
    and each IF."""
    definition = re.sub(r"--.*", "", definition)
    for found in re.finditer(r"\b(?:WHERE|ON|AND)\s+(?!CONFLICT)", definition):
        end = _end(definition, found.end())
        part = definition[found.end() : end]
        if whole or re.search(OURS, part):
            yield " ".join(part.split()), f"{definition[: found.end()]}true {definition[end:]}"
    for found in re.finditer(r"\bIF\s(.*?)\sTHEN", definition, re.S) if whole else ():
        yield f"IF {' '.join(found[1].split())}", f"{definition[: found.start(1)]}false{definition[found.end(1) :]}"


def _end(source: str, start: int) -> int:
    depth = 0
    words = r"\(|\)|;|\$function\$|\b(?:AND|OR|THEN|WHERE|CROSS|JOIN|FOR|ORDER|RETURNING|LOOP|LIMIT|UNION|GROUP)\b"
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
    somebody, stranger = people["somebody"], people["stranger"]
    with undone(portal) as connection:
        before, changing = rows(connection, name), changes(connection, name)
        both = [call for call in calls(people) if call[0] in ("somebody", "stranger") and call[1] == "home"]
        called = {call: outcome(connection, name, people, call, changing=changing) for call in both}
    for (who, _where, whose), (done, given, after) in called.items():
        if who == "stranger" and done:
            theirs = [row for row in before if str(somebody.user) in row and str(stranger.user) not in row]
            assert all(set(theirs) <= set(one) for one in after), (name, whose)
            assert str(somebody.user) not in given
            assert somebody.email not in given
    assert len({repr(one) for one in called.values()}) > 1, "both have the same answer: the calls try nothing"


@pytest.mark.parametrize("name", CALLS)
def test_each_condition_on_the_scope_is_needed(portal: Portal, people: dict[str, Caller], name: str) -> None:
    unnoticed, tried, functions = [], 0, (name, *BENEATH.get(name, ()))
    with undone(portal) as connection:
        changing = changes(connection, name)
        before = {call: outcome(connection, name, people, call, changing=changing) for call in calls(people)}

        def unchanged() -> bool:
            """Up to the first call that tells."""
            return all(outcome(connection, name, people, call, changing=changing) == was for call, was in before.items())

        assert unchanged()
        for one in functions:
            definition = connection.scalar(DEFINITION, {"name": one})
            for condition, without in conditions(definition, whole=name in WHOLE):
                tried += 1
                connection.exec_driver_sql("SAVEPOINT definer")
                connection.exec_driver_sql(without.replace("%", "%%"))
                if unchanged():
                    unnoticed.append((one, condition))
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT definer")
    assert tried
    assert set(unnoticed) == {pair for pair in UNNOTICED if pair[0] in functions}
