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
from portico.db.types import UtcDateTime, new_id


class User(Timestamped, Base):
    """A person with one login. `email` is normalised text (see `identity.email`), never citext: that is not leakproof."""

    __tablename__ = "app_user"
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
    who sees the portal as this person does.
    """

    __tablename__ = "web_session"
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
    __table_args__ = (sa.CheckConstraint("kind in ('browser', 'api', 'personal')", name="kind"),)


class UserToken(Base):
    """A link sent by mail, good once: to verify an address, to reset a password."""

    __tablename__ = "user_token"
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.Text)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sa.text("'{}'::jsonb"))


class RefreshToken(Base):
    """One rotation of an API session's refresh token; a second use of a used one revokes the session."""

    __tablename__ = "refresh_token"
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("web_session.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)


class RateWindow(Base):
    """Counters of the rate limits: one row per key and window."""

    __tablename__ = "rate_window"
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    started_at: Mapped[Any] = mapped_column(UtcDateTime, primary_key=True, index=True)
    hits: Mapped[int] = mapped_column(default=0)


class UserFactor(Base):
    """A second factor: an authenticator's shared secret (`sealed`) or a passkey's public key. Counts once confirmed."""

    __tablename__ = "user_factor"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    credential_id: Mapped[bytes | None] = mapped_column(sa.LargeBinary, unique=True)
    public_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    transports: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    __table_args__ = (sa.CheckConstraint("kind in ('totp', 'passkey')", name="kind"),)


class RecoveryCode(Base):
    """One of the codes for the day the telephone is lost, hashed. Good once."""

    __tablename__ = "recovery_code"
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[Any | None] = mapped_column(UtcDateTime)


class Ceremony(Base):
    """Something that was begun and must come back once, by its handle: a passkey's challenge, a sign-in elsewhere."""

    __tablename__ = "ceremony"
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
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    device_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    user_agent: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    first_seen_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
    last_seen_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.now())
