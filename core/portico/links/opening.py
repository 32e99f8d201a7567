"""Lets whoever holds a link act as the person it was sent to, for one record and nothing else.

Inside of `opened` the transaction is that person's, narrowed by the database's walls: of records that have a reach, only those
whose key is the record of the link are there (`Scope.only_id`). Outside of it the request is again whoever it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pyramid.request import Request
from pyramid.response import Response

from portico.db.session import take_on
from portico.db.types import now
from portico.errors import DomainError
from portico.identity.cookies import hash_token
from portico.links.errors import EXPIRED, LEFT, REVOKED, UNKNOWN, USED, LinkClosedError
from portico.tenancy.scope import Place, Scope

_OPEN = sa.text("SELECT * FROM link_open(:hash, :purpose)")
LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Opened:
    """The link of a request. strict: the person's sign-in asks for more than a mailbox, so that this link can only show."""

    id: UUID
    subject_id: UUID
    account_id: UUID
    version: int
    expires_at: datetime
    user_id: UUID
    name: str
    strict: bool


@contextmanager
def opened(request: Request, purpose: str, token: str, permissions: frozenset[str]) -> Iterator[Opened]:
    """permissions: the most that the link lets somebody do; they have to have each themselves, in the record's organisation.

    Raises LinkClosedError.
    """
    before: Scope = request.scope
    link, scope = _found(request, purpose, token, permissions)
    _change(request, scope)
    try:
        yield link
    except DomainError:
        _change(request, before)
        raise
    except BaseException:
        _bind(request, before)  # the transaction may be past everything
        raise
    _change(request, before)


def _found(request: Request, purpose: str, token: str, permissions: frozenset[str]) -> tuple[Opened, Scope]:
    before: Scope = request.scope
    row = None
    if before.tenant is not None and 0 < len(token) <= LONGEST_TOKEN:
        hashed = hash_token(token.encode("utf-8", "replace").decode())
        row = request.db.execute(_OPEN, {"hash": hashed, "purpose": purpose}).one_or_none()
    if row is None:
        raise LinkClosedError(UNKNOWN)
    for reason, closed in (
        (LEFT, not row.present),
        (USED, row.used_at is not None),
        (REVOKED, row.revoked_at is not None),
        (EXPIRED, row.expires_at <= now()),
    ):
        if closed:
            raise LinkClosedError(reason, row.subject_id)
    roles = tuple(row.roles)
    rights = request.registry.portico.grants.in_account(before.tenant, roles, row.role) & permissions
    scope = Scope(
        kind="customer",
        tenant=before.tenant,
        user_id=row.user_id,
        user_name=row.name,
        user_email=row.email,
        locale=before.locale,
        colour_mode=before.colour_mode,
        places=(Place(row.account_id, row.role, "own"),),
        roles=roles,
        permissions=rights,
        rights={row.account_id: rights},
        only_id=row.subject_id,
        request_id=before.request_id,
        address=before.address,
        host=before.host,
    )
    found = Opened(
        row.id, row.subject_id, row.account_id, row.version, row.expires_at, row.user_id, row.name, row.strict
    )
    return found, scope


def _change(request: Request, scope: Scope) -> None:
    request.db.flush()
    take_on(request.db, scope)
    _bind(request, scope)


def _bind(request: Request, scope: Scope) -> None:
    request.scope = scope
    request.registry.portico.sessions.bind(request.db, scope)


def closed(request: Request, error: LinkClosedError, page: str) -> Response:
    """The page that says why a link does not open anything, and leads on to `page`, behind the sign-in."""
    values = {"title": error.title, "text": error.message, "page": page}
    html = request.registry.portico.themes.render_for(request, "portico/links/closed.jinja2", values)
    return quiet(Response(text=html, status=error.status))


def quiet(response: Response) -> Response:
    """What stands in this address is nobody else's business."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
