"""Notes what happened to a quote, three times over: its own timeline, the audit trail, and the event that others hear."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.types import new_id, now
from portico_quotes.models import Happening


def note(db: Session, quote: Any, kind: str, *, tell: bool = True, **data: Any) -> None:
    """`kind` without prefix ("submitted"). quote: anything with id, account_id, number. data: JSON-able facts.

    tell: publish it too, as event "quotes.KIND"; False for what concerns nobody but its author.
    """
    scope = db.info["scope"]
    db.execute(
        sa.insert(Happening).values(
            tenant_id=scope.tenant.id,
            id=new_id(),
            account_id=quote.account_id,
            quote_id=quote.id,
            kind=kind,
            actor=scope.user_name if scope.kind != "system" else "",
            data=data,
            at=now(),
        )
    )
    audit.record(db, f"quotes.{kind}", subject=("quote", quote.id), after=data or None)
    if tell:
        events.publish(
            db,
            f"quotes.{kind}",
            account_id=quote.account_id,
            subject=("quote", quote.id),
            data={"number": quote.number or "", **data},
        )


def edited(
    db: Session,
    quote: Any,
    what: str,
    line: Any = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """A step of a draft's author, for the audit trail alone: `what` ("line-added"), to a line or to the quote itself."""
    subject = ("quote_line", line.id) if line is not None else ("quote", quote.id)
    facts = ({"quote": str(quote.id), "item": line.code} if line is not None else {}) | (after or {})
    audit.record(db, f"quotes.{what}", subject=subject, before=before, after=facts or None)


def nudge(db: Session, quote: Any) -> None:
    """Open pages show this quote anew."""
    events.nudge(db, "quotes.changed", account_id=quote.account_id, subject=("quote", quote.id))


def happenings(db: Session, account_id: uuid.UUID, quote_id: uuid.UUID) -> list[Any]:
    """Oldest first, at most 200. One query."""
    query = sa.select(Happening.kind, Happening.actor, Happening.data, Happening.at).where(
        Happening.account_id == account_id, Happening.quote_id == quote_id
    )
    return list(
        reversed(db.execute(query.order_by(Happening.at.desc(), Happening.id.desc()).limit(200)).all())
    )
