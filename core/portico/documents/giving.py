"""What pages and the API of plugins answer with, when somebody asks for a document: the PDF, made for them at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from portico import audit
from portico.documents.service import Made
from portico.errors import NotFoundError
from portico.files.names import disposition
from portico.pluginhost.values import DocumentKind

MEDIA_TYPE = "application/pdf"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def kind_of(db: Session, name: str) -> DocumentKind:
    """Of the plugins that are on. Raises NotFoundError."""
    kinds: list[DocumentKind] = db.info["relay"].call("document_kinds")
    found = next((one for one in kinds if one.name == name), None)
    if found is None:
        raise NotFoundError
    return found


def send(request: Request, name: str, record: Any, *, locale: str | None = None) -> Response:
    """The document of a record that the route loaded, behind the wall of whoever asks. locale: None: that of who asks. Raises
    NotFoundError, DocumentError, BusyError."""
    kind, documents = kind_of(request.db, name), request.registry.portico.documents
    written_in = locale or request.locale_name
    speaker = documents.speaker(request.tenant, written_in)
    document = kind.make(request.db, record, speaker)
    made = documents.make(request.tenant, written_in, document, request.scope.user_id)
    return hand_out(request, kind.subject, record.id, made)


def hand_out(
    request: Request, subject: str, record_id: UUID, made: Made, *, media_type: str = MEDIA_TYPE, **told: str
) -> Response:
    """A document whoever made it, and a note in the trail of who was given it. subject: what the trail calls such a record; told:
    what else the note says."""
    _record(request, (subject, record_id), made, told)
    response = Response(body=made.content, content_type=media_type)
    response.headers.update({**HEADERS, "Content-Disposition": disposition(made.name)})
    return response


def _record(request: Request, subject: tuple[str, UUID], made: Made, more: Mapping[str, str]) -> None:
    """Who only looks on has a transaction that cannot write; what they were given is noted beside it."""
    told = {"document": made.name, "sha256": hashlib.sha256(made.content).hexdigest(), **more}
    scope = request.scope
    if scope.actor_id is not None or scope.session_kind == "personal":
        audit.apart(request.registry.portico.sessions, scope, "documents.downloaded", subject=subject, after=told)
    else:
        audit.record(request.db, "documents.downloaded", subject=subject, after=told)
