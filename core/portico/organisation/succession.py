"""Who owns an organisation when its only owner goes for good: the colleague who has belonged to it for longest."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from portico import audit, events
from portico.tenancy.models import Account, AccountMember, Membership

OWNER = "organisation.owner"


@dataclass(frozen=True)
class Succession:
    """user_id, name: of whoever becomes the owner."""

    account_id: UUID
    account: str
    user_id: UUID
    name: str


def successions(db: Session, user_id: UUID) -> list[Succession]:
    """For the company in scope, of each organisation whose only active owner this is and that has other active people."""
    other, colleague = aliased(AccountMember), aliased(AccountMember)
    person = sa.and_(Membership.tenant_id == colleague.tenant_id, Membership.user_id == colleague.user_id)
    owner = aliased(Membership)
    owns_too = (
        sa.select(other.id)
        .join(owner, sa.and_(owner.tenant_id == other.tenant_id, owner.user_id == other.user_id))
        .where(
            other.account_id == AccountMember.account_id,
            other.user_id != user_id,
            other.role == "owner",
            owner.status == "active",
        )
    )
    query = (
        sa.select(Account.id, Account.name, colleague.user_id, Membership.display_name)
        .select_from(AccountMember)
        .join(Account, sa.and_(Account.tenant_id == AccountMember.tenant_id, Account.id == AccountMember.account_id))
        .join(colleague, sa.and_(colleague.tenant_id == AccountMember.tenant_id, colleague.account_id == Account.id))
        .join(Membership, person)
        .where(AccountMember.user_id == user_id, AccountMember.role == "owner", ~owns_too.exists())
        .where(colleague.user_id != user_id, Membership.status == "active")
        .order_by(Account.id, colleague.created_at, colleague.id)
        .ext(distinct_on(Account.id))
    )
    return [Succession(*row) for row in db.execute(query)]


def pass_on(db: Session, user_id: UUID) -> None:
    """Makes the owners of `successions`, tells them, and leaves it in the trail. Nothing to do the second time."""
    for one in successions(db, user_id):
        member = db.scalars(
            sa.select(AccountMember)
            .where(AccountMember.account_id == one.account_id, AccountMember.user_id == one.user_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        before = member.role
        member.role, member.reach = "owner", "all"
        member.limit_amount = member.limit_currency = member.approver_id = None
        db.flush()
        audit.record(
            db,
            "organisation.passed-on",
            subject=("user", one.user_id),
            before={"account": str(one.account_id), "role": before},
            after={"account": str(one.account_id), "role": "owner"},
        )
        tell_owner(db, one.account_id, one.account, one.user_id)
        events.nudge(db, "organisation.changed", account_id=one.account_id)


def tell_owner(db: Session, account_id: UUID, account: str, user_id: UUID) -> None:
    """Whoever became the owner without asking for it hears of it."""
    events.publish(
        db,
        OWNER,
        account_id=account_id,
        user_id=user_id,
        subject=("account", account_id),
        data={"organisation": account, "account_id": str(account_id)},
    )
