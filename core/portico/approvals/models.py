"""The table of requests for approval."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, Timestamped, ref
from portico.db.policies import REACH, Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, UtcDateTime
from portico.web.i18n import _

EMPTY_OBJECT = sa.text("'{}'::jsonb")


class Approval(Reachable, Timestamped, TenantOwned, Base):
    """Somebody asks a colleague to let something be done. `kind` names the ApprovalKind of a plugin that can do it.

    author_id, author: who asks. approver_id: who was named to decide, and sees it for that; None: whoever may approve.
    subject_type, subject_id: the record; at most one request is open for each. data: what the plugin needs to do it.
    """

    __tablename__ = "approval"
    __privacy__ = Privacy(
        personal="tenant_id account_id kind amount currency note author_id author status reason decided_by decider decided_at "
        "created_at",
        plain="id site_id subject_type subject_id data approver_id updated_at",
        person="author_id",
        erasing="keep",
        reason=_("Who approved an order is a record of your organisation, which it may have to show."),
        title=_("Approvals that you asked for or decided"),
    )
    __wall__ = Wall(
        customer="reach",
        keys=(*REACH, "approver_id"),
        customer_writes=("INSERT", "UPDATE"),
        staff_writes=("INSERT", "UPDATE"),
    )
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject_type: Mapped[str] = mapped_column(sa.Text)
    subject_id: Mapped[str] = mapped_column(sa.Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    author: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    approver_id: Mapped[uuid.UUID | None] = mapped_column()
    status: Mapped[str] = mapped_column(sa.Text, default="open", server_default="open")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    decided_by: Mapped[uuid.UUID | None] = mapped_column()
    decider: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    decided_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.CheckConstraint("status in ('open', 'approved', 'declined', 'withdrawn')", name="status"),
        # Whatever the code believes: nobody decides what they asked for.
        sa.CheckConstraint("status not in ('approved', 'declined') or decided_by <> author_id", name="decider"),
        sa.Index(
            "uq_approval_open",
            "tenant_id",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("ix_approval_account", "tenant_id", "account_id", "status", sa.text("id DESC")),
    )
