"""Tables of the company registry: companies, their plugins and roles, customer organisations and who belongs to them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, UtcDateTime, new_id
from portico.identity.models import User
from portico.web.i18n import _

EMPTY_OBJECT = sa.text("'{}'::jsonb")


class TenantRecord(Timestamped, Base):
    """A company. Its own wall (it has no tenant_id) is written in the first migration."""

    __tablename__ = "tenant"
    __privacy__ = Privacy(
        plain="id slug host name status signup locale locales currency time_zone theme brand settings config_version "
        "created_at updated_at"
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.Text, unique=True)
    host: Mapped[str | None] = mapped_column(sa.Text, unique=True)
    name: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text, default="active", server_default="active")
    signup: Mapped[str] = mapped_column(sa.Text, default="approval", server_default="approval")
    locale: Mapped[str] = mapped_column(sa.Text, default="en")
    locales: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=lambda: ["en"])
    currency: Mapped[str] = mapped_column(sa.Text)
    time_zone: Mapped[str] = mapped_column(sa.Text, default="UTC")
    theme: Mapped[str] = mapped_column(sa.Text, default="portico_clear")
    brand: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    config_version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    __table_args__ = (
        sa.CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'", name="slug"),
        sa.CheckConstraint("status in ('active', 'suspended')", name="status"),
        sa.CheckConstraint("signup in ('open', 'approval', 'closed')", name="signup"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.CheckConstraint("length(name) between 1 and 200", name="name"),
    )


class TenantPlugin(Timestamped, TenantOwned, Base):
    """A plugin's switch and settings for one company; no row: it was installed after the company was made, and is off.
    first_on_at: None if it was never switched on by anybody."""

    __tablename__ = "tenant_plugin"
    __privacy__ = Privacy(plain="tenant_id id plugin enabled settings first_on_at created_at updated_at")
    __wall__ = Wall()
    plugin: Mapped[str] = mapped_column(sa.Text)
    enabled: Mapped[bool] = mapped_column()
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    first_on_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "plugin"),)


class TenantRole(Timestamped, TenantOwned, Base):
    """A named set of permissions. `kind` says whether customers or staff can be given it."""

    __tablename__ = "tenant_role"
    __privacy__ = Privacy(plain="tenant_id id name title kind permissions built_in created_at updated_at")
    __wall__ = Wall()
    name: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    built_in: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "name"),
        sa.CheckConstraint("kind in ('customer', 'staff')", name="kind"),
    )


class Account(Timestamped, TenantOwned, Base):
    """A customer organisation, mapped to a customer record of the company's database by `erp_ref`."""

    __tablename__ = "account"
    __privacy__ = Privacy(incidental="name email", plain="tenant_id id erp_ref status created_at updated_at")
    __wall__ = Wall(customer="account", account_column="id")
    name: Mapped[str] = mapped_column(sa.Text)
    erp_ref: Mapped[str | None] = mapped_column(sa.Text)
    email: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text, default="active", server_default="active")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "erp_ref"),)


class Membership(Timestamped, TenantOwned, Base):
    """A user's link to a company. Name and address are the company's own copy: the wall hides users from tenants.

    barred: its staff ended it, so that no invitation of a customer's organisation begins it again.
    """

    __tablename__ = "membership"
    __privacy__ = Privacy(
        personal="tenant_id id user_id kind roles status display_name email locale claim barred "
        "last_activity_at created_at updated_at",
        person="user_id",
        title=_("Companies you are a member of"),
    )
    __wall__ = Wall(customer="user")
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    status: Mapped[str] = mapped_column(sa.Text, default="active", server_default="active")
    display_name: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str | None] = mapped_column(sa.Text)
    claim: Mapped[str | None] = mapped_column(sa.Text)
    barred: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    last_activity_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "user_id"),
        sa.CheckConstraint("kind in ('customer', 'staff')", name="kind"),
        sa.CheckConstraint("status in ('active', 'pending', 'inactive')", name="status"),
    )


class AccountMember(Timestamped, TenantOwned, Base):
    """That a user acts for a customer organisation: as what, and which of its records they see (see `tenancy.scope`).

    limit_amount: above it they ask for approval, in `limit_currency`; None: no limit. approver_id: the colleague who
    decides then; None: whoever may approve. A trigger keeps an owner in every organisation that has people.
    """

    __tablename__ = "account_member"
    __privacy__ = Privacy(
        personal="tenant_id account_id user_id role reach limit_amount limit_currency created_at updated_at",
        plain="id site_ids approver_id",
        person="user_id",
        title=_("Customer organisations you act for"),
    )
    __wall__ = Wall(customer="account", customer_writes=("UPDATE", "DELETE"), owner_writes=True)
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE")
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(sa.Text, default="owner", server_default="owner")
    reach: Mapped[str] = mapped_column(sa.Text, default="all", server_default="all")
    site_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(sa.Uuid), default=list, server_default="{}")
    limit_amount: Mapped[Decimal | None] = mapped_column(Amount)
    limit_currency: Mapped[str | None] = mapped_column(sa.Text)
    approver_id: Mapped[uuid.UUID | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "account_id", "user_id"),
        sa.CheckConstraint("role in ('owner', 'purchaser', 'finance', 'viewer')", name="role"),
        sa.CheckConstraint("reach in ('own', 'site', 'all')", name="reach"),
        sa.CheckConstraint("role <> 'owner' or (reach = 'all' and limit_amount is null)", name="owner"),
        sa.CheckConstraint("(limit_amount is null) = (limit_currency is null) and limit_amount >= 0", name="limit"),
        sa.CheckConstraint("approver_id <> user_id", name="approver"),
    )
