"""Reads the company's customers and who of them uses the portal: columns, never entities."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import NotFoundError
from portico.tenancy.models import Account, AccountMember, Membership
from portico.web.pagination import Page, paginate

COLUMNS = (Account.id, Account.name, Account.erp_ref, Account.email, Account.created_at)


def ref_of(db: Session, account_id: uuid.UUID) -> str | None:
    """What the company's system calls the customer."""
    return db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))


def cleaned(typed: str | None) -> str:
    """What somebody searches for, as the database can take it."""
    text = "".join(one for one in typed or "" if one.isprintable())[:100].strip()
    return text.encode("utf-8", "ignore").decode()


def listing(db: Session, text: str, *, cursor: str | None = None) -> Page[Any]:
    """Customers by name, whose name, number or address holds `text`, each with its number of people. One query."""
    people = (
        sa.select(sa.func.count())
        .select_from(AccountMember)
        .where(AccountMember.tenant_id == Account.tenant_id, AccountMember.account_id == Account.id)
        .scalar_subquery()
    )
    query = sa.select(*COLUMNS, people.label("people"))
    if text:
        typed = sa.func.lower(text)
        held = (
            sa.func.strpos(sa.func.lower(column), typed) > 0
            for column in (Account.name, Account.erp_ref, Account.email)
        )
        query = query.where(sa.or_(*held))
    return paginate(db, query, [(Account.name, str), (Account.id, uuid.UUID)], cursor=cursor, descending=False)


def one(db: Session, account_id: uuid.UUID) -> Any:
    """Raises NotFoundError: also for another company's."""
    row = db.execute(sa.select(*COLUMNS).where(Account.id == account_id)).one_or_none()
    if row is None:
        raise NotFoundError()
    return row


def own(db: Session) -> list[Any]:
    """The organisations that the customer in scope acts for, by name: id, name."""
    mine = db.info["scope"].accounts
    return list(db.execute(sa.select(Account.id, Account.name).where(Account.id.in_(mine)).order_by(Account.name, Account.id)))


def people(db: Session, account_id: uuid.UUID) -> list[Any]:
    """Who acts for the customer in the portal, by name; at most a hundred."""
    return list(
        db.execute(
            sa.select(
                Membership.id, Membership.display_name, Membership.email, Membership.status, Membership.last_activity_at
            )
            .join(
                AccountMember,
                sa.and_(
                    AccountMember.tenant_id == Membership.tenant_id, AccountMember.user_id == Membership.user_id
                ),
            )
            .where(AccountMember.account_id == account_id)
            .order_by(Membership.display_name, Membership.id)
            .limit(100)
        )
    )
