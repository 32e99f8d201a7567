"""Joining, leaving and admitting: a person's memberships, and the customer organisations that staff link them to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portico import audit, events
from portico.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portico.tenancy.models import Account, AccountMember, Membership
from portico.tenancy.scope import Scope
from portico.web.i18n import _


class JoinRefusedError(ForbiddenError):
    code = "join-refused"
    message = _("This company does not take new customers by itself. Ask it for an invitation.")
    remedy = _(
        "This company admits new customers by invitation alone. Ask your contact there to invite your e-mail "
        "address."
    )


def directory(db: Session) -> list[Any]:
    """The companies that the chooser shows: id, slug, host, name, theme, brand, locale, locales, currency, signup."""
    return list(db.execute(sa.text("SELECT * FROM company_directory()")))


def my_memberships(db: Session) -> list[Any]:
    """The memberships of the person in scope, with last activity, in every company."""
    return list(db.execute(sa.text("SELECT * FROM my_memberships()")))


def request_membership(db: Session, claim: str = "") -> str:
    """Ask the company in scope for entry: "active" or "pending". Raises JoinRefusedError."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    claim = " ".join(claim.split()).upper()
    result = db.scalar(
        sa.text("SELECT membership_request(:tenant, :claim)"), {"tenant": scope.tenant.id, "claim": claim or None}
    )
    if result == "refused":
        raise JoinRefusedError
    audit.record(db, "membership.requested", subject=("user", scope.user_id), after={"claim": bool(claim)})
    db.info["relay"].call("membership_requested", db=db, user_id=scope.user_id, claim=claim)
    return str(result)


class LastOwnerError(ConflictError):
    code = "last-owner"
    message = _("Every organisation needs an owner. Make somebody else its owner first.")
    remedy = _(
        "What was asked for would have left a customer's organisation with people and without an owner. Give another of its "
        "people the role of owner, or hand the ownership over, and try again."
    )


class LastAdministratorError(ConflictError):
    code = "last-administrator"
    message = _("You are the only administrator here. Make somebody else an administrator first, then leave.")
    remedy = _(
        "The person is the only one of the company's people who has the role of administrator. Give it to a colleague, and try "
        "again; or ask those who run the portal to invite another administrator."
    )


@contextmanager
def owner_kept(db: Session) -> Iterator[None]:
    """Around changes of who belongs to an organisation or a company: the database's refusal to leave it without an owner or an
    administrator, in words.

    In a savepoint, so that the page which tells of it can still be drawn. Raises LastOwnerError, LastAdministratorError.
    """
    try:
        with db.begin_nested():
            yield
            db.flush()
    except IntegrityError as error:
        refusal = _KEPT.get(getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "")
        if refusal is None:
            raise
        raise refusal from error


_KEPT = {"account_keeps_owner": LastOwnerError, "company_keeps_admin": LastAdministratorError}


def leave(db: Session, tenant_id: uuid.UUID) -> None:
    """The person in scope ends a membership of theirs, wherever they are; the company that is left has it in its trail.

    Raises NotFoundError, LastOwnerError, LastAdministratorError.
    """
    with owner_kept(db):
        left = db.scalar(sa.text("SELECT membership_leave(:tenant)"), {"tenant": tenant_id})
    if not left:
        raise NotFoundError
    audit.record(db, "membership.left", subject=("tenant", tenant_id), chain=tenant_id)


def leave_account(db: Session, account_id: uuid.UUID) -> None:
    """The person in scope does not act for this organisation any more. Raises NotFoundError, LastOwnerError."""
    left = False
    if db.info["scope"].kind == "customer":
        with owner_kept(db):
            left = bool(db.scalar(sa.select(sa.func.account_leave(account_id))))
    if not left:
        raise NotFoundError
    audit.record(db, "organisation.left", subject=("account", account_id))
    events.nudge(db, "organisation.changed", account_id=account_id)


def own_accounts(db: Session) -> list[Any]:
    """The organisations that the person in scope acts for here: account_id, name, role, limit_amount, limit_currency."""
    limit = (AccountMember.limit_amount, AccountMember.limit_currency)
    columns = (AccountMember.account_id, Account.name, AccountMember.role, *limit)
    same = sa.and_(Account.tenant_id == AccountMember.tenant_id, Account.id == AccountMember.account_id)
    query = sa.select(*columns).join(Account, same).where(AccountMember.user_id == db.info["scope"].user_id)
    return list(db.execute(query.order_by(Account.name, Account.id)))


def accounts(db: Session) -> list[Any]:
    """The customer organisations of the company in scope: id, name, erp_ref."""
    return list(db.execute(sa.select(Account.id, Account.name, Account.erp_ref).order_by(Account.name).limit(1000)))


def open_account(db: Session, *, name: str, erp_ref: str | None, email: str | None = None) -> uuid.UUID:
    """The customer organisation with this `erp_ref`, made if it is new; plugins are told of a new one."""
    if erp_ref:
        known = db.scalar(sa.select(Account.id).where(Account.erp_ref == erp_ref))
        if known:
            return known
    account = Account(name=name, erp_ref=erp_ref or None, email=email)
    db.add(account)
    db.flush()
    audit.record(db, "account.opened", subject=("account", account.id), after={"name": name, "erp_ref": erp_ref})
    if erp_ref:
        db.info["relay"].call("account_connected", db=db, account_id=account.id)
    return account.id


def admit(db: Session, membership_id: uuid.UUID, account_id: uuid.UUID, role: str | None = None) -> None:
    """Make a pending or inactive customer active, acting for an account. Raises NotFoundError, ConflictError.

    role: None makes the first person of an organisation its owner, and those who follow purchasers.
    """
    membership = db.scalars(sa.select(Membership).where(Membership.id == membership_id).with_for_update()).one_or_none()
    if membership is None or db.scalar(sa.select(Account.id).where(Account.id == account_id)) is None:
        raise NotFoundError
    if membership.status == "active":
        raise ConflictError(_("This person is a member already."))
    if membership.kind != "customer":
        raise InvalidError(_("Only customers act for a customer organisation."))
    link = db.scalar(
        sa.select(AccountMember.id).where(
            AccountMember.account_id == account_id, AccountMember.user_id == membership.user_id
        )
    )
    if link is None:
        as_what = role or ("purchaser" if has_owner(db, account_id) else "owner")
        db.add(AccountMember(account_id=account_id, user_id=membership.user_id, role=as_what))
    membership.status, membership.barred = "active", False
    db.flush()
    audit.record(db, "membership.admitted", subject=("user", membership.user_id), after={"account": str(account_id)})
    events.nudge(db, "membership.active", user_id=membership.user_id)


def has_owner(db: Session, account_id: uuid.UUID) -> bool:
    """Whether an active member owns the organisation."""
    active = sa.and_(Membership.tenant_id == AccountMember.tenant_id, Membership.user_id == AccountMember.user_id)
    found = sa.select(AccountMember.id).join(Membership, active)
    owner = (AccountMember.account_id == account_id, AccountMember.role == "owner", Membership.status == "active")
    return db.scalar(found.where(*owner).limit(1)) is not None


def deactivate(db: Session, membership_id: uuid.UUID) -> None:
    """Staff end or refuse a membership; it takes effect with the person's next request, and no invitation of a customer's
    organisation undoes it. Raises NotFoundError, LastOwnerError."""
    membership = db.scalars(sa.select(Membership).where(Membership.id == membership_id).with_for_update()).one_or_none()
    if membership is None:
        raise NotFoundError
    if membership.user_id == db.info["scope"].user_id:
        raise ConflictError(_("You cannot remove yourself. Ask another administrator."))
    before = membership.status
    with owner_kept(db):
        membership.status, membership.barred = "inactive", True
    # Whoever is barred comes back by no other address of theirs that they invited before, and, once they are let in again, by
    # no invitation from before.
    db.execute(
        sa.text("UPDATE account_invitation SET status = 'revoked', answered_at = now(), updated_at = now() "
                "WHERE (invited_by = :user OR email = :email) AND status = 'open'"),
        {"user": membership.user_id, "email": membership.email},
    )  # fmt: skip
    unnamed = sa.text("UPDATE approval SET approver_id = NULL WHERE approver_id = :user AND status = 'open'")
    db.execute(unnamed, {"user": membership.user_id})
    audit.record(db, "membership.ended", subject=("user", membership.user_id), before={"status": before})


def add_member(db: Session, *, email: str, name: str, kind: str, roles: list[str]) -> uuid.UUID:
    """Make somebody an active member of the company in scope, with a login if they have none yet. For staff and setup."""
    user_id = db.scalar(sa.text("SELECT member_provision(:email, :name)"), {"email": email, "name": name})
    assert user_id is not None
    membership = db.scalars(sa.select(Membership).where(Membership.user_id == user_id)).one_or_none()
    if membership is None:
        membership = Membership(user_id=user_id, kind=kind, display_name=name, email=email)
        db.add(membership)
    membership.kind, membership.roles, membership.status, membership.barred = kind, list(roles), "active", False
    db.flush()
    audit.record(db, "membership.added", subject=("user", user_id), after={"kind": kind, "roles": list(roles)})
    return uuid.UUID(str(user_id))
