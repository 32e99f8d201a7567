"""Staff's say over who belongs to the company: admit, invite, change roles, deactivate. Nobody gives what they lack."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portico.identity import asked
from portico.identity.email import normalise_email
from portico.identity.permissions import ROLE_KIND
from portico.notify.declared import ADMITTED
from portico.notify.fan_out import locale_of
from portico.notify.mail import queue_mail, words_for
from portico.pluginhost.toggles import lock
from portico.tenancy import service
from portico.tenancy.models import Account, AccountMember, Membership, TenantRole
from portico.tenancy.scope import Scope
from portico.web.i18n import _
from portico.web.pagination import Page, paginate

INVITE_TTL = dt.timedelta(days=7)
BUILT_IN_TITLES = {"customer": _("Customer"), "agent": _("Agent"), "admin": _("Administrator")}
FILTERS = ("pending", "customers", "staff", "inactive")


class BeyondOwnRightsError(ForbiddenError):
    code = "beyond-own-rights"
    message = _("You cannot give or take permissions that you do not have yourself.")
    remedy = _(
        "Whoever gives or takes permissions must have them. Ask an administrator who has more permissions to "
        "do this."
    )


@dataclass(frozen=True)
class Role:
    """`title` of a built-in role is translated, that of a composed one is the company's own word."""

    name: str
    title: Any
    kind: str
    built_in: bool
    id: uuid.UUID | None = None


def roles(db: Session, kind: str | None = None) -> list[Role]:
    built_in = [Role(name, BUILT_IN_TITLES[name], of, True) for name, of in ROLE_KIND.items()]
    composed = [
        Role(row.name, row.title, row.kind, False, row.id)
        for row in db.execute(
            sa.select(TenantRole.id, TenantRole.name, TenantRole.title, TenantRole.kind)
            .where(TenantRole.built_in.is_(False))
            .order_by(TenantRole.title)
        )
    ]
    return [one for one in (*built_in, *composed) if kind in (None, one.kind)]


def page(db: Session, show: str, search: str, cursor: str | None) -> Page[Any]:
    """Members, those who wait first in line; one query."""
    accounts = (
        sa.select(sa.func.string_agg(Account.name, ", "))
        .join_from(
            AccountMember,
            Account,
            sa.and_(Account.id == AccountMember.account_id, Account.tenant_id == AccountMember.tenant_id),
        )
        .where(AccountMember.user_id == Membership.user_id)
        .scalar_subquery()
    )
    query = sa.select(
        Membership.id,
        Membership.display_name,
        Membership.email,
        Membership.kind,
        Membership.roles,
        Membership.status,
        Membership.claim,
        Membership.last_activity_at,
        Membership.created_at,
        accounts.label("accounts"),
    ).where(
        *{
            "pending": (Membership.status == "pending",),
            "inactive": (Membership.status == "inactive",),
            "staff": (Membership.status == "active", Membership.kind == "staff"),
        }.get(show, (Membership.status == "active", Membership.kind == "customer"))
    )
    if search.strip():
        pattern = "%" + search.strip()[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(sa.or_(Membership.display_name.ilike(pattern), Membership.email.ilike(pattern)))
    keys = [(Membership.display_name, str), (Membership.id, uuid.UUID)]
    return paginate(db, query, keys, cursor=cursor, descending=False)


def pending(db: Session) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(Membership).where(Membership.status == "pending")) or 0


def get(db: Session, membership_id: uuid.UUID) -> Membership:
    found = db.scalars(sa.select(Membership).where(Membership.id == membership_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def accounts_of(db: Session, user_id: uuid.UUID) -> list[Any]:
    return list(
        db.execute(
            sa.select(Account.id, Account.name, Account.erp_ref)
            .join_from(
                AccountMember,
                Account,
                sa.and_(Account.id == AccountMember.account_id, Account.tenant_id == AccountMember.tenant_id),
            )
            .where(AccountMember.user_id == user_id)
            .order_by(Account.name)
        )
    )


def admit(
    db: Session, portico: Any, membership_id: uuid.UUID, *, account_id: uuid.UUID | None, name: str, erp_ref: str
) -> None:
    """Let somebody in as a customer of an account, or of a new one, and write to them. Raises InvalidError."""
    if account_id is None:
        if not name.strip():
            raise InvalidError(fields={"name": _("Choose an account, or write the name of a new one.")})
        known = (
            db.scalar(sa.select(Account.name).where(Account.erp_ref == erp_ref.strip())) if erp_ref.strip() else None
        )
        if known:
            raise InvalidError(
                fields={
                    "erp_ref": _(
                        "This customer number belongs to ${name}: choose that account.", mapping={"name": known}
                    )
                }
            )
        account_id = service.open_account(db, name=" ".join(name.split())[:200], erp_ref=erp_ref.strip()[:100] or None)
    service.admit(db, membership_id, account_id)
    membership, tenant = get(db, membership_id), db.info["scope"].tenant
    locale = locale_of(tenant, membership.locale)
    queue_mail(
        db,
        portico,
        membership.email,
        ADMITTED.template,
        locale=locale,
        own_words=words_for(db, portico, ADMITTED, locale, {"recipient": membership.display_name}),
        name=membership.display_name,
        link=portico.tenant_url(tenant) + "/",
    )


def invite(db: Session, portico: Any, *, email: str, name: str, role_names: Iterable[str]) -> None:
    """Make somebody staff and mail them the way in. Raises InvalidError, ConflictError, BeyondOwnRightsError."""
    address, chosen = normalise_email(email), list(role_names)
    lock(db)
    _check_roles(db, portico, "staff", chosen)
    known = db.scalar(sa.select(Membership.status).where(Membership.email == address))
    if known in ("active", "pending"):
        raise ConflictError(_("This person is a member already, or has asked to be. Look among the members."))
    service.add_member(db, email=address, name=" ".join(name.split())[:120], kind="staff", roles=chosen)
    asked.leave(db, "staff", email=address, days=INVITE_TTL.days)


def change_roles(db: Session, portico: Any, membership_id: uuid.UUID, role_names: Iterable[str]) -> None:
    """In effect with the person's next request. Raises ConflictError for oneself, BeyondOwnRightsError, InvalidError."""
    chosen = sorted(set(role_names))
    lock(db)
    membership = _changeable(db, portico, membership_id)
    _check_roles(db, portico, membership.kind, chosen)
    before, membership.roles = list(membership.roles), chosen
    db.flush()
    audit.record(
        db, "membership.roles", subject=("user", membership.user_id), before={"roles": before}, after={"roles": chosen}
    )


def deactivate(db: Session, portico: Any, membership_id: uuid.UUID) -> None:
    lock(db)
    _changeable(db, portico, membership_id)
    service.deactivate(db, membership_id)


def _changeable(db: Session, portico: Any, membership_id: uuid.UUID) -> Membership:
    """The member. Of staff, only if the person in scope has, by now, every permission that the member has: what
    customers may do is no rank, and those who look after customers need not be able to do it themselves."""
    scope: Scope = db.info["scope"]
    membership = db.scalars(sa.select(Membership).where(Membership.id == membership_id).with_for_update()).one_or_none()
    if membership is None:
        raise NotFoundError
    if membership.user_id == scope.user_id:
        raise ConflictError(_("You cannot change yourself. Ask another administrator."))
    if membership.status == "active" and membership.kind == "staff":
        _within(db, portico, portico.grants.of(scope.tenant, tuple(membership.roles)))
    return membership


def _check_roles(db: Session, portico: Any, kind: str, chosen: list[str]) -> None:
    known = {role.name for role in roles(db, kind)}
    if not chosen or not set(chosen) <= known:
        raise InvalidError(fields={"roles": _("Choose at least one of the roles that are offered.")})
    # Staff give no right that they do not have; what customers may do is no rank, as in _changeable.
    _within(db, portico, portico.grants.of(db.info["scope"].tenant, tuple(chosen)) if kind == "staff" else ())


def _within(db: Session, portico: Any, permissions: Iterable[str]) -> None:
    """The actor's rights are read anew under the lock: two administrators cannot take each other's away at once."""
    scope: Scope = db.info["scope"]
    own = scope.permissions
    if scope.kind == "staff":
        current = db.execute(
            sa.select(Membership.roles).where(Membership.user_id == scope.user_id, Membership.status == "active")
        ).scalar_one_or_none()
        own = portico.grants.of(scope.tenant, tuple(current or ()))
        if "company:members" not in own:
            raise ForbiddenError
    if not set(permissions) <= own:
        raise BeyondOwnRightsError
