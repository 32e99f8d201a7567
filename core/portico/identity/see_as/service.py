"""Opens and ends the view of a customer for somebody of the company's staff."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portico.identity.cookies import hash_token, new_token
from portico.tenancy.models import Membership
from portico.tenancy.scope import Scope
from portico.web.i18n import _

PERMISSION = "company:see-as"
LASTS = dt.timedelta(minutes=15)
SHORTEST_REASON, LONGEST_REASON = 5, 300


class SeeingOnlyError(ForbiddenError):
    code = "seeing-only"
    message = _("You are looking as a customer: nothing can be changed here. End the view to act as yourself.")
    remedy = _(
        "Staff who look at the portal as a customer see it and change nothing, and the customer's own account is not shown. "
        "End the view with the button at the top of the page, and act as yourself."
    )


def begin(db: Session, membership_id: uuid.UUID, reason: str, agent: str) -> str:
    """The token of a session that sees what this customer sees, in the company in scope alone; told once.

    Raises NotFoundError, InvalidError without a reason, ConflictError for somebody who is no active customer.
    """
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    if scope.actor_id is not None:  # no view out of a view
        raise SeeingOnlyError
    words = " ".join(reason.split())
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise InvalidError(fields={"reason": _("Say in a few words why: the customer's company may ask.")})
    found = db.scalars(sa.select(Membership).where(Membership.id == membership_id)).one_or_none()
    if found is None:
        raise NotFoundError
    if found.kind != "customer" or found.status != "active":
        raise ConflictError(_("Only the view of an active customer can be opened."))
    token = new_token()
    session_id = db.scalar(
        sa.select(
            sa.func.session_open(
                found.user_id, hash_token(token), "browser", scope.tenant.id, LASTS, scope.address, agent,
                sa.cast(["see-as"], ARRAY(sa.Text)), False, "", None, None, scope.user_id, scope.host,
            )
        )
    )
    audit.record(
        db, "see-as.began", subject=("user", found.user_id), after={"reason": words, "session": str(session_id)}
    )
    return token


def end(db: Session) -> uuid.UUID | None:
    """Ends the view in scope. The membership that was looked through."""
    scope: Scope = db.info["scope"]
    membership_id = db.scalar(sa.select(Membership.id).where(Membership.user_id == scope.user_id))
    audit.record(db, "see-as.ended", subject=("user", scope.user_id))
    db.execute(sa.select(sa.func.session_end(scope.session_id)))
    return membership_id
