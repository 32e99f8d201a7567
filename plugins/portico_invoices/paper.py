"""The paper of an invoice: the one that the company issued where it has one, else a copy made here, marked as such.

A company's own document is given out as it came and noted in the trail; nothing is stamped on it, for its seal or signature would
break, and it is the company's word.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from pyramid.request import Request
from pyramid.response import Response

from portico.connections.client import open_client
from portico.connections.target import NoConnectionError
from portico.documents import giving
from portico.documents.service import Made
from portico.files import names
from portico.web import outside
from portico_erp.errors import ConnectorError
from portico_erp.values import Document

log = logging.getLogger("portico.invoices")
CAPABILITY = "invoice_documents"
TIMEOUT_S = 8.0
"""Somebody waits for a download: after that they get the copy."""
_KINDS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
"""What is a paper. An XML is another thing, which nobody reads."""


def connection(request: Request) -> UUID | None:
    """The company's connection that hands out papers, if it has one."""
    found: UUID | None = request.registry.portico.connections.capable_of(request.tenant, CAPABILITY)
    return found


def send(request: Request, invoice: Any, kind: str) -> Response:
    """The company's own, or else ours (`kind` names its DocumentKind). Raises DocumentError, BusyError."""
    own = _asked(request, invoice)
    if own is None:
        return giving.send(request, kind, invoice)
    made = Made(_name(own), own.content)
    return giving.hand_out(request, "invoice", invoice.id, made, media_type=own.media_type, issued_by="company")


def _asked(request: Request, invoice: Any) -> Document | None:
    connection_id = connection(request)
    if connection_id is None:
        return None
    try:
        found: Document = outside.call(
            request, connection_id, CAPABILITY, "invoice_document", invoice.erp_ref, timeout_s=TIMEOUT_S
        )
    except ConnectorError as error:
        log.info("a copy of an invoice is given out: %s", error)
        return None
    return found if found.media_type in _KINDS else None


def issued(portico: Any, tenant: Any, invoice: Any) -> tuple[str, bytes] | None:
    """The same for a mail, whose attachment is a PDF. Called in a job, with no session open."""
    try:
        client = open_client(portico, tenant.id, CAPABILITY, timeout_s=TIMEOUT_S)
        found: Document = client.invoice_document(invoice.erp_ref)
    except (NoConnectionError, ConnectorError) as error:
        log.info("a mail carries a copy of an invoice: %s", error)
        return None
    return (_name(found), found.content) if found.media_type == "application/pdf" else None


def _name(document: Document) -> str:
    return names.cleaned(document.file_name, _KINDS[document.media_type])


def offered(request: Request) -> bool:
    """Whether the page may promise the company's own document."""
    return connection(request) is not None
