"""Tables of what customers tell the company about themselves: whom to ask for, and where to deliver."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portico.connections.messages import Message
from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime
from portico_customers.i18n import _
from portico_customers.states import STATES, State

_OF_ACCOUNT = Wall(customer="account", customer_writes=("INSERT", "UPDATE"))
_STATE = f"state in ({', '.join(repr(str(one)) for one in STATES)})"


def _text() -> Mapped[str]:
    return mapped_column(sa.Text, default="", server_default="")


class Contact(Timestamped, TenantOwned, Base):
    """Whom the company asks for at a customer: one per organisation. state, problem, version: as of an address."""

    __tablename__ = "customers_contact"
    __privacy__ = Privacy(
        personal="name email phone",
        incidental="problem",
        plain="tenant_id id account_id state version created_at updated_at",
        by_email="email",
        erasing="blank",
        title=_("Contact of a customer organisation"),
        own_words="name",
    )
    __wall__ = _OF_ACCOUNT
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    name: Mapped[str] = _text()
    email: Mapped[str] = _text()
    phone: Mapped[str] = _text()
    state: Mapped[str] = mapped_column(sa.Text, default=State.WAITING)
    problem: Mapped[Any | None] = mapped_column(Message)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "account_id"),
        sa.CheckConstraint(_STATE, name="state"),
    )


class Address(Timestamped, TenantOwned, Base):
    """Where a customer takes deliveries. `id` is the reference by which the company knows it as ours.

    erp_ref: the company's; None: it does not have it yet. billing, email: the company's own, kept for it.
    problem: why the company does not take it, or why it could not be told. version: rises with each change by people, so that
    what was sent can be told from what came after. removed_at: not used any more; kept until the company knows.
    """

    __tablename__ = "customers_address"
    __privacy__ = Privacy(
        personal="name street postcode city region country phone email",
        incidental="problem",
        plain="tenant_id id account_id erp_ref billing is_default state version removed_at created_at updated_at",
        by_email="email",
        erasing="blank",
        blanked="phone email",
        reason=_(
            "Delivery addresses belong to the organisation: its orders go there, and its invoices name them. Your name, your "
            "e-mail address and the telephone number beside it are taken out."
        ),
        title=_("Delivery addresses with your e-mail address"),
        own_words="name street",
    )
    __wall__ = _OF_ACCOUNT
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    erp_ref: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = _text()
    street: Mapped[str] = _text()
    postcode: Mapped[str] = _text()
    city: Mapped[str] = _text()
    region: Mapped[str] = _text()
    country: Mapped[str] = _text()
    phone: Mapped[str] = _text()
    email: Mapped[str] = _text()
    billing: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    is_default: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    state: Mapped[str] = mapped_column(sa.Text, default=State.WAITING)
    problem: Mapped[Any | None] = mapped_column(Message)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    removed_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.CheckConstraint(_STATE, name="state"),
        sa.Index("ix_customers_address_account", "tenant_id", "account_id", "name", "id"),
        sa.Index(
            "uq_customers_address_default",
            "tenant_id",
            "account_id",
            unique=True,
            postgresql_where=sa.text("is_default AND removed_at IS NULL"),
        ),
        sa.Index(
            "uq_customers_address_erp_ref",
            "tenant_id",
            "account_id",
            "erp_ref",
            unique=True,
            postgresql_where=sa.text("erp_ref IS NOT NULL"),
        ),
    )
