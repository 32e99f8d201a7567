"""Gives e-invoices out: the checked files, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.request import Request
from pyramid.response import Response

from portico.documents.errors import DocumentError
from portico.documents.giving import hand_out, kind_of
from portico.documents.service import Made
from portico.errors import NotFoundError
from portico.files.names import cleaned
from portico.web.i18n import translate
from portico_einvoices import checks
from portico_einvoices.errors import NotArchivalError
from portico_einvoices.i18n import _
from portico_einvoices.models import PASSED

XML, PDF = "application/xml", "application/pdf"
INVOICE_DOCUMENT = "invoices.invoice"


def ubl(request: Request, invoice: Any) -> Response:
    """Raises NotFoundError where it did not pass, or is another by now."""
    found = _passed(request, invoice.id)
    response = hand_out(request, "invoice", invoice.id, Made(_name(request, invoice, "xml"), found.ubl), media_type=XML)
    response.charset = "utf-8"
    return response


def factur_x(request: Request, invoice: Any) -> Response:
    """The portal's own document of the invoice, never the company's, with the XML inside. Raises NotFoundError, DocumentError,
    BusyError."""
    from portico_einvoices import embedding  # a quarter of a second, and nothing for whoever asks for none

    found = _passed(request, invoice.id)
    kind, documents = kind_of(request.db, INVOICE_DOCUMENT), request.registry.portico.documents
    document = kind.make(request.db, invoice, documents.speaker(request.tenant, request.locale_name))
    made = documents.make(request.tenant, request.locale_name, document, request.scope.user_id)
    description = translate(request, _("Invoice ${number} as XML", mapping={"number": invoice.number}))
    try:
        content = embedding.embed(made.content, found.cii, document.date, description)
    except NotArchivalError as error:  # it has characters that no font has
        raise DocumentError("the document is no PDF/A-3") from error
    return hand_out(request, "invoice", invoice.id, Made(_name(request, invoice, "pdf"), content), media_type=PDF)


def _passed(request: Request, invoice_id: UUID) -> Any:
    found = checks.state(request.db, invoice_id)
    if found is None or found.state != PASSED:
        raise NotFoundError
    return found


def _name(request: Request, invoice: Any, extension: str) -> str:
    title = _("E-invoice ${number}", mapping={"number": invoice.number})
    return cleaned(f"{translate(request, title)}.{extension}", extension)
