"""Notices for a person, and the mails that carry them."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, new_id, now
from portico.web.i18n import _


class Notification(TenantOwned, Base):
    """A notice in the portal for one user. The text is made when it is read, in the reader's language."""

    __tablename__ = "notification"
    __privacy__ = Privacy(
        personal="tenant_id user_id kind subject_type subject_id data at read_at",
        plain="id event_id",
        person="user_id",
        title=_("Notices"),
    )
    __wall__ = Wall(customer="user", customer_writes=("UPDATE",))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.Text)
    subject_type: Mapped[str | None] = mapped_column(sa.Text)
    subject_id: Mapped[str | None] = mapped_column(sa.Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    read_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "event_id", "user_id"),
        sa.Index("ix_notification_user_at", "tenant_id", "user_id", sa.text("at DESC"), sa.text("id DESC")),
        sa.Index("ix_notification_unread", "tenant_id", "user_id", postgresql_where=sa.text("read_at IS NULL")),
    )


class NotificationChoice(TenantOwned, Base):
    """How one person wants to be told of one kind of event. Without a row: in the portal, and by mail where the kind has one."""

    __tablename__ = "notification_choice"
    __privacy__ = Privacy(
        personal="tenant_id user_id kind portal mail updated_at",
        plain="id",
        person="user_id",
        title=_("What you want to be told"),
    )
    __wall__ = Wall(customer="user", customer_writes=("INSERT", "UPDATE", "DELETE"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.Text)
    portal: Mapped[bool] = mapped_column()
    mail: Mapped[bool] = mapped_column()
    updated_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "user_id", "kind"),)


class MailText(TenantOwned, Base):
    """A company's own words of one mail in one language; an empty column is the standard text. mail: a key of
    `portico.notify.declared`."""

    __tablename__ = "mail_text"
    __privacy__ = Privacy(
        plain="tenant_id id mail locale subject heading opening closing button updated_at",
        own_words="subject heading opening closing button",
    )
    __wall__ = Wall(customer="tenant")
    mail: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    heading: Mapped[str] = mapped_column(sa.Text)
    opening: Mapped[str] = mapped_column(sa.Text)
    closing: Mapped[str] = mapped_column(sa.Text)
    button: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "mail", "locale"),)


class Mail(Base):
    """A mail to be sent once: rendered in the transaction of its cause, sent by a job. tenant_id None: from the apex."""

    __tablename__ = "mail"
    __privacy__ = Privacy(
        personal="tenant_id recipient kind subject text status created_at sent_at error",
        secret="html dedupe secret",
        plain="id attempts request_id document",
        person="recipient",
        title=_("Mails to you"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column()
    dedupe: Mapped[str | None] = mapped_column(sa.Text, unique=True)
    recipient: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    secret: Mapped[bytes | None] = mapped_column(sa.LargeBinary)  # sealed; of a mail that was not sent yet (`mail.MARK`)
    status: Mapped[str] = mapped_column(sa.Text, default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    sent_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    request_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")  # of the request that caused it
    document: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # of `portico.documents.attaching`
    __table_args__ = (sa.Index("ix_mail_tenant_created", "tenant_id", sa.text("created_at DESC")),)
