"""Tables of the portal's copy of contracts, which the synchronisation alone writes, and of customers' answers to them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portico.connections.messages import Message
from portico.db.base import Base, Reachable, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, Quantity, UtcDateTime, now
from portico_contracts.i18n import _
from portico_erp.values import ContractPer, ContractStatus

_WITHIN_REACH = Wall(customer="reach")
_STATUSES = ", ".join(f"'{one.value}'" for one in ContractStatus)
_PERS = ", ".join(f"'{one.value}'" for one in ContractPer)


class Contract(Reachable, Timestamped, TenantOwned, Base):
    """One contract as the company last told it. `digest` is of all that was told: an equal one means nothing to do.

    value: before tax, for the time that `per` says; None: none is agreed. version: another once what a customer agrees to is
    another; remote_version: the same as the contract of connectors says it. told_end: the last day of which customers were
    reminded. search: lower-case number and title. site_id, author_id: a contract is its organisation's alone, so there is none.
    """

    __tablename__ = "contracts_contract"
    __privacy__ = Privacy(
        incidental="number title terms reason search",
        plain="tenant_id id account_id site_id author_id connection_id erp_ref status status_at currency value per starts_on "
        "ends_on renewal_months notice_days answer_until version remote_version offered_at told_end erp_updated_at digest "
        "created_at updated_at",
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    connection_id: Mapped[uuid.UUID] = mapped_column()
    erp_ref: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text)
    status_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    currency: Mapped[str] = mapped_column(sa.Text)
    value: Mapped[Decimal | None] = mapped_column(Amount)
    per: Mapped[str] = mapped_column(sa.Text)
    starts_on: Mapped[Any | None] = mapped_column(sa.Date)
    ends_on: Mapped[Any | None] = mapped_column(sa.Date)
    renewal_months: Mapped[int | None] = mapped_column()
    notice_days: Mapped[int | None] = mapped_column()
    answer_until: Mapped[Any | None] = mapped_column(sa.Date)
    terms: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)
    remote_version: Mapped[str] = mapped_column(sa.Text)
    offered_at: Mapped[Any] = mapped_column(UtcDateTime)
    told_end: Mapped[Any | None] = mapped_column(sa.Date)
    erp_updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary)
    search: Mapped[str] = mapped_column(sa.Text)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "connection_id", "erp_ref"),
        sa.CheckConstraint(f"status in ({_STATUSES})", name="status"),
        sa.CheckConstraint(f"per in ({_PERS})", name="per"),
        sa.Index(
            "ix_contracts_contract_account", "tenant_id", "account_id", sa.text("offered_at DESC"), sa.text("id DESC")
        ),
        sa.Index("ix_contracts_contract_all", "tenant_id", sa.text("offered_at DESC"), sa.text("id DESC")),
        sa.Index(
            "ix_contracts_contract_ending", "tenant_id", "ends_on", postgresql_where=sa.text("status = 'active'")
        ),
    )


class Line(Reachable, TenantOwned, Base):
    """What is agreed on. item_ref None: something outside the catalogue. quantity None: as it is called off. Price before tax."""

    __tablename__ = "contracts_line"
    __privacy__ = Privacy(
        plain="tenant_id id account_id site_id author_id contract_id position item_ref name quantity unit unit_price tax_rate"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    contract_id: Mapped[uuid.UUID] = ref("contracts_contract", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    item_ref: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(sa.Text, default="")
    unit_price: Mapped[Decimal] = mapped_column(Amount)
    tax_rate: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2))
    __table_args__ = (sa.UniqueConstraint("tenant_id", "contract_id", "position"),)


class Answer(Reachable, TenantOwned, Base):
    """A customer's answer to an offered contract. `id` is the reference by which the company takes it once.

    remote_version: of what they answered. state: "waiting" for the company, "taken" by it, "unconfirmed" where its connection was
    deleted first, or "refused", and then it counts no more; `problem` says why. A contract has one answer that counts at most.
    """

    __tablename__ = "contracts_answer"
    __privacy__ = Privacy(
        personal="answered_by agreed reason at taken_at",
        incidental="problem",
        plain="tenant_id id account_id site_id author_id contract_id version remote_version person_id state",
        person="person_id",
        erasing="keep",
        reason=_("An answer to a contract is a record of the company and of your organisation, which both have to keep."),
        title=_("Your answers to contracts"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("INSERT",), staff_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    contract_id: Mapped[uuid.UUID] = ref("contracts_contract", ondelete="CASCADE", index=False)
    version: Mapped[int] = mapped_column()
    remote_version: Mapped[str] = mapped_column(sa.Text)
    agreed: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    person_id: Mapped[uuid.UUID | None] = mapped_column()
    answered_by: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    state: Mapped[str] = mapped_column(sa.Text, default="waiting")
    taken_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    problem: Mapped[Any] = mapped_column(Message, default="")
    __table_args__ = (
        sa.CheckConstraint("state in ('waiting', 'taken', 'refused', 'unconfirmed')", name="state"),
        sa.Index(
            "ux_contracts_answer_counts",
            "tenant_id",
            "contract_id",
            unique=True,
            postgresql_where=sa.text("state <> 'refused'"),
        ),
        sa.Index("ix_contracts_answer_contract", "tenant_id", "contract_id", "at"),
    )


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


CONTRACT, LINE, ANSWER = map(_table, (Contract, Line, Answer))
"""The same as tables: a query of their columns passes the ORM by."""
