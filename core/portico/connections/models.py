"""Tables of connections, their sealed secrets, the keys these are sealed with, and the state of
synchronisation.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.connections.messages import Message
from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now

EMPTY_OBJECT = sa.text("'{}'::jsonb")
EMPTY_LIST = sa.text("'[]'::jsonb")

DRAFT, ACTIVE, PAUSED = "draft", "active", "paused"


class Connection(Timestamped, TenantOwned, Base):
    """A company's way to one of its systems.

    status: "draft" = never passed its test; only "active" ones are used by pages and synchronised.
    replaces_id: a draft that will become the new settings of that connection once its test passes.
    version: rises with every change of settings or secrets. reports: of the last test, per capability.
    held: nothing is imported through it before its administrator, who wants to see a trial first, says so; no change of its
    settings does.
    rate_calls, rate_per_s: at most so many calls within so many seconds; None: as its connector proposes.
    alarmed_at: since when staff know that its synchronisation stands still; None: it does not.
    """

    __tablename__ = "connection"
    __privacy__ = Privacy(
        plain="tenant_id id connector name config status version replaces_id reports tested_at last_ok_at last_error "
        "last_error_at breaker alarmed_at held rate_calls rate_per_s created_at updated_at"
    )
    __wall__ = Wall()
    connector: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    config: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    status: Mapped[str] = mapped_column(sa.Text, default=DRAFT, server_default=DRAFT)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    replaces_id: Mapped[uuid.UUID | None] = ref("connection", ondelete="RESTRICT")
    reports: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=EMPTY_LIST)
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[Any | None] = mapped_column(Message)
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    breaker: Mapped[str] = mapped_column(sa.Text, default="closed", server_default="closed")
    alarmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    rate_calls: Mapped[int | None] = mapped_column()
    rate_per_s: Mapped[int | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("status in ('draft', 'active', 'paused')", name="status"),
        sa.CheckConstraint("breaker in ('closed', 'open', 'half-open')", name="breaker"),
        sa.CheckConstraint("length(name) between 1 and 200", name="name"),
        sa.CheckConstraint(
            "(rate_calls is null) = (rate_per_s is null) and rate_calls between 1 and 1000 and rate_per_s in (1, 60)", name="rate"
        ),
    )


class ConnectionSecret(TenantOwned, Base):
    """One secret setting, sealed for exactly this tenant, connection and field."""

    __tablename__ = "connection_secret"
    __privacy__ = Privacy(plain="tenant_id id connection_id field sealed key_version")
    __wall__ = Wall()
    __owner__ = "connection_id"
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    field: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_version: Mapped[int] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "connection_id", "field"),)


class TenantKey(TenantOwned, Base):
    """A data key of the tenant, wrapped by the master key, which is never in the database. The newest one
    seals.
    """

    __tablename__ = "tenant_key"
    __privacy__ = Privacy(plain="tenant_id id version wrapped created_at")
    __wall__ = Wall()
    version: Mapped[int] = mapped_column()
    wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    __table_args__ = (sa.UniqueConstraint("tenant_id", "version"),)


class ConnectionPace(TenantOwned, Base):
    """calls: of the last period, oldest first, where there is a limit. paused_until: the system asked not to be called before."""

    __tablename__ = "connection_pace"
    __privacy__ = Privacy(plain="tenant_id id connection_id calls paused_until")
    __wall__ = Wall()
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    calls: Mapped[list[datetime]] = mapped_column(ARRAY(sa.DateTime(timezone=True)), default=list, server_default=sa.text("'{}'"))
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "connection_id"),)


class ConnectionSync(TenantOwned, Base):
    """How far one entity of one connection has been read. rows: taken over in the last run that found any. total_rows: records
    that the system of now named, at first or changed. moved_at: since when another kind of system is read than before.
    """

    __tablename__ = "connection_sync"
    __privacy__ = Privacy(
        plain="tenant_id id connection_id entity cursor last_run_at last_success_at moved_at rows total_rows error"
    )
    __wall__ = Wall()
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    entity: Mapped[str] = mapped_column(sa.Text)
    cursor: Mapped[str | None] = mapped_column(sa.Text)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    total_rows: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    error: Mapped[Any | None] = mapped_column(Message)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "connection_id", "entity"),)


class ConnectionSyncProblem(TenantOwned, Base):
    """One record that could not be taken over: which, why in words, and what was read. resolved_at: when it
    could.
    """

    __tablename__ = "connection_sync_problem"
    __privacy__ = Privacy(
        incidental="message payload",
        plain="tenant_id id connection_id entity record_ref code created_at seen_at resolved_at",
        own_words="payload",
    )
    __wall__ = Wall()
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    entity: Mapped[str] = mapped_column(sa.Text)
    record_ref: Mapped[str] = mapped_column(sa.Text)
    code: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    message: Mapped[Any] = mapped_column(Message)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "connection_id", "entity", "record_ref"),
        sa.Index(
            "ix_connection_sync_problem_open",
            "tenant_id",
            "connection_id",
            postgresql_where=sa.text("resolved_at is null"),
        ),
    )


class ConnectionRun(TenantOwned, Base):
    """What one run of a synchronisation did.

    kind: "changes", "everything" (compared with all that the company's system has), or "trial" (nothing was kept).
    outcome: "done", "failed", "refused" (too much would have vanished), "empty" (a success that brought no record at all), or
    "running": a trial on its way, whose `ended_at` is when it was last heard of.
    times: runs in a row that ended so. samples: of a trial, the first records, {"ref", "row": {field: text}}, and the first
    problems, {"ref", "message"}.
    """

    __tablename__ = "connection_run"
    __privacy__ = Privacy(
        incidental="message samples",
        plain="tenant_id id connection_id entity kind outcome started_at ended_at times created updated unchanged removed "
        "problems",
        own_words="samples",
    )
    __wall__ = Wall()
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    entity: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    outcome: Mapped[str] = mapped_column(sa.Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times: Mapped[int] = mapped_column(default=1, server_default="1")
    created: Mapped[int] = mapped_column(default=0, server_default="0")
    updated: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(default=0, server_default="0")
    removed: Mapped[int] = mapped_column(default=0, server_default="0")
    problems: Mapped[int] = mapped_column(default=0, server_default="0")
    message: Mapped[Any | None] = mapped_column(Message)
    samples: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=EMPTY_LIST)
    __table_args__ = (
        sa.CheckConstraint("kind in ('changes', 'everything', 'trial')", name="kind"),
        sa.CheckConstraint("outcome in ('done', 'failed', 'refused', 'empty', 'running')", name="outcome"),
        sa.Index("ix_connection_run_tenant_id_connection_id_id", "tenant_id", "connection_id", "id"),
    )

