"""Reads what a path or query string carries; what cannot be meant is simply not there."""

from __future__ import annotations

import uuid

from pyramid.request import Request

from portico.errors import NotFoundError


def uuid_param(request: Request, name: str) -> uuid.UUID:
    """The path parameter as an id. Raises NotFoundError: a malformed id names nothing."""
    try:
        return uuid.UUID(request.matchdict[name])
    except ValueError:
        raise NotFoundError from None
