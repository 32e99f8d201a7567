"""What an agreement must carry before it counts: whoever writes one asks here, and knows no condition."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from portico.db.session import beside_the_record
from portico.errors import NotFoundError
from portico.pluginhost.values import Agreement, AgreementCondition, AgreementKind, AgreementWay


def kind_of(db: Session, name: str) -> AgreementKind:
    """Of the plugins that are on. Raises NotFoundError."""
    found: list[AgreementKind] = db.info["relay"].call("agreement_kinds")
    kind = next((one for one in found if one.name == name), None)
    if kind is None:
        raise NotFoundError
    return kind


def check(db: Session, agreement: Agreement) -> None:
    """Before it is written, or before approval is asked for it. Raises what a condition that is not met raises."""
    with beside_the_record(db):
        for condition in _conditions(db):
            condition.check(db, agreement)


def conclude(db: Session, agreement: Agreement) -> None:
    """After it was written, in the same transaction, which holds its row. Raises as `check`."""
    with beside_the_record(db):
        for condition in _conditions(db):
            condition.conclude(db, agreement)


def ended(db: Session, kind: str, subject_id: UUID, why: str) -> None:
    """An agreement, or what was given for one, counts no more; the caller holds the record's row. why: see AgreementCondition."""
    with beside_the_record(db):
        for condition in _conditions(db):
            condition.ended(db, kind, subject_id, why)


def way(db: Session, kind: str, subject_id: UUID) -> AgreementWay | None:
    """Where what it must carry is given; None: nothing has to be."""
    tenant = db.info["scope"].tenant
    ways = [found for one in _conditions(db) if (found := one.way(tenant, kind, subject_id)) is not None]
    return next((one for one in ways if one.is_required), ways[0] if ways else None)


def _conditions(db: Session) -> list[AgreementCondition]:
    found: list[AgreementCondition] = db.info["relay"].call("agreement_conditions")
    return found
