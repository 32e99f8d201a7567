"""Whom a company's provider lets in: a member whom it is sure of, or somebody new whom the company's rules admit.

An address alone links nothing that lives outside of the company. What comes of a sign-in here is a session of this
company for a member of this company; the person's own login, factors, address and name are not touched.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit
from portico.connections.keys import tenant_of
from portico.db.types import new_id, now
from portico.errors import InvalidError, NotFoundError
from portico.identity.email import normalise_email
from portico.identity.service import Person
from portico.identity.sso.models import SsoDomain, SsoIdentity, SsoProvider
from portico.identity.sso.protocol import SsoRefusedError, Who
from portico.tenancy.models import Membership
from portico.tenancy.scope import Scope


def admit(db: Session, provider: SsoProvider, who: Who) -> Person:
    """The member that `who` is. `db` acts for the company. Raises SsoRefusedError.

    Only for confirmed addresses of domains that were proved to be the company's, each time: also when the person is
    known by now.
    """
    email = _address(who)
    _check_domain(db, email)
    known = db.scalars(
        sa.select(SsoIdentity).where(SsoIdentity.issuer == who.issuer, SsoIdentity.subject == who.subject)
    ).one_or_none()
    user_id = known.user_id if known is not None else _by_address(db, who, email)
    membership = None
    if user_id is not None:
        membership = db.scalars(sa.select(Membership).where(Membership.user_id == user_id)).one_or_none()
    if membership is None:
        user_id = _newcomer(db, provider, user_id, email, who)
    elif membership.status == "inactive":
        raise SsoRefusedError("ended")
    elif membership.kind == "customer" and not provider.customers_may:
        raise SsoRefusedError("customers")
    assert user_id is not None
    _remember(db, who, user_id, new=known is None)
    row = db.execute(sa.text("SELECT * FROM sso_person(:user)"), {"user": user_id}).one_or_none()
    if row is None:
        raise SsoRefusedError("ended")
    return Person(user_id, row.email, row.name, row.locale)


def _address(who: Who) -> str:
    try:
        email = normalise_email(who.email)
    except InvalidError:
        raise SsoRefusedError("no-address") from None
    if not who.email_verified:
        raise SsoRefusedError("unverified")
    return email


def _check_domain(db: Session, email: str) -> None:
    proved = sa.select(SsoDomain.id).where(
        SsoDomain.domain == email.rpartition("@")[2], SsoDomain.verified_at.is_not(None)
    )
    if db.scalar(proved) is None:
        raise SsoRefusedError("domain")


def _by_address(db: Session, who: Who, email: str) -> uuid.UUID | None:
    """Somebody with this address, of whom the provider has not spoken yet.

    An address that the provider gave to another person before is not handed on: it may have been given anew.
    """
    row = db.execute(sa.text("SELECT user_id, active FROM user_credentials(:email)"), {"email": email}).one_or_none()
    if row is None:
        return None
    if not row.active:
        raise SsoRefusedError("ended")
    others = sa.select(SsoIdentity.id).where(SsoIdentity.user_id == row.user_id, SsoIdentity.issuer == who.issuer)
    if db.scalar(others) is not None:
        raise SsoRefusedError("another")
    user_id: uuid.UUID = row.user_id
    return user_id


def _newcomer(db: Session, provider: SsoProvider, user_id: uuid.UUID | None, email: str, who: Who) -> uuid.UUID:
    """A membership for somebody who has none here. A login that is made for it has no password and is not confirmed."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    becomes = provider.newcomers
    if not becomes:
        raise SsoRefusedError("unknown")
    if becomes == "customer" and (not provider.customers_may or scope.tenant.signup == "closed"):
        raise SsoRefusedError("customers")
    name = who.name or email.partition("@")[0]
    user_id = user_id or uuid.UUID(
        str(db.scalar(sa.text("SELECT member_provision(:email, :name)"), {"email": email, "name": name}))
    )
    kind = "customer" if becomes == "customer" else "staff"
    db.execute(
        insert(Membership)
        .values(
            tenant_id=scope.tenant.id, id=new_id(), user_id=user_id, kind=kind, roles=[becomes], email=email,
            status="pending" if kind == "customer" else "active", display_name=name,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "user_id"])
    )
    audit.record(db, "sso.person-admitted", subject=("user", user_id), after={"kind": kind, "role": becomes, "email": email})
    if kind == "customer":
        db.info["relay"].call("membership_requested", db=db, user_id=user_id, claim="")
    return user_id


def _remember(db: Session, who: Who, user_id: uuid.UUID, *, new: bool) -> None:
    statement = insert(SsoIdentity).values(
        tenant_id=tenant_of(db), id=new_id(), user_id=user_id, issuer=who.issuer, subject=who.subject
    )
    taken = db.scalar(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "issuer", "subject"],
            set_={"last_used_at": now()},
            where=SsoIdentity.user_id == user_id,
        ).returning(SsoIdentity.id)
    )
    if taken is None:  # two first sign-ins at once, of different people
        raise SsoRefusedError("another")
    if new:
        audit.record(db, "sso.person-linked", subject=("user", user_id), after={"issuer": who.issuer, "subject": who.subject})


def linked(db: Session) -> list[Any]:
    """Who came in by the provider, latest first: id, name, e-mail, last_used_at."""
    return list(
        db.execute(
            sa.select(SsoIdentity.id, Membership.display_name, Membership.email, SsoIdentity.last_used_at)
            .join(
                Membership,
                sa.and_(Membership.tenant_id == SsoIdentity.tenant_id, Membership.user_id == SsoIdentity.user_id),
            )
            .order_by(SsoIdentity.last_used_at.desc(), SsoIdentity.id)
            .limit(50)
        )
    )


def unlink(db: Session, identity_id: uuid.UUID) -> None:
    """Forget who somebody is at the provider: their next sign-in is judged by the address anew. Raises NotFoundError."""
    found = db.scalars(sa.select(SsoIdentity).where(SsoIdentity.id == identity_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError
    audit.record(db, "sso.person-unlinked", subject=("user", found.user_id), before={"subject": found.subject})
    db.delete(found)
    db.flush()
