"""Erases a person: what is theirs goes, what must be kept stays with the reason that they were told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.privacy import Privacy, of_table
from portico.db.types import new_id
from portico.files.models import File
from portico.files.service import forget_loose
from portico.jobs.session import worker_session
from portico.organisation.succession import pass_on
from portico.privacy import naming
from portico.privacy.collecting import companies, email_of, plugin_tables, scope_in, theirs
from portico.tenancy.scope import Scope


def erase(portico: Any, user_id: UUID) -> None:
    """In every company first, then in core; can be repeated until it has gone through. Leaves a mark in every trail, which
    names nobody: only the id, which leads to nothing any more."""
    subject, named = ("user", user_id), naming.of_person(portico, user_id)
    with worker_session(portico.engine) as worker:
        email = email_of(worker, user_id)
    for company in companies(portico, user_id):
        with portico.sessions.scoped(scope_in(company)) as db:
            for table in plugin_tables():
                _erase_rows(db, table, theirs(table, user_id, email))
            pass_on(db, user_id)
            forget_loose(db, File.owner_id == user_id)
            if named is not None:
                naming.take_out(db, named)
            audit.record(db, "membership.erased", subject=subject)
    with worker_session(portico.engine) as worker:
        worker.execute(sa.text("SELECT person_erase(:user)"), {"user": user_id})
        if named is not None:
            naming.forget_jobs(worker, named)
    with portico.sessions.scoped(Scope(user_name="Portico", request_id=new_id().hex)) as db:
        audit.record(db, "identity.erased", subject=subject)


def _erase_rows(db: Session, table: sa.Table, where: sa.ColumnElement[bool]) -> None:
    privacy = of_table(table)
    assert privacy is not None
    if privacy.erasing == "delete":
        db.execute(sa.delete(table).where(where))
    elif privacy.erasing == "blank":
        db.execute(sa.update(table).where(where).values(blank(table, privacy)))


def blank(table: sa.Table, privacy: Privacy) -> dict[str, Any]:
    """What stands for nothing in each column that is about the person. Keys, and the column that leads to them, stay."""
    values: dict[str, Any] = {}
    for name in (*(privacy.blanked or privacy.personal).split(), *privacy.secret.split()):
        column = table.c[name]
        if column.primary_key or name == privacy.person or column.foreign_keys:
            continue
        values[name] = None if column.nullable else _nothing(column)
    if privacy.person and table.c[privacy.person].nullable:
        values[privacy.person] = None
    return values


def _nothing(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.ARRAY):
        return []
    if isinstance(kind, sa.LargeBinary):
        return b""
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Numeric | sa.Integer):
        return 0
    if isinstance(kind, sa.Text | sa.String):
        return ""
    return sa.func.now()
