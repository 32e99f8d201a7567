"""Every column is marked as about a person or not, and the marks hold: canaries come out in the archive, and are gone
after an erasure (SEC-11)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.walls.world import Side, build_side

from portico.db.base import Base
from portico.db.privacy import Privacy, of_table
from portico.privacy import erasing
from portico.privacy.archive import archive
from portico.privacy.collecting import BY_FUNCTION, OF_THE_ACCOUNT, Company, collect, plugin_tables
from portico.privacy.raw import TABLES
from portico.testing.portal import Portal

ROOT = Path(__file__).parents[2]


MIGRATIONS = {
    "portico_version", "portico_customers_version", "portico_orders_version", "portico_quotes_version",
    "portico_contracts_version", "portico_signatures_version", "portico_invoices_version", "portico_einvoices_version", "portico_payments_version",
}  # fmt: skip
"""What says which migrations were run: nothing but Alembic's number."""


PLUGINS = {"quotes", "orders", "invoices", "payments", "contracts", "customers", "signatures", "einvoices"}


def marks(table: str) -> Privacy | None:
    if table in TABLES:
        return TABLES[table]
    return of_table(Base.metadata.tables[table]) if table in Base.metadata.tables else None


def test_every_column_of_the_database_is_marked_once(portal: Portal) -> None:
    with portal.superuser() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT c.table_name, array_agg(c.column_name::text) AS columns FROM information_schema.columns c "
                "JOIN information_schema.tables t USING (table_schema, table_name) "
                "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' GROUP BY 1"
            )
        ).all()
    wrong = {}
    for row in rows:
        if row.table_name in MIGRATIONS:
            continue
        found = marks(row.table_name)
        named = sorted(found.named()) if found else []
        if named != sorted(row.columns):
            wrong[row.table_name] = sorted(set(named) ^ set(row.columns)) or "twice"
    assert wrong == {}, "say of each in __privacy__ whether it is about a person (portico.db.privacy)"


def test_what_is_about_somebody_says_how_it_is_found_what_becomes_of_it_and_why() -> None:
    for table in Base.metadata.sorted_tables:
        found = of_table(table)
        if found is None or not found.about_somebody:
            continue
        assert found.person or found.through or found.by_email, f"{table.name}: whose row is it?"
        assert found.title, f"{table.name}: what do people call it?"
        assert bool(found.left) == bool(found.reason), f"{table.name}: what is kept needs a reason, and nothing else"


def test_a_strangers_plugin_is_held_to_the_same() -> None:
    program = """
from portico.db.privacy import of_table
from stranger_parcels.models import Parcel
table = Parcel.__table__
print(sorted(of_table(table).named()) == sorted(column.name for column in table.columns))
"""
    path = {"PYTHONPATH": str(ROOT / "tests" / "strangers" / "stranger_parcels")}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr[-2000:]


def test_the_function_of_the_database_knows_all_of_cores_tables() -> None:
    about = {table.name for table in Base.metadata.sorted_tables if (found := of_table(table)) and found.about_somebody}
    core = {name for name in about if "_" not in name or name.split("_")[0] not in PLUGINS}
    assert set(BY_FUNCTION) == core
    assert {table.name for table in plugin_tables()} == about - core


@dataclass
class Canary:
    """A text in one column of one row about the person."""

    table: str
    column: str
    text: str


@pytest.fixture(scope="module")
def side(portal: Portal) -> Side:
    return build_side(portal)


@pytest.fixture(scope="module")
def person_id(side: Side) -> UUID:
    owner = side.clients["owner"].person
    assert owner is not None
    return owner.id


@pytest.fixture(scope="module")
def canaries(portal: Portal, side: Side, person_id: UUID) -> list[Canary]:
    """One in every column about a person that can hold a text; every such table has a row."""
    fill(portal, side, person_id)
    planted = []
    with portal.superuser() as connection:
        for table in Base.metadata.sorted_tables:
            found = of_table(table)
            if found is None or not found.about_somebody:
                continue
            where, values = rows_of(table.name, found), {"u": person_id}
            count = connection.scalar(sa.text(f"SELECT count(*) FROM {table.name} x WHERE {where}"), values)
            assert count, f"{table.name}: no row about the person; make one in fill()"
            for name in (*found.personal.split(), *found.secret.split()):
                canary = plant(connection, table, name, where, person_id)
                if canary is not None:
                    planted.append(canary)
    return planted


FIXED = {
    ("app_user", "email"), ("app_user", "name"),  # set by fill(), for other rows are found by them
    ("app_user", "status"), ("app_user", "colour_mode"), ("web_session", "kind"), ("user_factor", "kind"),
    ("membership", "kind"), ("membership", "status"), ("consent", "document"), ("data_request", "kind"),
    ("data_request", "state"), ("mail", "recipient"), ("mail", "status"), ("event", "actor"), ("audit_entry", "actor_kind"),
    ("rate_window", "key"), ("quotes_quote", "author"), ("account_member", "role"), ("account_member", "reach"),
    ("account_member", "limit_currency"), ("account_invitation", "email"), ("account_invitation", "role"),
    ("account_invitation", "reach"), ("account_invitation", "status"), ("account_invitation", "limit_currency"),
    ("file", "state"), ("file", "owner"), ("account_invitation", "inviter"), ("approval", "status"), ("approval", "author"),
    ("customers_contact", "email"), ("customers_address", "email"), ("signatures_signature", "method"),
    ("signatures_signature", "state"), ("signatures_round", "state"), ("signatures_signer", "state"),
}  # fmt: skip
"""Columns that hold one of a few words, or by which a row is found."""
UNFROZEN, FROZEN_AGAIN = "SET LOCAL session_replication_role = replica", "SET LOCAL session_replication_role = origin"
"""What was signed is changed by nobody but one whom no trigger holds."""
NAME, EMAIL = "Canary Bird-4711", "canary-4711@example.com"


def plant(connection: sa.Connection, table: sa.Table, name: str, where: str, person_id: UUID) -> Canary | None:
    column = table.c[name]
    if (table.name, name) in FIXED or column.primary_key:
        return None
    text = f"canary-{table.name}-{name}"
    if isinstance(column.type, sa.Text):
        value, cast = text, "text"
    elif isinstance(column.type, sa.JSON):
        value, cast = json.dumps({"canary": text}), "jsonb"
    elif isinstance(column.type, sa.ARRAY) and isinstance(column.type.item_type, sa.Text):
        value, cast = "{" + text + "}", "text[]"
    else:
        return None
    connection.execute(sa.text(UNFROZEN if table.name.startswith("signatures_") else FROZEN_AGAIN))
    connection.execute(
        sa.text(f"UPDATE {table.name} x SET {name} = cast(:v AS {cast}) WHERE {where}"), {"v": value, "u": person_id}
    )
    return Canary(table.name, name, text)


def rows_of(table: str, found: Privacy) -> str:
    """SQL that says which rows of `x` are the person's."""
    special = {
        "refresh_token": "x.session_id IN (SELECT id FROM web_session WHERE user_id = :u)",
        "rate_window": "position(cast(:u AS text) IN x.key) > 0",
        "mail": "x.recipient = (SELECT email FROM app_user WHERE id = :u)",
        "account_invitation": "x.email = (SELECT email FROM app_user WHERE id = :u)",
    }
    if table in special:
        return special[table]
    if found.by_email:
        return f"x.{found.by_email} = (SELECT email FROM app_user WHERE id = :u)"
    if found.through:
        column, other, person = found.through
        return f"x.{column} IN (SELECT id FROM {other} WHERE {person} = :u)"
    return f"x.{found.person} = :u"


def fill(portal: Portal, side: Side, person_id: UUID) -> None:
    """A row of each kind about the person, where the samples have none."""
    values = {"u": person_id, "t": side.company.id, "a": side.accounts[0], "b": side.accounts[1], "name": NAME, "email": EMAIL, "q": side.samples["quote_id"],
              "o": side.samples["order_id"], "invoice": side.samples["invoice_id"], "p": side.samples["approval_id"], "i": side.samples["invitation_id"],
              "f": side.samples["quote_file_id"], "signature": side.samples["signature_id"], "template": side.samples["quote_template_id"]}
    statements = [
        "UPDATE app_user SET name = :name, email = :email WHERE id = :u",
        "INSERT INTO refresh_token (token_hash, session_id, expires_at) SELECT 'x', id, now() FROM web_session WHERE user_id = :u LIMIT 1",
        "INSERT INTO user_token (token_hash, user_id, purpose, expires_at) VALUES ('canary-token', :u, 'reset', now())",
        "INSERT INTO recovery_code (user_id, code_hash) VALUES (:u, 'canary-code')",
        "INSERT INTO ceremony (handle_hash, purpose, user_id, expires_at) VALUES ('canary-handle', 'x', :u, now())",
        "INSERT INTO user_device (user_id, device_hash, user_agent) VALUES (:u, 'canary-device', 'x')",
        "INSERT INTO rate_window (key, started_at, hits) VALUES ('read:person:' || cast(:u AS text), now(), 1)",
        "INSERT INTO consent (id, user_id, document, version) VALUES (uuidv7(), :u, 'terms', '1')",
        "INSERT INTO mail (id, tenant_id, recipient, kind, subject, text, html) VALUES (uuidv7(), :t, :email, 'x', 'x', 'x', 'x')",
        "INSERT INTO event (tenant_id, id, user_id, kind, actor, data) VALUES (:t, uuidv7(), :u, 'x.told', 'Somebody', '{}')",
        "INSERT INTO event (tenant_id, id, account_id, kind, actor, data) VALUES (:t, uuidv7(), :a, 'x.did', :name, '{}')",
        "INSERT INTO audit_entry (id, tenant_id, actor_kind, user_id, actor, action, address, request_id) "
        "VALUES (uuidv7(), :t, 'customer', :u, :email, 'x.did', '', '')",
        "INSERT INTO customers_contact (tenant_id, id, account_id, state, name, email) VALUES (:t, uuidv7(), :a, 'known', :name, :email) "
        "ON CONFLICT (tenant_id, account_id) DO UPDATE SET name = :name, email = :email",
        "INSERT INTO customers_address (tenant_id, id, account_id, state, name, street, email) "
        "VALUES (:t, uuidv7(), :a, 'known', :name, 'x', :email)",
        "UPDATE quotes_quote SET author_id = :u, author = :name WHERE id = cast(:q AS uuid)",
        "UPDATE quotes_template SET author_id = :u WHERE id = cast(:template AS uuid)",
        "UPDATE orders_order SET author_id = :u WHERE id = cast(:o AS uuid)",
        "UPDATE invoices_invoice SET author_id = :u WHERE id = cast(:invoice AS uuid)",
        "UPDATE contracts_answer SET person_id = :u, answered_by = :name, reason = 'x', taken_at = now() WHERE account_id = :a",
        "UPDATE approval SET author_id = :u, author = :name WHERE id = cast(:p AS uuid)",
        "UPDATE file SET owner_id = :u, owner = :name WHERE id = cast(:f AS uuid)",
        "INSERT INTO event (tenant_id, id, account_id, kind, actor, subject_type, subject_id, data) "
        "VALUES (:t, uuidv7(), :a, 'x.asked', '', 'approval', :p, jsonb_build_object('author', cast(:name AS text)))",
        "UPDATE account_invitation SET email = :email WHERE id = cast(:i AS uuid)",
        "INSERT INTO account_invitation (tenant_id, id, account_id, email, role, reach, token_hash, invited_by, inviter, locale, "
        "sent_at, expires_at) VALUES (:t, uuidv7(), :a, 'x@example.com', 'viewer', 'all', 'canary-x', :u, :name, 'en', now(), now())",
        # What the samples leave open: nothing is proved by a column without a value.
        "UPDATE account_invitation SET answered_at = now(), limit_amount = 12.5, limit_currency = 'EUR' WHERE email = 'x@example.com'",
        "INSERT INTO account_member (tenant_id, id, account_id, user_id, role, reach, limit_amount, limit_currency) "
        "VALUES (:t, uuidv7(), :b, :u, 'viewer', 'all', 12.5, 'EUR')",
        "UPDATE approval SET decided_at = now(), decided_by = :u WHERE id = cast(:p AS uuid)",
        "INSERT INTO action_link (tenant_id, id, account_id, purpose, subject_type, subject_id, version, user_id, recipient, email, "
        "token_hash, made_at, expires_at, used_at, revoked_at) SELECT :t, uuidv7(), :a, 'x', 'x', uuidv7(), 1, :u, :name, :email, "
        "'canary-link', now(), now(), now(), now()",
        "UPDATE ceremony SET tenant_id = :t, session_id = (SELECT id FROM web_session WHERE user_id = :u LIMIT 1) WHERE user_id = :u",
        "UPDATE consent SET tenant_id = :t WHERE user_id = :u",
        "UPDATE data_request SET tenant_id = :t, finished_at = now() WHERE user_id = :u",
        "UPDATE idempotency_key SET status = 200 WHERE user_id = :u",
        "UPDATE mail SET sent_at = now() WHERE recipient = :email",
        "UPDATE membership SET last_activity_at = now() WHERE user_id = :u",
        "UPDATE notification SET read_at = now() WHERE user_id = :u",
        "UPDATE quotes_quote SET submitted_at = now() WHERE id = cast(:q AS uuid)",
        "UPDATE recovery_code SET used_at = now() WHERE user_id = :u",
        "UPDATE refresh_token SET used_at = now() WHERE token_hash = 'x'",
        "UPDATE user_factor SET last_used_at = now() WHERE user_id = :u",
        "UPDATE user_token SET used_at = now() WHERE user_id = :u",
        "UPDATE web_session SET actor_id = :u, origin_id = id, tenant_id = :t WHERE user_id = :u",
        UNFROZEN,
        "UPDATE signatures_signature SET signer_id = :u, signer = :name, email = :email, ended_at = now() "
        "WHERE id = cast(:signature AS uuid)",
        FROZEN_AGAIN,
        "UPDATE signatures_round SET starter_id = :u, ended_at = now() "
        "WHERE id = (SELECT round_id FROM signatures_signature WHERE id = cast(:signature AS uuid))",
        "UPDATE signatures_signer SET user_id = :u, asked_at = now(), reminded_at = now(), done_at = now() "
        "WHERE round_id = (SELECT round_id FROM signatures_signature WHERE id = cast(:signature AS uuid))",
    ]
    with portal.superuser() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), {key: value for key, value in values.items() if re.search(rf":{key}\b", statement)})
        # What staff were told about them.
        member = connection.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": person_id})
        connection.execute(
            sa.text("INSERT INTO event (tenant_id, id, kind, actor, subject_type, subject_id, data) VALUES (:t, uuidv7(), 'x.waits', '', 'membership', :m, cast(:d AS jsonb))"),
            {"t": side.company.id, "m": str(member), "d": json.dumps({"name": NAME, "email": EMAIL})},
        )


def everything(portal: Portal) -> dict[str, str]:
    """table → all that it holds, as text."""
    with portal.superuser() as connection:
        names = [table.name for table in Base.metadata.sorted_tables] + sorted(TABLES)
        return {
            name: connection.scalar(sa.text(f"SELECT coalesce(string_agg(to_jsonb(x)::text, ' '), '') FROM {name} x")) or ""
            for name in names
        }


FURTHER = {
    "account_invitation": "x.invited_by = :u",
    "approval": "x.decided_by = :u",
    "event": "x.actor = (SELECT name FROM app_user WHERE id = :u) AND EXISTS (SELECT FROM account_member a "
    "WHERE a.tenant_id = x.tenant_id AND a.account_id = x.account_id AND a.user_id = :u)",
}
"""SQL that says which other rows of `x` a person is told of: what they sent, decided and did."""


def exact(column: sa.Column[Any], value: Any) -> str:
    """The same text for the same value, however JSON writes it."""
    if value is None:
        return ""
    kind = column.type.impl if isinstance(column.type, sa.TypeDecorator) else column.type
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    if isinstance(kind, sa.Numeric | sa.Integer):
        return format(Decimal(str(value)).normalize(), "f")
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)


def test_what_is_told_is_what_the_rows_hold_in_each_of_its_columns(
    portal: Portal, person_id: UUID, canaries: list[Canary]
) -> None:
    sections = {section.table: section.rows for section in collect(portal.parts, person_id)}
    empty = set()
    with portal.superuser() as connection:
        for table in Base.metadata.sorted_tables:
            found = of_table(table)
            if found is None or not found.told:
                continue
            where = f"({rows_of(table.name, found)}) OR ({FURTHER.get(table.name, 'false')})"
            texts = connection.scalars(sa.text(f"SELECT to_jsonb(x)::text FROM {table.name} x WHERE {where}"), {"u": person_id})
            held = [json.loads(text, parse_float=Decimal) for text in texts]
            columns = [table.c[name] for name in found.told]
            assert all(row.keys() - {"company"} == set(found.told) for row in sections[table.name]), table.name
            told = sorted([exact(column, row[column.name]) for column in columns] for row in sections[table.name])
            assert told == sorted([exact(column, row[column.name]) for column in columns] for row in held), table.name
            empty |= {f"{table.name}.{name}" for name in found.told if all(row[name] is None for row in held)}
    assert not empty, f"{sorted(empty)}: null proves nothing: give one row a value in fill()"


def test_what_is_a_companys_that_is_left_out_is_not_in_the_archive(
    portal: Portal, side: Side, person_id: UUID, canaries: list[Canary]
) -> None:
    without = [Company(side.company.id, side.company.tenant.name, side.company.slug)]
    sections = collect(portal.parts, person_id, without=without)
    file = archive(portal.parts, sections, locale="en", name=NAME, email=EMAIL, without=without)
    with zipfile.ZipFile(BytesIO(file)) as made:
        text = made.read("data.json").decode() + made.read("index.html").decode()
    companys = {
        table.name for table in Base.metadata.sorted_tables if "tenant_id" in table.columns and table.name not in OF_THE_ACCOUNT
    }
    assert sum(canary.table in companys for canary in canaries) > 40
    trail = next(section.rows for section in sections if section.table == "audit_entry")  # the installation's own is told
    assert all(row["tenant_id"] is None for row in trail)
    companys.remove("audit_entry")
    assert [canary for canary in canaries if canary.table in companys and canary.text in text] == []
    assert "canary-app_user-locale" in text


def test_the_archive_holds_every_canary_and_no_secret_and_an_erasure_leaves_none(
    portal: Portal, side: Side, person_id: UUID, canaries: list[Canary]
) -> None:
    assert len(canaries) > 60
    file = archive(portal.parts, collect(portal.parts, person_id), locale="en", name=NAME, email=EMAIL)
    with zipfile.ZipFile(BytesIO(file)) as made:
        data = made.read("data.json").decode()
        page = made.read("index.html").decode()
        tables = {name.removeprefix("tables/").removesuffix(".csv") for name in made.namelist() if name.startswith("tables/")}
    told = {table.name for table in Base.metadata.sorted_tables if (one := of_table(table)) and one.told}
    assert tables == told
    for canary in canaries:
        secret = canary.column in of_table(Base.metadata.tables[canary.table]).secret.split()
        for text in (data, page):
            assert (canary.text in text) != secret, canary
    assert NAME in data
    other = side.clients["other"].person
    assert other is not None
    assert other.email not in data, "another person's"

    erasing.erase(portal.parts, person_id)
    left = everything(portal)
    stays = {(table.name, name) for table in Base.metadata.sorted_tables if (one := of_table(table)) for name in one.left}
    kept = {table.name for table in Base.metadata.sorted_tables if (one := of_table(table)) and one.erasing == "keep"}
    kept_secrets = {table: of_table(Base.metadata.tables[table]).secret.split() for table in kept}
    for canary in canaries:
        stays_here = (canary.table, canary.column) in stays or canary.column in kept_secrets.get(canary.table, [])
        assert (canary.text in left[canary.table]) == stays_here, canary
    for table, text in left.items():
        if table not in kept:
            assert NAME not in text, table
            assert EMAIL not in text, table
    assert other.email in left["app_user"]
    erasing.erase(portal.parts, person_id)  # once more does nothing, and does not fail
