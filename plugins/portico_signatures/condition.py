"""What a company that wants signatures asks of every agreement, and what becomes of a signature with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import now
from portico.jobs import enqueue
from portico.pluginhost.values import Agreement, AgreementCondition, AgreementWay
from portico.tenancy.tenant import Tenant
from portico_signatures import rounds
from portico_signatures.choices import is_required, two_from
from portico_signatures.errors import SignatureRequiredError, SignersMissingError
from portico_signatures.i18n import _
from portico_signatures.models import Signature

GIVEN, AGREED, VOID = "given", "agreed", "void"
REPLACED = "replaced"
SEAL = "signatures.seal"


def way(tenant: Tenant, kind: str, subject_id: UUID) -> AgreementWay:
    parts = {"agreement_kind": kind, "agreement_id": str(subject_id)}
    return AgreementWay("signatures.sign", parts, _("Sign and accept"), is_required(tenant))


def check(db: Session, agreement: Agreement) -> None:
    """Where nobody has to sign, those who began to sign together still do. Raises SignatureRequiredError, SignersMissingError."""
    tenant = db.info["scope"].tenant
    required = is_required(tenant)
    if required and db.scalar(sa.select(Signature.id).where(*_given(agreement)).limit(1)) is None:
        raise SignatureRequiredError
    if rounds.is_missing(db, agreement, two_from(tenant) if required else 0):
        raise SignersMissingError


def conclude(db: Session, agreement: Agreement) -> None:
    """The signature of whoever agreed counts from now on; others that wait for an approval do not. Raises as `check`."""
    done = db.execute(
        sa.update(Signature)
        .where(*_given(agreement))
        .values(state=AGREED)
        .returning(Signature.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is not None:
        enqueue(db, SEAL, unique=f"{SEAL}:{done.id}", signature_id=str(done.id))
    elif is_required(db.info["scope"].tenant):
        raise SignatureRequiredError
    round_id = rounds.finish(db, agreement)
    if round_id is not None:
        _all_count(db, round_id)
    void(db, agreement.kind, agreement.subject_id, REPLACED, Signature.state == GIVEN)


def _all_count(db: Session, round_id: UUID) -> None:
    db.execute(
        sa.update(Signature)
        .where(Signature.round_id == round_id, Signature.state == GIVEN)
        .values(state=AGREED)
        .execution_options(synchronize_session=False)
    )


def ended(db: Session, kind: str, subject_id: UUID, why: str) -> None:
    rounds.end(db, kind, subject_id, why)
    void(db, kind, subject_id, why, Signature.state.in_((GIVEN, AGREED)))


def replace(db: Session, kind: str, subject_id: UUID, signer_id: UUID) -> None:
    """They sign anew, so what they signed before and waits does not count."""
    void(db, kind, subject_id, REPLACED, Signature.state == GIVEN, Signature.signer_id == signer_id)


def conditions() -> list[AgreementCondition]:
    return [AgreementCondition(way, check, conclude, ended)]


def _given(agreement: Agreement) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Signature.kind == agreement.kind,
        Signature.subject_id == agreement.subject_id,
        Signature.account_id == agreement.account_id,
        Signature.version == agreement.version,
        Signature.signer_id == agreement.person_id,
        Signature.state == GIVEN,
    )


def void(db: Session, kind: str, subject_id: UUID, why: str, *which: Any) -> None:
    rows = db.execute(
        sa.update(Signature)
        .where(Signature.kind == kind, Signature.subject_id == subject_id, *which)
        .values(state=VOID, ended_at=now(), ended_why=why)
        .returning(Signature.id, Signature.subject, Signature.name)
        .execution_options(synchronize_session=False)
    ).all()
    for row in rows:
        after = {"signature": str(row.id), "name": row.name, "why": why}
        audit.record(db, "signatures.voided", subject=(row.subject, subject_id), after=after)
