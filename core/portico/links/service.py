"""Makes, lists, uses and revokes links that are sent by mail. What they open is opened by `portico.links.opening`."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import new_id, now
from portico.errors import ForbiddenError, NotFoundError
from portico.identity.cookies import hash_token, new_token
from portico.links.errors import REVOKED, USED, LinkClosedError
from portico.links.models import ActionLink
from portico.links.terms import LinkTerms
from portico.tenancy.scope import Scope

KEPT_FOR = dt.timedelta(days=90)
"""After its end a link is still told as what it was; then it is forgotten."""
MOST_LISTED = 100
_OPEN = (ActionLink.used_at.is_(None), ActionLink.revoked_at.is_(None))
COLUMNS = (
    ActionLink.id,
    ActionLink.user_id,
    ActionLink.recipient,
    ActionLink.email,
    ActionLink.version,
    ActionLink.made_at,
    ActionLink.expires_at,
    ActionLink.used_at,
    ActionLink.revoked_at,
    ActionLink.revoked_by,
)


def make(db: Session, purpose: str, subject_id: UUID, terms: LinkTerms, *, user_id: UUID, recipient: str, email: str) -> str:
    """The secret of a new link, told once: it is for the person's mail and nobody else."""
    token = new_token()
    db.execute(
        sa.insert(ActionLink).values(
            tenant_id=db.info["scope"].tenant.id,
            id=new_id(),
            account_id=terms.account_id,
            site_id=terms.site_id,
            author_id=terms.author_id,
            purpose=purpose,
            subject_type=terms.subject_type,
            subject_id=subject_id,
            version=terms.version,
            user_id=user_id,
            recipient=recipient,
            email=email,
            token_hash=hash_token(token),
            made_at=now(),
            expires_at=terms.expires_at,
        )
    )
    return token


def of(db: Session, subject_id: UUID) -> list[Any]:
    """Those of a record that whoever is in scope sees, newest first; at most 100. One query."""
    query = sa.select(*COLUMNS).where(ActionLink.subject_id == subject_id)
    return list(db.execute(query.order_by(ActionLink.made_at.desc(), ActionLink.id.desc()).limit(MOST_LISTED)))


def is_open(link: Any, version: int) -> bool:
    """Whether it still opens the record, which is in that version."""
    return link.used_at is None and link.revoked_at is None and link.expires_at > now() and link.version == version


def may_revoke(scope: Scope, link: Any, *, all_of_them: bool) -> bool:
    """all_of_them: the actor may revoke those of others, too."""
    return all_of_them or link.user_id == scope.user_id


def revoke(db: Session, subject_id: UUID, link_id: UUID, *, all_of_them: bool) -> None:
    """Revoking what is at its end already changes nothing. Raises NotFoundError, ForbiddenError."""
    scope: Scope = db.info["scope"]
    found = next((one for one in of(db, subject_id) if one.id == link_id), None)
    if found is None:
        raise NotFoundError
    if not may_revoke(scope, found, all_of_them=all_of_them):
        raise ForbiddenError
    done = db.execute(
        sa.update(ActionLink)
        .where(ActionLink.id == link_id, *_OPEN)
        .values(revoked_at=now(), revoked_by=scope.user_name)
        .returning(ActionLink.subject_type)
        .execution_options(synchronize_session=False)
    ).scalar()
    if done is not None:
        audit.record(db, "links.revoked", subject=(done, subject_id), after={"sent_to": found.email})


def use(db: Session, link_id: UUID) -> None:
    """Once: of many at the same time one goes on, and the others wait until it is done. Raises LinkClosedError."""
    done = db.execute(
        sa.update(ActionLink)
        .where(ActionLink.id == link_id, *_OPEN, ActionLink.expires_at > sa.func.clock_timestamp())
        .values(used_at=now())
        .returning(ActionLink.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:
        row = db.execute(sa.select(ActionLink.revoked_at).where(ActionLink.id == link_id)).one_or_none()
        raise LinkClosedError(REVOKED if row is not None and row.revoked_at else USED)


def forget(db: Session) -> int:
    """Those that ended long ago go. For the periodic job; says how many."""
    gone = sa.delete(ActionLink).where(ActionLink.expires_at < now() - KEPT_FOR).returning(ActionLink.id)
    return len(db.execute(gone).all())
