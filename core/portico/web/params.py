"""Reads what a path or query string carries; what cannot be meant is simply not there."""

from __future__ import annotations

import uuid

from pyramid.request import Request

from portico.errors import NotFoundError


def text_param(request: Request, name: str) -> str:
    """A field of the query or the form as text; "" where it is not there, or is a file."""
    value = request.params.get(name, "")
    return value if isinstance(value, str) else ""


def uuid_param(request: Request, name: str) -> uuid.UUID:
    """The path parameter as an id. Raises NotFoundError: a malformed id names nothing."""
    try:
        return uuid.UUID(request.matchdict[name])
    except ValueError:
        raise NotFoundError from None
