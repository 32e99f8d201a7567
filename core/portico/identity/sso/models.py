"""Tables of a company's own sign-in: its provider with a sealed secret, its domains, and who is who at the provider."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.connections.messages import Message
from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico.identity.models import User
from portico.web.i18n import _


class SsoProvider(Timestamped, TenantOwned, Base):
    """Where a company's people sign in. At most one per company.

    enabled: the button is shown and sign-ins are taken. staff_must: staff come in by no other way. customers_may: customers
    can use it too. newcomers: what somebody unknown becomes: "" nobody, "customer", or the name of a role of staff.
    version: rises with every change of what is sent to the provider. works: what the test of this version found.
    signs_out: the provider has a page for signing out. found: what the last test found, step by step.
    kind: "oidc" or "saml". Of the latter, entry: where browsers are sent; certificates: in PEM, of which one signs its answers.
    """

    __tablename__ = "sso_provider"
    __privacy__ = Privacy(
        plain="tenant_id id kind name issuer client_id entry certificates enabled staff_must customers_may newcomers version "
        "works signs_out tested_at found created_at updated_at"
    )
    __wall__ = Wall(public=True, customer="tenant")
    kind: Mapped[str] = mapped_column(sa.Text, default="oidc", server_default="oidc")
    name: Mapped[str] = mapped_column(sa.Text)
    issuer: Mapped[str] = mapped_column(sa.Text)
    client_id: Mapped[str] = mapped_column(sa.Text)
    entry: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    certificates: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=sa.text("'[]'::jsonb"))
    enabled: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    staff_must: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    customers_may: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    newcomers: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    works: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    signs_out: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    found: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=sa.text("'[]'::jsonb"))
    __table_args__ = (
        sa.UniqueConstraint("tenant_id"),
        sa.CheckConstraint("length(name) between 1 and 60", name="name"),
        sa.CheckConstraint("kind in ('oidc', 'saml')", name="kind"),
    )


class SsoSecret(TenantOwned, Base):
    """The client's secret, sealed for exactly this tenant, provider and field."""

    __tablename__ = "sso_secret"
    __privacy__ = Privacy(plain="tenant_id id provider_id field sealed key_version")
    __wall__ = Wall()
    __owner__ = "provider_id"
    provider_id: Mapped[uuid.UUID] = ref("sso_provider", ondelete="CASCADE", index=False)
    field: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_version: Mapped[int] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "provider_id", "field"),)


class SsoDomain(Timestamped, TenantOwned, Base):
    """A domain of e-mail addresses that the company says is its own. token: what its DNS must show.

    verified_by: "dns" or "operator". problem: what the last look into the DNS found wrong.
    """

    __tablename__ = "sso_domain"
    __privacy__ = Privacy(
        plain="tenant_id id domain token verified_at verified_by checked_at problem created_at updated_at"
    )
    __wall__ = Wall()
    domain: Mapped[str] = mapped_column(sa.Text)
    token: Mapped[str] = mapped_column(sa.Text)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_by: Mapped[str | None] = mapped_column(sa.Text)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[Any | None] = mapped_column(Message)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "domain"),
        sa.CheckConstraint("verified_by in ('dns', 'operator')", name="verified_by"),
    )


class SsoIdentity(TenantOwned, Base):
    """That a person at the provider is this member. `subject` never changes at a provider; e-mail addresses do."""

    __tablename__ = "sso_identity"
    __privacy__ = Privacy(
        personal="tenant_id user_id issuer subject created_at last_used_at",
        plain="id",
        person="user_id",
        title=_("Who you are at companies' own sign-ins"),
    )
    __wall__ = Wall()
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "issuer", "subject"),
        sa.UniqueConstraint("tenant_id", "user_id", "issuer", name="uq_sso_identity_person"),
    )
