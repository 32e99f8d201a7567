"""The table of links that were sent by mail."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, ref
from portico.db.policies import REACH, Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico.web.i18n import _


class ActionLink(Reachable, TenantOwned, Base):
    """A link that was sent to one person, for one purpose ("quotes.answer") and one record in one version.

    token_hash: SHA-256 of the secret, which lies nowhere else. user_id, email: to whom, and where, it was sent. used_at: when
    it was used for what it is for; looking at the record does not use it. revoked_by: who, by name; "" if the person's
    membership, login or organisation ended.
    site_id and author_id are the record's: whoever sees that sees its links.
    """

    __tablename__ = "action_link"
    __privacy__ = Privacy(
        personal="purpose subject_type user_id recipient email made_at expires_at used_at revoked_at",
        secret="token_hash",
        plain="tenant_id id account_id site_id author_id subject_id version",
        incidental="revoked_by",
        person="user_id",
        title=_("Links to records that were mailed to you"),
    )
    __wall__ = Wall(customer="reach", keys=(*REACH, "subject_id"), customer_writes=("UPDATE",))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    purpose: Mapped[str] = mapped_column(sa.Text)
    subject_type: Mapped[str] = mapped_column(sa.Text)
    subject_id: Mapped[uuid.UUID] = mapped_column()
    version: Mapped[int] = mapped_column()
    user_id: Mapped[uuid.UUID] = mapped_column()
    recipient: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str] = mapped_column(sa.Text)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    __table_args__ = (
        # Whoever leaves the organisation takes along what was sent to them for it.
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id", "user_id"],
            ["account_member.tenant_id", "account_member.account_id", "account_member.user_id"],
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_hash"),
        sa.Index("ix_action_link_subject", "tenant_id", "subject_id", "made_at"),
        sa.Index("ix_action_link_member", "tenant_id", "account_id", "user_id"),
        sa.Index("ix_action_link_user", "user_id"),
        sa.Index("ix_action_link_expires", "tenant_id", "expires_at"),
    )
