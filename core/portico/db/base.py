"""The declarative base and the tenant-owned model: composite keys, so that no row can refer to another tenant's.

Foreign-key checks bypass row-level security in PostgreSQL, hence every reference between tenant-owned tables is
`(tenant_id, x_id)`. `tenant_id` is stamped once, from the session's scope.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.policies import Wall
from portico.db.types import UtcDateTime, new_id, now

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


class WrongTenantError(RuntimeError):
    """An object of one tenant was added to a session of another: a bug, and never a user's fault."""


class Base(orm.DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {Any: sa.JSON}


class TenantOwned:
    """Mixin of every table that belongs to a tenant. Primary key (tenant_id, id); `__wall__` says who sees a row."""

    __wall__: Wall = Wall()
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-20)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-19, default=new_id)


class Reachable:
    """Mixin of a table with `Wall(customer="reach")`: whose the row is within the customer organisation.

    site_id: the organisation's site; author_id: its person. Both None: seen by those who see all of the organisation.
    """

    site_id: Mapped[uuid.UUID | None] = mapped_column()
    author_id: Mapped[uuid.UUID | None] = mapped_column()


class Timestamped:
    """Mixin: when the row was made and last changed (UTC)."""

    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now(), sort_order=90)
    updated_at: Mapped[Any] = mapped_column(
        UtcDateTime, default=now, onupdate=now, server_default=sa.func.now(), sort_order=91
    )


def ref(table: str, *, ondelete: str = "RESTRICT", index: bool = True, **column: Any) -> Any:
    """A column that refers to `(tenant_id, id)` of another tenant-owned table.

    `ondelete` of a nullable reference is RESTRICT or "SET NULL": the latter nulls only this column.
    """
    return mapped_column(info={"ref": (table, ondelete, index)}, **column)


@event.listens_for(Base, "instrument_class", propagate=True)
def _add_composite_keys(mapper: orm.Mapper[Any], cls: type) -> None:
    table = mapper.local_table
    if isinstance(table, sa.Table) and "__privacy__" in vars(cls):
        table.info["privacy"] = cls.__privacy__  # type: ignore[attr-defined]
    if not isinstance(table, sa.Table) or "tenant_id" not in table.c or table.info.get("refs_done"):
        return
    table.info["refs_done"] = True
    wall = getattr(cls, "__wall__", None)
    if wall is not None:
        table.info["wall"] = wall
    for column in list(table.c):
        found = column.info.get("ref")
        if not found:
            continue
        target, ondelete, index = found
        if ondelete == "SET NULL":
            ondelete = f"SET NULL ({column.name})"
        table.append_constraint(
            sa.ForeignKeyConstraint(
                [table.c.tenant_id, column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
            )
        )
        if index:
            sa.Index(None, table.c.tenant_id, column)


@event.listens_for(orm.Session, "before_flush")
def _stamp_tenant(session: orm.Session, context: Any, instances: Any) -> None:
    tenant_id = session.info.get("tenant_id")
    for instance in session.new:
        if isinstance(instance, TenantOwned):
            if instance.tenant_id is None:
                instance.tenant_id = tenant_id
            if instance.tenant_id != tenant_id:
                raise WrongTenantError(f"{type(instance).__name__} of another tenant")
