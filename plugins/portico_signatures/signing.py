"""The ceremony: somebody signs a record in the version and the document that they were shown, and by that agrees to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from portico_signatures import condition, drawing, kept, rounds
from portico_signatures.choices import asks_for_two, consent, is_required, two_from
from portico_signatures.errors import ConsentChangedError, DocumentChangedError, NotOpenError, SignatureRequiredError
from portico_signatures.models import Signature

LONGEST_AGENT = 300


@dataclass(frozen=True)
class Given:
    """What somebody sends who signs. version, document_sha256, consent_sha256: of what they were shown. drawing: JSON, of a drawn
    signature. values: of the kind's fields. ask: for a colleague's approval, with a note, as it is above their limit. signers:
    ids of those who sign after them, in that order."""

    version: int
    document_sha256: str
    consent_sha256: str
    name: str
    method: str = "typed"
    drawing: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    ask: bool = False
    note: str = ""
    signers: tuple[str, ...] = ()


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


def needed(db: Session, terms: Any) -> int:
    """How many have to sign besides whoever begins."""
    least = two_from(db.info["scope"].tenant)
    return 1 if is_required(db.info["scope"].tenant) and asks_for_two(least, terms.amount) else 0


def may_sign(db: Session, kind: AgreementKind, record: Any) -> bool:
    return permits(db.info["scope"], kind.permission, record.account_id)


def sign(db: Session, portico: Any, kind: AgreementKind, record: Any, given: Given, *, locale: str, agent: str) -> UUID:
    """Writes the signature, and with the last agrees to the record or asks approval for that, all or nothing; gives its id.

    record: as `kind.find` gives it. agent: the browser's name for itself. Raises ForbiddenError, NotOpenError,
    DocumentChangedError, ConsentChangedError, NotYourTurnError, InvalidError, DocumentError, BusyError, what storing a file
    raises, and what the kind raises.
    """
    scope = db.info["scope"]
    if not may_sign(db, kind, record):
        raise ForbiddenError
    strokes = drawing.read(given.drawing) if given.method == "drawn" else []
    terms = kind.terms(db, record)
    if not terms.is_open:
        raise NotOpenError
    open_round = rounds.of(db, kind.name, record.id)
    made = document(db, portico, kind, record, open_round.round.locale if open_round else locale)
    if given.version != terms.version or given.document_sha256.lower() != digest(made.content):
        raise DocumentChangedError
    if given.consent_sha256.lower() != consent(scope.tenant, locale, terms.title).sha256:
        raise ConsentChangedError
    file_id = files.take(db, made.name, BytesIO(made.content), record.account_id)  # before anything is locked
    progress = _turn(db, portico, kind, record, given, terms, locale, digest(made.content))
    if progress is not None:
        given = replace(given, values=progress.round.said)
    condition.replace(db, kind.name, record.id, scope.user_id)
    more = {"drawing": strokes, "user_agent": agent[:LONGEST_AGENT], "round_id": progress.round.id if progress else None}
    signature = _written(db, kind, record, given, terms, made, locale, more)
    files.attach(db, file_id, kept.subject(signature))
    if progress is not None and rounds.ask_next(db, progress) is not None:
        return signature.id
    if given.ask:
        kind.ask(db, portico, record, given.version, given.note, given.values)
        return signature.id
    kind.agree(db, record, given.version, given.values)
    if db.scalar(sa.select(Signature.state).where(Signature.id == signature.id)) != condition.AGREED:
        raise SignatureRequiredError  # a kind that asks nobody is not to pass for one that was signed
    return signature.id


def _written(
    db: Session,
    kind: AgreementKind,
    record: Any,
    given: Given,
    terms: Any,
    made: Made,
    locale: str,
    more: Mapping[str, Any],
) -> Signature:
    """The signature of the person in scope, and what the trail says of it. given: with what was said when the round began.
    more: further columns."""
    scope, content = db.info["scope"], {**terms.content, "said": dict(given.values)}
    words = consent(scope.tenant, locale, terms.title)
    signature = Signature(
        id=new_id(),
        **_of_record(kind, record),
        **_of_signer(scope),
        title=str(translate(locale, terms.title)),
        version=terms.version,
        name=" ".join(given.name.split()),
        method=given.method,
        consent=words.text,
        consent_locale=words.locale,
        locale=locale,
        document_name=made.name,
        document_sha256=digest(made.content),
        content=content,
        content_sha256=digest(canonical(content)),
        **more,
    )
    db.add(signature)
    db.flush()
    told = {"signature": str(signature.id), "name": signature.name, "method": signature.method}
    told |= {"document": signature.document_name, "sha256": signature.document_sha256}
    audit.record(db, "signatures.signed", subject=(kind.subject, record.id), after=told)
    return signature


def _of_record(kind: AgreementKind, record: Any) -> dict[str, Any]:
    whose = {"account_id": record.account_id, "site_id": record.site_id, "author_id": record.author_id}
    return {**whose, "kind": kind.name, "subject": kind.subject, "subject_id": record.id}


def _of_signer(scope: Any) -> dict[str, Any]:
    return {
        "signer_id": scope.user_id,
        "signer": scope.user_name,
        "email": scope.user_email,
        "address": scope.address,
    }


def _turn(
    db: Session, portico: Any, kind: AgreementKind, record: Any, given: Given, terms: Any, locale: str, sha256: str
) -> rounds.Progress | None:
    """The round in which this is a signature, begun if several are to sign; None: one signs alone."""
    progress = rounds.of(db, kind.name, record.id, lock=True)
    if progress is None:
        least = needed(db, terms)
        if not given.signers and not least:
            return None
        found = rounds.chosen(rounds.candidates(db, portico, kind, record), given.signers, least)
        title = str(translate(locale, terms.title))
        facts = {"version": terms.version, "title": title, "document_sha256": sha256, "locale": locale}
        facts["said"] = dict(given.values)
        progress = rounds.begin(db, kind, record, found, facts)
    if (progress.round.version, progress.round.document_sha256) != (terms.version, sha256):
        raise DocumentChangedError
    rounds.take_turn(db, progress)
    return progress
