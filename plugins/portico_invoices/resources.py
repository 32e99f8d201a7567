"""Loads what a path names, within what the reader may see, or says that there is no such thing."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_invoices import reading


def invoice(request: Request) -> Any:
    """The invoice's own row. Raises InvoiceNotFoundError."""
    return reading.invoice(request.db, uuid_param(request, "invoice_id"))
