"""Loads what a path names, or says that it is not there. The wall makes another's record and no record the same."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_quotes import reading


def quote(request: Request) -> Any:
    """The quote's columns with its account's name. Raises NotFoundError."""
    return reading.one(request.db, uuid_param(request, "quote_id"))
