"""Loads what a path names, within what the reader may see, or says that there is no such thing."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_payments import reading


def payment(request: Request) -> Any:
    """The payment's own row. Raises PaymentNotFoundError."""
    return reading.payment(request.db, uuid_param(request, "payment_id"))
