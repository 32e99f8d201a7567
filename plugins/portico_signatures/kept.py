"""What is kept of a signature as files: the document that was signed, and that with the company's signature on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.files.service import Subject
from portico.pluginhost.values import AttachmentKind
from portico_signatures import reading
from portico_signatures.models import Signature

KIND = "signatures.signature"
SUBJECT = (Signature.id, Signature.account_id, Signature.site_id, Signature.author_id)
"""What `subject` needs to know of a signature."""


def kinds() -> list[AttachmentKind]:
    return [AttachmentKind(KIND, "signatures:view", _find, most=4)]


def _find(db: Session, signature_id: UUID) -> Any:
    return reading.one(db, signature_id)


def subject(signature: Any) -> Subject:
    return Subject(
        KIND, "signature", signature.id, signature.account_id, signature.site_id, signature.author_id
    )
