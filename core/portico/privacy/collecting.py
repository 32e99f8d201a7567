"""Everything about a person, table by table: core's by the database's own function, plugins' by their marks."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.base import Base
from portico.db.privacy import Privacy, of_table
from portico.db.types import new_id
from portico.jobs.session import worker_session
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

BY_FUNCTION = (
    "app_user",
    "membership",
    "account_member",
    "sso_identity",
    "account_invitation",
    "action_link",
    "approval",
    "file",
    "consent",
    "data_request",
    "web_session",
    "user_device",
    "user_factor",
    "recovery_code",
    "user_token",
    "refresh_token",
    "ceremony",
    "notification",
    "notification_choice",
    "mail",
    "event",
    "audit_entry",
    "idempotency_key",
    "rate_window",
)
"""Core's tables, which `person_rows` and `person_erase` know; the order is that of the archive."""
OF_THE_ACCOUNT = frozenset({"membership", "consent", "web_session", "data_request"})
"""Of these, what is a locked company's is told all the same: the account's pages show it without that company's factor."""


@dataclass(frozen=True)
class Section:
    """Rows of one table about the person; each is told column → JSON-able value."""

    table: str
    privacy: Privacy
    rows: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Company:
    """locked: it demands a second factor of the person, who has none: nothing of theirs is told there without one."""

    id: UUID
    name: str
    slug: str
    locked: bool = False


def companies(portico: Any, user_id: UUID) -> list[Company]:
    """Those of which the person is a member, whatever the state of either."""
    with worker_session(portico.engine) as db:
        query = (
            "SELECT c.*, c.tenant_id IN (SELECT l.tenant_id FROM person_locked(:user) l) AS locked "
            "FROM person_companies(:user) c"
        )
        rows = db.execute(sa.text(query), {"user": user_id})
        return [Company(row.tenant_id, row.name, row.slug, row.locked) for row in rows]


def locked(portico: Any, user_id: UUID) -> list[Company]:
    return [one for one in companies(portico, user_id) if one.locked]


def scope_in(company: Company) -> Scope:
    """Acts for the company itself, also for one that is suspended. The rest of its configuration is not needed."""
    tenant = Tenant(company.id, company.slug, company.name, "en", ("en",), "EUR", "UTC", "", 0)
    return Scope.system(tenant, new_id().hex)


def plugin_tables() -> list[sa.Table]:
    """Tables of plugins that hold something about a person, whether or not the plugin is on."""
    found = []
    for table in Base.metadata.sorted_tables:
        privacy = of_table(table)
        if table.name not in BY_FUNCTION and privacy is not None and privacy.about_somebody:
            found.append(table)
    return found


def theirs(table: sa.Table, user_id: UUID, email: str) -> sa.ColumnElement[bool]:
    """Which rows of a plugin's table are the person's. email: normalised."""
    privacy = of_table(table)
    assert privacy is not None
    if privacy.by_email:
        return sa.func.lower(sa.func.btrim(table.c[privacy.by_email])) == email.lower()
    if privacy.through is None:
        return table.c[privacy.person] == user_id
    column, other, person = privacy.through
    target = Base.metadata.tables[other]
    return table.c[column].in_(sa.select(target.c.id).where(target.c[person] == user_id))


def collect(
    portico: Any,
    user_id: UUID,
    progress: Callable[[int, int], None] = lambda done, total: None,
    without: Sequence[Company] = (),
) -> list[Section]:
    """In transactions of their own, one for each company. progress: tables that are done, and all. without: companies that
    are left out."""
    silent, tables = {one.id for one in without}, plugin_tables()
    members = [one for one in companies(portico, user_id) if one.id not in silent]
    total = len(BY_FUNCTION) + len(tables) * len(members)
    with worker_session(portico.engine) as db:
        found = _core_rows(db, user_id, {str(one) for one in silent})
        email = email_of(db, user_id)
    done = len(BY_FUNCTION)
    sections = [Section(name, _marks(name), found.get(name, [])) for name in BY_FUNCTION]
    progress(done, total)
    gathered: dict[str, list[dict[str, Any]]] = {table.name: [] for table in tables}
    for company in members:
        with portico.sessions.scoped(scope_in(company)) as db:
            for table in tables:
                gathered[table.name] += [{"company": company.name} | row for row in _plugin_rows(db, table, user_id, email)]
        done += len(tables)
        progress(done, total)
    return sections + [Section(table.name, _marks(table.name), gathered[table.name]) for table in tables]


def _marks(name: str) -> Privacy:
    privacy = of_table(Base.metadata.tables[name])
    assert privacy is not None
    return privacy


def _core_rows(db: Session, user_id: UUID, without: Set[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.execute(sa.text("SELECT of_table, content FROM person_rows(:user)"), {"user": user_id}):
        if row.of_table not in OF_THE_ACCOUNT and row.content.get("tenant_id") in without:
            continue
        told = _marks(row.of_table).told
        found.setdefault(row.of_table, []).append({name: row.content[name] for name in told})
    return found


def email_of(worker: Session, user_id: UUID) -> str:
    """The person's address; of nobody, and of who was erased already, one that no row has."""
    statement = sa.text("SELECT content ->> 'email' FROM person_rows(:user) WHERE of_table = 'app_user'")
    return worker.scalar(statement, {"user": user_id}) or "?"


def _plugin_rows(db: Session, table: sa.Table, user_id: UUID, email: str) -> Iterator[dict[str, Any]]:
    columns = [table.c[name] for name in _marks(table.name).told]
    for row in db.execute(sa.select(*columns).where(theirs(table, user_id, email))):
        yield {name: plain(value) for name, value in row._mapping.items()}


def plain(value: Any) -> Any:
    """As JSON has it: times in UTC as ISO 8601, amounts as text."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, UUID | decimal.Decimal):
        return str(value)
    return value
