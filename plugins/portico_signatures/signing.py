"""The ceremony: somebody signs a record in the version and the document that they were shown, and by that agrees to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import new_id
from portico.documents import giving
from portico.documents.service import Made
from portico.errors import ForbiddenError, NotFoundError
from portico.files import service as files
from portico.identity.policy import permits
from portico.pluginhost.values import AgreementKind
from portico.web.i18n import translate
from portico_signatures import condition, drawing, kept
from portico_signatures.choices import consent
from portico_signatures.errors import DocumentChangedError, NotOpenError, SignatureRequiredError
from portico_signatures.models import Signature

LONGEST_AGENT = 300


@dataclass(frozen=True)
class Given:
    """What somebody sends who signs. version, document_sha256: of what they were shown. drawing: JSON, of a drawn signature.
    values: of the kind's fields. ask: for a colleague's approval, with a note, as it is above their limit."""

    version: int
    document_sha256: str
    name: str
    method: str = "typed"
    drawing: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    ask: bool = False
    note: str = ""


def document(db: Session, portico: Any, kind: AgreementKind, record: Any, locale: str) -> Made:
    """The PDF of the record as it is now. Raises DocumentError, BusyError."""
    of, scope = giving.kind_of(db, kind.document), db.info["scope"]
    speaker = portico.documents.speaker(scope.tenant, locale)
    found = of.find(db, record.id)
    if found is None:
        raise NotFoundError
    made: Made = portico.documents.make(scope.tenant, locale, of.make(db, found, speaker), scope.user_id)
    return made


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON of what was agreed to, the same for the same: keys sorted, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def may_sign(db: Session, kind: AgreementKind, record: Any) -> bool:
    return permits(db.info["scope"], kind.permission, record.account_id)


def sign(db: Session, portico: Any, kind: AgreementKind, record: Any, given: Given, *, locale: str, agent: str) -> UUID:
    """Writes the signature, and agrees to the record or asks approval for that, all or nothing; gives the signature's id.

    record: as `kind.find` gives it. agent: the browser's name for itself. Raises ForbiddenError, NotOpenError,
    DocumentChangedError, InvalidError, DocumentError, BusyError, what storing a file raises, and what the kind raises.
    """
    scope = db.info["scope"]
    if not may_sign(db, kind, record):
        raise ForbiddenError
    strokes = drawing.read(given.drawing) if given.method == "drawn" else []
    terms = kind.terms(db, record)
    if not terms.is_open:
        raise NotOpenError
    made = document(db, portico, kind, record, locale)
    if given.version != terms.version or given.document_sha256.lower() != digest(made.content):
        raise DocumentChangedError
    file_id = files.take(db, made.name, BytesIO(made.content), record.account_id)  # before anything is locked
    content = {**terms.content, "said": dict(given.values)}
    condition.replace(db, kind.name, record.id, scope.user_id)
    signature = Signature(
        id=new_id(),
        account_id=record.account_id,
        site_id=record.site_id,
        author_id=record.author_id,
        kind=kind.name,
        subject=kind.subject,
        subject_id=record.id,
        title=str(translate(locale, terms.title)),
        version=terms.version,
        signer_id=scope.user_id,
        signer=scope.user_name,
        email=scope.user_email,
        name=" ".join(given.name.split()),
        method=given.method,
        drawing=strokes,
        consent=consent(scope.tenant, locale, terms.title),
        locale=locale,
        address=scope.address,
        user_agent=agent[:LONGEST_AGENT],
        document_name=made.name,
        document_sha256=digest(made.content),
        content=content,
        content_sha256=digest(canonical(content)),
    )
    db.add(signature)
    db.flush()
    told = {
        "signature": str(signature.id),
        "name": signature.name,
        "method": signature.method,
        "document": signature.document_name,
        "sha256": signature.document_sha256,
    }
    audit.record(db, "signatures.signed", subject=(kind.subject, record.id), after=told)
    files.attach(db, file_id, kept.subject(signature))
    if given.ask:
        kind.ask(db, portico, record, given.version, given.note, given.values)
        return signature.id
    kind.agree(db, record, given.version, given.values)
    if db.scalar(sa.select(Signature.state).where(Signature.id == signature.id)) != condition.AGREED:
        raise SignatureRequiredError  # a kind that asks nobody is not to pass for one that was signed
    return signature.id
