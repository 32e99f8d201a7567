"""The tables of files: what is known of each, and the key that its content is sealed with."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico.web.i18n import _

ARRIVING, SCANNING, CLEAN, REFUSED = "arriving", "scanning", "clean", "refused"
"""On its way into the storage; waiting for the scanner; can be downloaded; never can be."""
NONE, WAITING, READY, FAILED = "none", "waiting", "ready", "failed"
"""Of its previews: there are none of such files; being made; there; cannot be made."""


class File(Reachable, TenantOwned, Base):
    """A file and whose it is. Without `kind` and `subject_id` it belongs to no record yet, and goes after a day.

    account_id, site_id, author_id: those of the record that it is attached to, so that whoever sees the one sees the other;
        before that, its owner's. account_id None: the company's own, seen by its staff alone.
    owner_id, owner: who brought it. name: as they called it, cleaned. media_type: by content. size: in bytes, of what is
        kept. digest: SHA-256 of the same, in hex. active: it may hold programs, so it is never shown within a page.
    problem: why it is not clean ("virus", "scanner-away", "scanner-limit"); finding: what the scanner called it.
    object_name: under which the storage keeps it; random.
    preview: how far its previews are (`portico.files.previews`). preview_problem: why there are none ("locked", "damaged",
        "empty", "demanding", "unreadable"). preview_pages: of the document; 0 for a text. preview_object, preview_size: all of
        them, sealed, in the storage, and the bytes of that before sealing. preview_parts: what is where in it, in order:
        [{"kind": "thumbnail", "page" or "excerpt", "start", "length", "width", "height"}].
    """

    __tablename__ = "file"
    __privacy__ = Privacy(
        personal="id owner_id owner name media_type size digest kind state finding created_at",
        plain="tenant_id account_id site_id author_id active problem subject_id object_name attached_at preview "
        "preview_problem preview_pages preview_object preview_size preview_parts",
        person="owner_id",
        erasing="keep",
        reason=_("A file that is attached to a record belongs to it, and is kept as long as the record. Others are removed."),
        title=_("Files that you uploaded"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("UPDATE", "DELETE"))
    account_id: Mapped[uuid.UUID | None] = ref("account", index=False)
    owner_id: Mapped[uuid.UUID | None] = mapped_column()
    owner: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    name: Mapped[str] = mapped_column(sa.Text)
    media_type: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    digest: Mapped[str] = mapped_column(sa.Text)
    active: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    state: Mapped[str] = mapped_column(sa.Text, default=ARRIVING)
    problem: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    finding: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    kind: Mapped[str | None] = mapped_column(sa.Text)
    subject_id: Mapped[uuid.UUID | None] = mapped_column()
    object_name: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    attached_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    preview: Mapped[str] = mapped_column(sa.Text, default=NONE, server_default=NONE)
    preview_problem: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    preview_pages: Mapped[int] = mapped_column(default=0, server_default="0")
    preview_object: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    preview_size: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    preview_parts: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=sa.text("'[]'::jsonb"))
    __table_args__ = (
        sa.CheckConstraint("state in ('arriving', 'scanning', 'clean', 'refused')", name="state"),
        sa.CheckConstraint("preview in ('none', 'waiting', 'ready', 'failed')", name="preview"),
        sa.CheckConstraint("(kind is null) = (subject_id is null)", name="subject"),
        sa.CheckConstraint("length(name) between 1 and 200", name="name"),
        sa.UniqueConstraint("tenant_id", "object_name"),
        sa.Index("ix_file_subject", "tenant_id", "kind", "subject_id", "id"),
        sa.Index("ix_file_loose", "tenant_id", "created_at", postgresql_where=sa.text("kind is null")),
        sa.Index("ix_file_preview", "tenant_id", "id", postgresql_where=sa.text("preview = 'waiting' AND preview_object = ''")),
    )


class FileKey(TenantOwned, Base):
    """The key of one file's content, sealed with the tenant's: to change the tenant's key, these alone are sealed anew."""

    __tablename__ = "file_key"
    __privacy__ = Privacy(plain="tenant_id id file_id field sealed key_version")
    __wall__ = Wall()
    __owner__ = "file_id"
    file_id: Mapped[uuid.UUID] = ref("file", ondelete="CASCADE", index=False)
    field: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_version: Mapped[int] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "file_id", "field"),)
