"""Whatever anybody wrote is text on every page, also what came past every form: from a company's system, or from an older
version (ASVS 1.2.1).

Every column of every table that holds words is filled with markup, scripts and template syntax, each with the column's number;
then every page of the route table is read by a parser. A new column and a new page are tried without a line of test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from tests.walls.fields import Spot, spots
from tests.walls.markup import TRAPS, Reader
from tests.walls.test_routes import may, path
from tests.walls.world import Side, build_side

from portico.db.base import Base
from portico.identity.permissions import OPERATOR
from portico.testing.client import Client
from portico.testing.portal import Portal

CODES = re.compile(
    r"(^|_)(status|state|kind|role|roles|reach|locale|locales|currency|connector|entity|outcome|action|type|signup|theme|zone|slug|host|"
    r"plugin|document|purpose|delivery|answer|breaker|digest|owner|mode|field|key|hash|token|verified_by|newcomers|issuer|entry|"
    r"object_name|price_source|dedupe|search|folded|folded_code|word|country|request_id|html|id|methods|scopes|permissions|transports|"
    r"certificates|settings|brand|version|claim|cursor|config|reports|finding|problem|handle)$"
)
"""Names whose values are not words of people but of the portal, which looks them up; people's e-mail addresses come beside."""
PEOPLE = {"app_user": "id", "web_session": "user_id", "user_device": "user_id", "user_factor": "user_id"}
"""Tables of people, of all companies, and the column that says whose a row is."""
SIGNS_IN = {("app_user", "email"), ("membership", "email"), ("web_session", "address"), ("audit_entry", "actor_kind")}


@dataclass
class Poisoned:
    """columns: number → what is filled with traps of that number."""

    side: Side
    columns: dict[int, str] = field(default_factory=dict)


def trap(number: int, name: str, length: int | None) -> str:
    """All traps, or as one address can be, or as many as there is room for, beginning at another one for each column."""
    if name.endswith("url"):
        return f"javascript:portico({number})//portico-x{number}"
    begun = number % len(TRAPS)
    text = " ".join(one.format(number) for one in (*TRAPS[begun:], *TRAPS[:begun]))
    return text if length is None or len(text) <= length else text[:length]


def words(table: sa.Table) -> list[sa.Column]:
    return [one for one in table.columns if not CODES.search(one.name) and (table.name, one.name) not in SIGNS_IN
            and (isinstance(one.type, sa.String) or one.type.__class__.__name__ in ("JSON", "JSONB"))]


@pytest.fixture(scope="module")
def poisoned(portal: Portal) -> Poisoned:
    made = Poisoned(build_side(portal))
    people = [one.person.id for one in made.side.clients.values() if one.person is not None]
    with portal.superuser() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in Base.metadata.sorted_tables:
            owner = PEOPLE.get(table.name) or ("id" if table.name == "tenant" else "tenant_id")
            if owner in table.columns:
                mine = table.columns[owner].in_(people) if table.name in PEOPLE else table.columns[owner] == made.side.company.id
                for column in words(table):
                    fill(connection, made, column, mine)
        connection.execute(sa.text("UPDATE tenant SET config_version = config_version + 1 WHERE id = :t"), {"t": made.side.company.id})
    return made


def fill(connection: sa.Connection, made: Poisoned, column: sa.Column, mine: Any) -> None:
    number = 100 + len(made.columns)
    made.columns[number] = f"{column.table.name}.{column.name}"
    key = [one for one in column.table.columns if one.primary_key]
    rows = connection.execute(sa.select(*key, column.label("found")).where(mine, column.is_not(None))).all()
    for turn, row in enumerate(rows):
        if isinstance(column.type, sa.String):
            value: Any = trap(number, column.name, None if turn else column.type.length)
            value = f"{turn}{value}" if turn and column.type.length is None else value
        else:
            value = leaves_filled(row.found, number)
        this = sa.and_(*(one == getattr(row, one.name) for one in key))
        nested = connection.begin_nested()
        try:
            connection.execute(sa.update(column.table).where(this).values({column.name: value}))
            nested.commit()
        except DBAPIError:  # the table itself keeps it away, or a name of which there is one
            nested.rollback()


def leaves_filled(value: Any, number: int, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: leaves_filled(one, number, key) for key, one in value.items()}
    if isinstance(value, list):
        return [leaves_filled(one, number, name) for one in value]
    plain = isinstance(value, str) and not CODES.search(name) and not re.fullmatch(r"[-0-9a-f]{36}|[-+0-9.:TZ ]*|[A-Z]{3}", value)
    return trap(number, name, None) if plain else value


def pages(poisoned: Poisoned, portal: Portal) -> Iterator[tuple[str, Client, Spot]]:
    side = poisoned.side
    operator = portal.operator()
    for spot in spots():
        if spot.spec.method != "GET":
            continue
        if spot.spec.permission == OPERATOR:
            yield "operator", operator, spot
            continue
        for who in ("owner", "agent", "admin", "anonymous"):
            if may(side, who, spot.spec):
                client = portal.client(side.clients[who].person) if spot.apex else side.clients[who]
                yield who, client, spot


def test_nothing_that_was_written_comes_to_life_on_a_page(poisoned: Poisoned, portal: Portal) -> None:
    wrong, shown = [], set()
    for who, client, spot in pages(poisoned, portal):
        if spot.spec.kind == "api" and who != "anonymous":
            client = poisoned.side.company.api(poisoned.side.clients[who].person)
            url = path(spot.spec, poisoned.side.samples).removeprefix("/api/v1/portal")
        else:
            url = path(spot.spec, poisoned.side.samples)
        answer = client.get(url, status="*")
        if answer.status_int >= 500 or "X-Portico" in answer.headers or any("\r" in one or "\n" in one for one in answer.headers.values()):
            wrong.append((str(spot), who, answer.status))
        if answer.content_type == "text/html":
            shown |= {int(one) for one in re.findall(r"portico-x(\d{3})", answer.text)}
            wrong += [(str(spot), who, one) for one in Reader(answer.text).alive]
    assert wrong == []
    seen = {poisoned.columns[number] for number in shown}
    assert len(seen) >= 40, sorted(seen)  # or the pages were empty


def test_the_reader_notices_what_lives() -> None:
    for template in ("<p>{}</p>", '<p title="{}">', "<p title='{}'>", "<textarea>{}</textarea>", "<script>x = {}</script>", "<!-- {} -->"):
        assert Reader(template.format(trap(1, "name", None))).alive, template
    assert Reader(f'<a href="{trap(1, "tracking_url", None)}">').alive
