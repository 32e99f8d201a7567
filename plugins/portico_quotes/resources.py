"""Loads what a path names, or says that it is not there. The wall makes another's record and no record the same."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_quotes import quote_templates, reading


def quote(request: Request) -> Any:
    """The quote's columns with its account's name. Raises NotFoundError."""
    return reading.one(request.db, uuid_param(request, "quote_id"))


def template(request: Request) -> Any:
    """A template with its lines and its account's name. Raises NotFoundError: also for another's own."""
    return quote_templates.one(request.db, uuid_param(request, "quote_template_id"))
