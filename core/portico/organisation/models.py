"""Tables of customer organisations: their sites and the invitations that are under way."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, UtcDateTime, now
from portico.web.i18n import _


class AccountSite(Timestamped, TenantOwned, Base):
    """A place where a customer organisation works. closed_at: nobody belongs to it any more; old records still name it."""

    __tablename__ = "account_site"
    __privacy__ = Privacy(plain="tenant_id id account_id name address closed_at created_at updated_at")
    __wall__ = Wall(customer="account", customer_writes=("INSERT", "UPDATE"), owner_writes=True)
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    name: Mapped[str] = mapped_column(sa.Text)
    address: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    closed_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.Index(
            "uq_account_site_name",
            "tenant_id",
            "account_id",
            "name",
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )


class AccountInvitation(Timestamped, TenantOwned, Base):
    """That somebody is asked by mail to act for a customer organisation. The link's token is known here as a hash only.

    invited_by: who sent it, whose word it is; inviter: their name.
    """

    __tablename__ = "account_invitation"
    __privacy__ = Privacy(
        personal="tenant_id account_id email role reach limit_amount limit_currency invited_by inviter locale status sent_at "
        "expires_at answered_at created_at",
        secret="token_hash",
        plain="id site_ids updated_at",
        person="invited_by",
        title=_("Invitations to act for a customer organisation, to you and from you"),
    )
    __wall__ = Wall(customer="owner", customer_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    email: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text)
    reach: Mapped[str] = mapped_column(sa.Text)
    site_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(sa.Uuid), default=list, server_default="{}")
    limit_amount: Mapped[Decimal | None] = mapped_column(Amount)
    limit_currency: Mapped[str | None] = mapped_column(sa.Text)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    invited_by: Mapped[uuid.UUID | None] = mapped_column()
    inviter: Mapped[str] = mapped_column(sa.Text, default="")
    locale: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text, default="open", server_default="open")
    sent_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    answered_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.CheckConstraint("status in ('open', 'accepted', 'revoked')", name="status"),
        sa.CheckConstraint("role in ('owner', 'purchaser', 'finance', 'viewer')", name="role"),
        sa.CheckConstraint("reach in ('own', 'site', 'all')", name="reach"),
        sa.CheckConstraint("role <> 'owner' or (reach = 'all' and limit_amount is null)", name="owner"),
        sa.Index(
            "uq_account_invitation_open",
            "tenant_id",
            "account_id",
            "email",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        ),
    )
