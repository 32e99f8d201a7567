"""Reads what a path or query string carries; what cannot be meant is simply not there."""

from __future__ import annotations

import uuid

from pyramid.request import Request

from portico.errors import NotFoundError

LONGEST_SECRET = 200


def text_param(request: Request, name: str) -> str:
    """A field of the query or the form as text; "" where it is not there, or is a file."""
    value = request.params.get(name, "")
    return value if isinstance(value, str) else ""


def link_param(request: Request, name: str) -> str:
    """The secret of a link from a mail, as `text_param`. The page in another language is on the same link, also where a form
    brought it (`kept_by_link`)."""
    value = text_param(request, name)
    request.by_link = {name: value[:LONGEST_SECRET]} if value else {}
    return value


def kept_by_link(request: Request) -> dict[str, str]:
    """What else than its query leads to the page of this request."""
    return {name: value for name, value in getattr(request, "by_link", {}).items() if name not in request.GET}


def uuid_param(request: Request, name: str) -> uuid.UUID:
    """The path parameter as an id. Raises NotFoundError: a malformed id names nothing."""
    try:
        return uuid.UUID(request.matchdict[name])
    except ValueError:
        raise NotFoundError from None
