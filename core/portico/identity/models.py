"""Tables of people and their sessions. None belongs to a tenant; each row is walled to its user or to no role at all.

`web_session`, `user_token`, `refresh_token`, `rate_window` and what belongs to second factors and devices have forced
row-level security and no policy: only definer functions read and write them.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Timestamped
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, new_id
from portico.web.i18n import _


class User(Timestamped, Base):
    """A person with one login. `email` is normalised text (see `identity.email`), never citext: that is not leakproof."""

    __tablename__ = "app_user"
    __privacy__ = Privacy(
        personal="id email name email_verified_at locale colour_mode created_at updated_at",
        secret="password_hash",
        plain="status is_operator factors",
        person="id",
        erasing="blank",
        title=_("Your account"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(sa.Text, unique=True)
    name: Mapped[str] = mapped_column(sa.Text)
    password_hash: Mapped[str | None] = mapped_column(sa.Text)
    email_verified_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(sa.Text, default="active", server_default="active")
    locale: Mapped[str | None] = mapped_column(sa.Text)
    colour_mode: Mapped[str] = mapped_column(sa.Text, default="system", server_default="system")
    is_operator: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    factors: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    __table_args__ = (
        sa.CheckConstraint("status in ('active', 'disabled')", name="status"),
        sa.CheckConstraint("colour_mode in ('light', 'dark', 'system')", name="colour_mode"),
        sa.CheckConstraint("email = lower(email) and length(email) <= 254", name="email"),
    )


class WebSession(Base):
    """A signed-in browser or API client. The token itself is never stored, only its SHA-256.

    tenant_id: good in this company alone. methods: how the person came in ("password", "passkey", "link", "sso" …).
    elevated_at: when they last proved who they are. scopes, name: of a personal API token. actor_id: the member of staff
    who sees the portal as this person does. origin_id: the session on another host that it came from, with which it ends.
    host: the company's own host where alone it is good, and then of that company alone; None: the portal's own hosts.
    """

    __tablename__ = "web_session"
    __privacy__ = Privacy(
        personal="id user_id tenant_id kind created_at last_seen_at expires_at second_factor address user_agent methods "
        "elevated_at place scopes name actor_id host origin_id",
        secret="token_hash",
        person="user_id",
        title=_("Devices and programs that are signed in"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenant.id", ondelete="CASCADE"))
    created_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    last_seen_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    address: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    user_agent: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    methods: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default=sa.text("'{}'"))
    elevated_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    name: Mapped[str | None] = mapped_column(sa.Text)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    origin_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("web_session.id", ondelete="CASCADE"), index=True)
    host: Mapped[str | None] = mapped_column(sa.Text)
    __table_args__ = (
        sa.CheckConstraint("kind in ('browser', 'api', 'personal')", name="kind"),
        sa.CheckConstraint("host IS NULL OR tenant_id IS NOT NULL", name="host"),
    )


class UserToken(Base):
    """A link sent by mail, good once: to verify an address, to reset a password."""

    __tablename__ = "user_token"
    __privacy__ = Privacy(
        personal="user_id purpose expires_at used_at",
        secret="token_hash data",
        person="user_id",
        title=_("Links that were mailed to you"),
    )
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.Text)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sa.text("'{}'::jsonb"))


class RefreshToken(Base):
    """One rotation of an API session's refresh token; a second use of a used one revokes the session."""

    __tablename__ = "refresh_token"
    __privacy__ = Privacy(
        personal="session_id expires_at used_at",
        secret="token_hash",
        person="session_id",
        title=_("Renewals of programs that are signed in"),
    )
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("web_session.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)


class RateWindow(Base):
    """Counters of the rate limits: one row per key and window."""

    __tablename__ = "rate_window"
    __privacy__ = Privacy(
        personal="key started_at hits", person="key", title=_("Counts of requests of the last day")
    )
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    started_at: Mapped[Any] = mapped_column(UtcDateTime, primary_key=True, index=True)
    hits: Mapped[int] = mapped_column(default=0)


class UserFactor(Base):
    """A second factor: an authenticator's shared secret (`sealed`) or a passkey's public key. Counts once confirmed.

    host: the relying party of a passkey, where alone it is good; None: made before it was kept, and not used since.
    """

    __tablename__ = "user_factor"
    __privacy__ = Privacy(
        personal="id user_id kind name host transports confirmed_at last_used_at created_at",
        secret="sealed credential_id public_key sign_count last_step",
        person="user_id",
        title=_("Second factors"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    credential_id: Mapped[bytes | None] = mapped_column(sa.LargeBinary, unique=True)
    public_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    transports: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    host: Mapped[str | None] = mapped_column(sa.Text)
    last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    __table_args__ = (sa.CheckConstraint("kind in ('totp', 'passkey')", name="kind"),)


class RecoveryCode(Base):
    """One of the codes for the day the telephone is lost, hashed. Good once."""

    __tablename__ = "recovery_code"
    __privacy__ = Privacy(
        personal="user_id used_at", secret="code_hash", person="user_id", title=_("Recovery codes")
    )
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)


class Ceremony(Base):
    """Something that was begun and must come back once, by its handle: a passkey's challenge, a sign-in elsewhere."""

    __tablename__ = "ceremony"
    __privacy__ = Privacy(
        personal="purpose user_id session_id tenant_id expires_at",
        secret="handle_hash data",
        person="user_id",
        title=_("Sign-ins that were begun"),
    )
    handle_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    session_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("web_session.id", ondelete="CASCADE"))
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenant.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sa.text("'{}'::jsonb"))
    expires_at: Mapped[Any] = mapped_column(UtcDateTime, index=True)


class UserDevice(Base):
    """A browser that a person signed in with, known again by a cookie of its own."""

    __tablename__ = "user_device"
    __privacy__ = Privacy(
        personal="user_id user_agent place first_seen_at last_seen_at",
        secret="device_hash",
        person="user_id",
        title=_("Browsers you signed in with"),
    )
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    device_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    user_agent: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    first_seen_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    last_seen_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())


class Consent(Base):
    """That a person accepted a version of a document ("terms", "privacy"), when and from where."""

    __tablename__ = "consent"
    __privacy__ = Privacy(
        personal="user_id document version accepted_at address tenant_id",
        plain="id",
        person="user_id",
        title=_("What you accepted"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenant.id", ondelete="CASCADE"))
    document: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[str] = mapped_column(sa.Text)
    accepted_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    address: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    __table_args__ = (sa.CheckConstraint("document in ('terms', 'privacy')", name="document"),)


class DataRequest(Base):
    """A person asked for their data, or to be erased. done of total: tables. file: the export, until expires_at.

    due_at: not before then; an erasure can be taken back until it runs. lease: a worker is at it until then.
    tenant_id: the company whose pages it was asked on, where its mails come from.
    """

    __tablename__ = "data_request"
    __privacy__ = Privacy(
        personal="user_id kind state created_at due_at finished_at expires_at locale tenant_id done total",
        secret="file",
        plain="id lease attempts",
        person="user_id",
        title=_("What you asked for on this page"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenant.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text, default="waiting", server_default="waiting")
    locale: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    due_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    lease: Mapped[Any | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    file: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    __table_args__ = (
        sa.CheckConstraint("kind in ('export', 'erasure')", name="kind"),
        sa.CheckConstraint("state in ('waiting', 'ready', 'done', 'cancelled', 'failed', 'expired')", name="state"),
        sa.Index(
            "ix_data_request_open", "user_id", "kind", unique=True, postgresql_where=sa.text("state = 'waiting'")
        ),
        sa.Index("ix_data_request_due", "due_at", postgresql_where=sa.text("state = 'waiting'")),
    )
