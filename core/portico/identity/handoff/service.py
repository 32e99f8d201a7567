"""Makes the code with which somebody goes on at a company's own host, and the session that it becomes there.

The rules are in the database's functions (docs/decisions/0028): what the origin's session may, and what the company asks for.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.identity.cookies import hash_token, new_token
from portico.tenancy.scope import Scope

TTL = dt.timedelta(seconds=60)


class HandoffRefusedError(Exception):
    """reason: a key of `problems.PROBLEMS`. live: there was something to refuse, which the trail is to have."""

    def __init__(self, reason: str, *, live: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.live = reason, live


def challenge_of(verifier: str) -> str:
    """What the browser that asked shows of its secret (as PKCE's S256, RFC 7636 §4.2)."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def standing(db: Session) -> str:
    """What keeps the session in scope from going on at the company in scope: a key of `problems.PROBLEMS`, or "" nothing."""
    scope: Scope = db.info["scope"]
    return str(db.scalar(sa.select(sa.func.handoff_target(scope.session_id))) or "")


def begin(db: Session, host: str, *, challenge: str) -> str:
    """The code for the company in scope at its own host, told once. Raises HandoffRefusedError."""
    scope: Scope = db.info["scope"]
    code = new_token()
    made = sa.func.handoff_begin(scope.session_id, hash_token(code), host, challenge, TTL)
    if refused := db.scalar(sa.select(made)):
        raise HandoffRefusedError(refused, live=True)
    audit.record(db, "identity.handoff-made", subject=("user", scope.user_id), after={"host": host})
    return code


def take(db: Session, *, code: str, verifier: str, agent: str, place: str) -> str:
    """Use a code at the company's own host in scope. The new session's token, told once. Raises HandoffRefusedError."""
    scope: Scope = db.info["scope"]
    token = new_token()
    row = db.execute(
        sa.text("SELECT * FROM handoff_take(:code, :challenge, :host, :token, :address, :agent, :place)"),
        {
            "code": hash_token(code),
            "challenge": challenge_of(verifier),
            "host": scope.host,
            "token": hash_token(token),
            "address": scope.address,
            "agent": agent,
            "place": place,
        },
    ).one()
    if row.standing:
        raise HandoffRefusedError(row.standing, live=row.live)
    by = (row.user_id, row.email)
    audit.record(db, "identity.handoff-arrived", subject=("user", row.user_id), after={"session": str(row.session_id)}, by=by)
    return token
