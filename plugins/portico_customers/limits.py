"""How often claim codes may be tried, so that they cannot be guessed. The asker never learns that a limit was reached."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.tenancy.scope import Scope
from portico.web.limits import network_of

_DAY = dt.timedelta(days=1)
PER_PERSON, PER_ADDRESS = 5, 20


def may_try(db: Session) -> bool:
    """Counts a try of the person in scope, whatever becomes of it: 5 a day each, 20 a day from one network address."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    keys = [(f"customers.claim:{scope.tenant.id}:{scope.user_id}", PER_PERSON)]
    if scope.address:
        keys.append((f"customers.claim:{scope.tenant.id}:{network_of(scope.address)}", PER_ADDRESS))
    counted = [((db.scalar(sa.select(sa.func.rate_hit(key, _DAY))) or 0), most) for key, most in keys]
    return all(hits <= most for hits, most in counted)
