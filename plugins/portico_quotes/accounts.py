"""For which customer organisation somebody writes a quote."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import ForbiddenError, NotFoundError
from portico.tenancy.models import Account
from portico_quotes.i18n import _


def own(scope: Any, permission: str) -> uuid.UUID | None:
    """The first of the actor's organisations in which they may do that; None for staff."""
    return next((one for one in scope.accounts if scope.has(permission, one)), None)


def choose(db: Session, account_id: uuid.UUID | None, permission: str = "quotes:edit") -> uuid.UUID:
    """The organisation that a new quote is for: the one asked for, else the actor's own.

    Raises NotFoundError; ForbiddenError where the actor may not do that in the organisation.
    """
    scope = db.info["scope"]
    mine = own(scope, permission)
    if account_id is None and mine is not None:
        return mine
    found = db.scalar(sa.select(Account.id).where(Account.id == account_id)) if account_id else None
    if found is None:
        raise NotFoundError(_("Choose the organisation that the quote is for."))
    if not scope.has(permission, found):
        raise ForbiddenError
    return found
