"""Pyramid's security policy: the scope is the identity, default is no, and a refusal leads to where one can go on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from pyramid.security import Allowed, Denied

from portico.errors import ForbiddenError
from portico.identity.permissions import (
    ADMINISTRATION,
    CORE_PERMISSIONS,
    HERE,
    MEMBER,
    OPERATOR,
    OWN_HERE,
    PUBLIC,
    SEEING,
    SIGNED_IN,
)
from portico.tenancy.scope import Scope


def permits(scope: Scope, permission: str, account_id: UUID | None = None) -> bool:
    """The one rule. Anything unknown is refused. account_id: the customer organisation that the record belongs to."""
    if permission == PUBLIC:
        return True
    if scope.session_kind == "personal":  # what it was made for and nothing else: not its person's own pages
        return scope.has(permission, account_id)
    if permission == SIGNED_IN:
        return scope.signed_in and not scope.of_company
    if permission == SEEING:
        return scope.actor_id is not None
    if permission == HERE:
        return scope.signed_in and scope.actor_id is None
    if permission == MEMBER:
        return scope.is_member
    if permission == OWN_HERE:
        return scope.is_member and not scope.of_company
    if permission == OPERATOR:
        return scope.kind == "operator"
    if permission == ADMINISTRATION:
        return scope.is_member and not scope.permissions.isdisjoint(CORE_PERMISSIONS)
    return scope.has(permission, account_id)


def check_place(scope: Scope, permission: str, record: Any) -> None:
    """Ask for the permission once more, in the organisation that a loaded record belongs to. Raises ForbiddenError.

    Somebody may be an owner of one organisation and a viewer of another.
    """
    account_id = getattr(record, "account_id", None)
    if account_id is not None and scope.kind == "customer" and not permits(scope, permission, account_id):
        raise ForbiddenError


class ScopePolicy:
    """ISecurityPolicy."""

    def identity(self, request: Request) -> Scope | None:
        return getattr(request, "scope", None)

    def authenticated_userid(self, request: Request) -> str | None:
        scope = self.identity(request)
        return str(scope.user_id) if scope and scope.user_id else None

    def permits(self, request: Request, context: Any, permission: str) -> Allowed | Denied:
        scope = self.identity(request)
        return Allowed(permission) if scope is not None and permits(scope, permission) else Denied(permission)

    def remember(self, request: Request, userid: str, **kw: Any) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        return []


def _page(request: Request) -> str:
    """The path to come back to: the page that is open; never another site's, nor a fragment of a page."""
    home = request.script_name + "/"
    if request.headers.get("HX-Request"):
        site, path, query = _parts(request.headers.get("HX-Current-URL", ""))
        return home if site != request.host_url or not path.startswith("/") else f"{path}?{query}" if query else path
    return request.path_qs if request.method == "GET" else home


def _parts(address: str) -> tuple[str, str, str]:
    try:
        split = urlsplit(address)
    except ValueError:
        return "", "", ""
    return f"{split.scheme}://{split.netloc}", split.path, split.query


def way_in(request: Request) -> HTTPSeeOther | HTTPForbidden:
    """Where a refused browser goes: to sign-in, to joining the company, or nowhere. The deep link survives."""
    scope: Scope = request.scope
    target = _page(request)
    if scope.gate == "sso":
        return HTTPSeeOther(request.route_path("identity.sso_start") + "?" + urlencode({"next": target}))
    if scope.gate and scope.host is None:
        step = "identity.second_factor" if scope.gate == "second-factor" else "identity.security"
        return HTTPSeeOther(request.route_path(step) + "?" + urlencode({"next": target}))
    if scope.gate or not scope.signed_in:  # what is missing is the person's own, and shown or set up at the portal's own host
        return HTTPSeeOther(request.route_path("identity.sign_in") + "?" + urlencode({"next": target}))
    if scope.tenant is not None and not scope.is_member:
        return HTTPSeeOther(request.route_path("identity.join") + "?" + urlencode({"next": target}))
    return HTTPForbidden()
