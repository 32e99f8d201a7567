"""Colleagues of a customer organisation: who there is, as what, seeing what, up to which amount; and how that changes.

An owner of the organisation does all of it; staff can help. Nobody changes themselves: another owner does, so that no
limit is lifted by whom it binds. What changes counts with the person's next request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.approvals.models import Approval
from portico.db.types import now
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.identity.permissions import ACCOUNT_ROLES
from portico.organisation import sites
from portico.organisation.models import AccountInvitation, AccountSite
from portico.organisation.succession import tell_owner
from portico.tenancy.models import Account, AccountMember, Membership
from portico.tenancy.scope import Scope
from portico.tenancy.service import owner_kept
from portico.web import formats
from portico.web.i18n import _

REACHES = {"own": _("Only their own"), "site": _("Their sites"), "all": _("Everything")}
APPROVE = "organisation:approve"
MOST, MOST_NAMED = 500, 3


@dataclass(frozen=True)
class Colleague:
    """id: of the membership in the organisation. status: of the person with the company: "active", or they cannot come in."""

    id: UUID
    account_id: UUID
    user_id: UUID
    name: str
    email: str
    status: str
    last_activity_at: dt.datetime | None
    role: str
    reach: str
    site_ids: tuple[UUID, ...]
    limit_amount: Decimal | None
    limit_currency: str | None
    approver_id: UUID | None


@dataclass(frozen=True)
class Part:
    """What somebody is to be. limit: in the company's currency; None: none. approver_id None: whoever may approve."""

    role: str
    reach: str = "all"
    site_ids: tuple[UUID, ...] = ()
    limit: Decimal | None = None
    approver_id: UUID | None = None


def organisation(db: Session, account_id: UUID) -> Any:
    """account_id, name, erp_ref. Raises NotFoundError: also for one that is not the reader's."""
    found = db.execute(
        sa.select(Account.id.label("account_id"), Account.name, Account.erp_ref).where(Account.id == account_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def organisations(db: Session) -> list[Any]:
    """Those that the reader may manage: account_id, name."""
    scope: Scope = db.info["scope"]
    rows = db.execute(sa.select(Account.id.label("account_id"), Account.name).order_by(Account.name, Account.id).limit(MOST))
    return [row for row in rows if scope.has("organisation:manage", row.account_id)]


def colleagues(
    db: Session, account_id: UUID, member_id: UUID | None = None, *, only_site: UUID | None = None
) -> list[Colleague]:
    """By name; at most 500. One query. member_id: this one only. only_site: those who see this site and no other."""
    if db.info["scope"].kind == "customer":
        person: Any = (
            sa.func.organisation_people(account_id)
            .table_valued("member_id", "user_id", "name", "email", "status", "last_activity_at")
            .alias("person")
        )
        query = sa.select(AccountMember, person.c.name, person.c.email, person.c.status, person.c.last_activity_at)
        query = query.join(person, person.c.member_id == AccountMember.id).order_by(person.c.name, AccountMember.id)
    else:
        columns = (Membership.display_name, Membership.email, Membership.status, Membership.last_activity_at)
        same = sa.and_(Membership.tenant_id == AccountMember.tenant_id, Membership.user_id == AccountMember.user_id)
        query = sa.select(AccountMember, *columns).join(Membership, same)
        query = query.order_by(Membership.display_name, AccountMember.id)
    query = query.where(AccountMember.account_id == account_id)
    if member_id is not None:
        query = query.where(AccountMember.id == member_id)
    if only_site is not None:
        query = query.where(AccountMember.reach == "site", AccountMember.site_ids == [only_site])
    rows = db.execute(query.limit(MOST).execution_options(populate_existing=True))
    return [_colleague(*row) for row in rows]


def _colleague(row: AccountMember, name: str, email: str, status: str, at: dt.datetime | None) -> Colleague:
    return Colleague(
        row.id, row.account_id, row.user_id, name, email, status, at, row.role, row.reach, tuple(row.site_ids),
        row.limit_amount, row.limit_currency, row.approver_id,
    )


def colleague(db: Session, account_id: UUID, member_id: UUID) -> Colleague:
    """Raises NotFoundError."""
    found = colleagues(db, account_id, member_id)
    if not found:
        raise NotFoundError
    return found[0]


def approvers(portico: Any, scope: Scope, people: Iterable[Colleague], but: UUID | None = None) -> list[Colleague]:
    """Active people who may approve what others ask for, without `but` (a user)."""
    return [
        one
        for one in people
        if one.status == "active"
        and one.user_id != but
        and APPROVE in portico.grants.in_account(scope.tenant, ("customer",), one.role)
    ]


def checked(db: Session, portico: Any, account_id: UUID, part: Part, user_id: UUID | None) -> dict[str, Any]:
    """The columns that `part` means. user_id: whose it is; None: of somebody invited. Raises InvalidError."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    if part.role not in ACCOUNT_ROLES:
        raise InvalidError(fields={"role": _("Choose one of the roles.")})
    if part.reach not in REACHES:
        raise InvalidError(fields={"reach": _("Choose what they see.")})
    site_ids = sites.known(db, account_id, part.site_ids)
    if part.role == "owner":  # owners see everything and have no limit: that is what makes them owners
        return {"role": "owner", "reach": "all", "site_ids": site_ids, "limit_amount": None, "limit_currency": None}
    if part.reach == "site" and not site_ids:
        raise InvalidError(fields={"sites": _("Choose at least one site, or let them see something else.")})
    if part.limit is not None and part.limit < 0:
        raise InvalidError(fields={"limit": _("A limit is at least 0.")})
    values = {
        "role": part.role,
        "reach": part.reach,
        "site_ids": site_ids,
        "limit_amount": part.limit,
        "limit_currency": None if part.limit is None else scope.tenant.currency,
    }
    if user_id is not None and part.approver_id is not None:
        able = approvers(portico, scope, colleagues(db, account_id), user_id)
        if part.approver_id not in {one.user_id for one in able}:
            raise InvalidError(fields={"approver": _("Choose a colleague who may approve.")})
    return values


def change(db: Session, portico: Any, member: Colleague, part: Part) -> None:
    """Raises InvalidError, ConflictError for oneself, NotFoundError, LastOwnerError."""
    row = _locked(db, member)
    values = checked(db, portico, member.account_id, part, member.user_id)
    values["approver_id"] = part.approver_id if values["limit_amount"] is not None else None
    before = _told(row)
    demoted = row.role == "owner" and values["role"] != "owner"
    with owner_kept(db):
        for name, value in values.items():
            setattr(row, name, value)
    if demoted:
        _revoke_invitations(db, member.account_id, member.user_id)
    if values["role"] not in ("owner", "finance"):
        _name_nobody(db, member.account_id, member.user_id)
    audit.record(db, "organisation.member-changed", subject=("user", member.user_id), before=before, after=_told(row))
    _changed(db, member)


def remove(db: Session, member: Colleague) -> None:
    """The person does not act for the organisation any more. Raises ConflictError for oneself, NotFoundError, LastOwnerError."""
    row = _locked(db, member)
    before = _told(row)
    with owner_kept(db):
        db.delete(row)
    _revoke_invitations(db, member.account_id, member.user_id, member.email)
    _name_nobody(db, member.account_id, member.user_id)
    audit.record(db, "organisation.member-removed", subject=("user", member.user_id), before=before)
    _changed(db, member)


def hand_over(db: Session, member: Colleague) -> None:
    """The person in scope, an owner, makes somebody else the owner and becomes a purchaser.

    Raises ConflictError if they own it no more or the other cannot come in, NotFoundError.
    """
    scope: Scope = db.info["scope"]
    row = _locked(db, member)
    own = db.scalars(
        sa.select(AccountMember)
        .where(AccountMember.account_id == member.account_id, AccountMember.user_id == scope.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if own is None or own.role != "owner" or member.status != "active":
        raise ConflictError
    with owner_kept(db):
        row.role, row.reach, row.limit_amount, row.limit_currency, row.approver_id = "owner", "all", None, None, None
        db.flush()
        own.role = "purchaser"
    _revoke_invitations(db, member.account_id, own.user_id)
    _name_nobody(db, member.account_id, own.user_id)
    audit.record(
        db,
        "organisation.handed-over",
        subject=("account", member.account_id),
        before={"owner": str(own.user_id)},
        after={"owner": str(member.user_id)},
    )
    tell_owner(db, member.account_id, organisation(db, member.account_id).name, member.user_id)
    _changed(db, member)


def close_site(db: Session, account_id: UUID, site_id: UUID) -> None:
    """Nobody belongs to it any more; what was written there stays, for those who see everything and for its authors.

    Raises NotFoundError; InvalidError, which names them, while somebody would be left seeing no site.
    """
    site = sites.get(db, account_id, site_id)
    if alone := [one.name for one in colleagues(db, account_id, only_site=site_id)]:
        raise InvalidError(_seeing_alone(db.info["scope"].locale, alone))
    db.execute(
        sa.update(AccountMember)
        .where(AccountMember.account_id == account_id, AccountMember.site_ids.contains([site_id]))
        .values(site_ids=sa.func.array_remove(AccountMember.site_ids, site_id))
        .execution_options(synchronize_session=False)
    )
    db.execute(
        sa.update(AccountSite)
        .where(AccountSite.account_id == account_id, AccountSite.id == site_id)
        .values(closed_at=now(), updated_at=now())
    )
    audit.record(db, "organisation.site-closed", subject=("account", account_id), before={"name": site.name})


def _seeing_alone(locale: str, names: list[str]) -> Any:
    """names: of all; a few are told, then how many others there are."""
    told, others = formats.listing(locale, names[:MOST_NAMED]), len(names) - MOST_NAMED
    if others <= 0:
        return _("Some see this site alone: ${names}. Give them another one first.", mapping={"names": told})
    return _(
        "Some see this site alone: ${names}. Others who do: ${count}. Give them another one first.",
        mapping={"names": told, "count": formats.number(locale, others)},
    )


def _locked(db: Session, member: Colleague) -> AccountMember:
    if member.user_id == db.info["scope"].user_id:
        raise ConflictError(_("You cannot change yourself. Ask another owner of your organisation."))
    row = db.scalars(
        sa.select(AccountMember)
        .where(AccountMember.account_id == member.account_id, AccountMember.id == member.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _revoke_invitations(db: Session, account_id: UUID, user_id: UUID, email: str | None = None) -> None:
    """Who may not invite any more leaves no door open. email: of who is no colleague any more, who is invited by none."""
    theirs: sa.ColumnElement[bool] = AccountInvitation.invited_by == user_id
    if email is not None:
        theirs = sa.or_(theirs, AccountInvitation.email == email)
    db.execute(
        sa.update(AccountInvitation)
        .where(AccountInvitation.account_id == account_id, theirs, AccountInvitation.status == "open")
        .values(status="revoked", answered_at=now(), updated_at=now())
        .execution_options(synchronize_session=False)
    )


def _name_nobody(db: Session, account_id: UUID, user_id: UUID) -> None:
    """Who may not approve any more is asked by nobody: whoever else may decides, of what is open as well."""
    for table in (AccountMember, Approval):
        db.execute(
            sa.update(table)
            .where(table.account_id == account_id, table.approver_id == user_id)
            .values(approver_id=None)
            .execution_options(synchronize_session=False)
        )


def _told(row: AccountMember) -> dict[str, Any]:
    return {
        "account": str(row.account_id),
        "role": row.role,
        "reach": row.reach,
        "sites": [str(one) for one in row.site_ids],
        "limit": None if row.limit_amount is None else f"{row.limit_amount} {row.limit_currency}",
        "approver": str(row.approver_id) if row.approver_id else None,
    }


def _changed(db: Session, member: Colleague) -> None:
    events.nudge(db, "organisation.changed", account_id=member.account_id)
