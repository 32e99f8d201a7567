"""The rules of parcels."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.errors import ForbiddenError
from portico.jobs import enqueue
from stranger_parcels.models import Parcel

KG_PER_LETTER = Decimal("0.25")


def announce(db: Session, contents: str) -> Parcel:
    """A new parcel of the first organisation that the actor acts for. Raises ForbiddenError without one."""
    accounts = db.info["scope"].accounts
    if not accounts:
        raise ForbiddenError
    parcel = Parcel(account_id=accounts[0], contents=contents)
    db.add(parcel)
    db.flush()
    audit.record(db, "stranger_parcels.announce", subject=("parcel", parcel.id), after={"contents": contents})
    enqueue(db, "stranger_parcels.weigh", parcel_id=parcel.id)
    return parcel


def weigh(db: Session, parcel_id: uuid.UUID) -> None:
    """Once: a second run finds it weighed."""
    parcel = db.scalar(sa.select(Parcel).where(Parcel.id == parcel_id, Parcel.weight_kg.is_(None)).with_for_update())
    if parcel is None:
        return
    parcel.weight_kg = KG_PER_LETTER * len(parcel.contents)
    events.publish(
        db,
        "stranger_parcels.weighed",
        account_id=parcel.account_id,
        subject=("parcel", parcel.id),
        data={"contents": parcel.contents},
    )


def listed(db: Session) -> Sequence[Any]:
    """The newest hundred that the actor may see."""
    query = sa.select(Parcel.id, Parcel.contents, Parcel.weight_kg, Parcel.created_at)
    return db.execute(query.order_by(Parcel.id.desc()).limit(100)).all()


def found(db: Session, parcel_id: uuid.UUID) -> Parcel | None:
    return db.scalar(sa.select(Parcel).where(Parcel.id == parcel_id))
