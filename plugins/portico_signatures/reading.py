"""Reads signatures for pages and the API: columns, never entities."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import as_id
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico_signatures.models import Signature

COLUMNS = (
    Signature.id,
    Signature.account_id,
    Signature.site_id,
    Signature.author_id,
    Signature.kind,
    Signature.subject,
    Signature.subject_id,
    Signature.title,
    Signature.version,
    Signature.signer_id,
    Signature.signer,
    Signature.email,
    Signature.name,
    Signature.method,
    Signature.drawing,
    Signature.consent,
    Signature.consent_locale,
    Signature.locale,
    Signature.address,
    Signature.user_agent,
    Signature.signed_at,
    Signature.document_name,
    Signature.document_sha256,
    Signature.content,
    Signature.content_sha256,
    Signature.state,
    Signature.ended_at,
    Signature.ended_why,
    Signature.sealed_sha256,
    Signature.sealed_at,
    Signature.reference,
    Signature.round_id,
)
MOST = 20


def one(db: Session, signature_id: uuid.UUID) -> Any:
    """With the organisation's name as `account`; None: there is none for the person in scope."""
    of_account = sa.and_(Account.tenant_id == Signature.tenant_id, Account.id == Signature.account_id)
    query = sa.select(*COLUMNS, Account.name.label("account")).join(Account, of_account)
    return db.execute(query.where(Signature.id == signature_id)).one_or_none()


def with_others(db: Session, signature: Any) -> Sequence[Any]:
    """All that count beside it, itself among them, in the order in which they were given."""
    if signature.round_id is None:
        return [signature]
    of_account = sa.and_(Account.tenant_id == Signature.tenant_id, Account.id == Signature.account_id)
    query = sa.select(*COLUMNS, Account.name.label("account")).join(Account, of_account)
    query = query.where(Signature.round_id == signature.round_id, Signature.state == signature.state)
    return db.execute(query.order_by(Signature.id).limit(MOST)).all()


def by_subjects(db: Session, references: frozenset[str]) -> Sequence[Any]:
    """Those on records with these ids, the newest first. Other references are passed over."""
    ids = [known for text in references if (known := as_id(text)) is not None]
    if not ids:
        return []
    scope = db.info["scope"]
    columns = (Signature.id, Signature.name, Signature.state, Signature.signed_at)
    query = sa.select(*columns).where(*reach.conditions(reach.kind_of(scope), Signature), Signature.subject_id.in_(ids))
    return db.execute(query.order_by(Signature.id.desc()).limit(MOST), reach.values(scope)).all()
