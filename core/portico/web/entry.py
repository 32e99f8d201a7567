"""Opens a request: which company, who, with what rights; one query, before anything else touches the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.db.direct import Direct
from portico.errors import ReadOnlyTokenError
from portico.identity.cookies import clear_view_cookie, session_token_hash, view_token
from portico.identity.see_as.service import PERMISSION, SeeingOnlyError
from portico.identity.tokens import bearer_session, personal_token_hash
from portico.tenancy.scope import Kind, Place, Scope
from portico.tenancy.tenant import Tenant
from portico.web.catalogues import SOURCE_LANGUAGE
from portico.web.i18n import LANGUAGE_COOKIE, negotiate, remember_language, remembered
from portico.web.prefix import REFUSED
from portico.web.refusals import words_for

ENTER = Direct("SELECT * FROM enter(:token, :session, :kind, :host, :slug, :known, :strict)")
_PREFIX = re.compile(r"^/c/([a-z0-9-]{1,40})$")
API = "/api/"
READING = ("GET", "HEAD", "OPTIONS")
READ_ONLY = sa.text("SET LOCAL transaction_read_only = on")
NO_ROLE = sa.text("RESET ROLE")
END_OF_VIEW = "/see-as/end"


def entry_tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """A tween under EXCVIEW: what it raises is still drawn as a page."""

    def tween(request: Request) -> Response:
        scope = enter(request)
        if scope.actor_id is not None and not changes_nothing(request):
            after = {"method": request.method, "path": request.path_info[:200]}
            audit.apart(registry.portico.sessions, scope, "see-as.refused", subject=("user", scope.user_id), after=after)
            raise SeeingOnlyError
        if scope.session_kind == "personal" and request.method not in READING:
            raise ReadOnlyTokenError
        if refused := request.environ.get(REFUSED):  # in front of us; here the company and the person are known
            raise words_for(refused)
        return handler(request)

    return tween


def enter(request: Request) -> Scope:
    """Resolve and set the request's scope. Raises HTTPNotFound for a company or a host that is unknown."""
    # Until the database has answered, whatever goes wrong is drawn for a stranger at the apex: in English first, since
    # reading the wished-for language reads the query string, which may itself be what is wrong.
    stranger = bind(request, Scope(request_id=request.request_id, address=request.client_addr or ""))
    try:
        return _entered(request)
    except Exception:
        if request.scope is stranger:
            bind(request, replace(stranger, locale=language(request, None)))
        raise


def _entered(request: Request) -> Scope:
    slug, host = address_of(request)
    kind = "slug" if slug else "host"
    request.seeing = not request.path_info.startswith(API) and view_token(request) is not None
    scope = bind(request, _resolved(request, kind, slug, host))
    if request.seeing and (scope.actor_id is None or PERMISSION not in scope.actor_permissions):
        # Over, or of another company: staff are themselves again.
        request.seeing = False
        request.db.execute(NO_ROLE)
        scope = bind(request, _resolved(request, kind, slug, host))
        request.add_response_callback(_forget_view if scope.signed_in and scope.tenant is not None else lambda *_all: None)
    # The database refuses whatever would still try to write.
    if scope.session_kind == "personal" or (scope.actor_id is not None and request.path_info != END_OF_VIEW):
        request.db.execute(READ_ONLY)
    return scope


def enter_by(request: Request, slug: str, shown: dict[str, Any], host: str | None) -> Scope:
    """For an address that says itself which session it is for: `shown` is as `credentials` gives it, `host` where that session
    is good. Whoever looks as a
    customer does so as long as they may; others who are no member here are no member. Raises HTTPNotFound."""
    scope = bind(request, _resolved(request, "slug", slug, host, shown))
    if scope.actor_id is not None and PERMISSION not in scope.actor_permissions:
        raise HTTPNotFound("no such session")
    return scope


def _resolved(
    request: Request, kind: str, slug: str | None, host: str | None, shown: dict[str, Any] | None = None
) -> Scope:
    portico, address = request.registry.portico, slug or host
    rows = ENTER.rows(
        request.db,
        (credentials(request) if shown is None else shown)
        | {
            "strict": not portico.settings.demo,
            "host": host,
            "slug": slug,
            "known": portico.tenants.known_version(kind, address) if address else None,
        },
    )
    if not rows:
        raise HTTPNotFound("no such company")
    [row] = rows
    tenant = None
    if row.tenant_id is not None:
        tenant = (
            portico.tenants.store(kind, address, row.snapshot)
            if row.snapshot is not None
            else portico.tenants.held(row.tenant_id)
        )
    return scope_of(request, row, tenant, host)


def changes_nothing(request: Request) -> bool:
    """Whether somebody who looks as a customer may send this: what reads, and the end of looking."""
    return request.method in READING or request.path_info == END_OF_VIEW


def _forget_view(request: Request, response: Response) -> None:
    clear_view_cookie(request, response)


def credentials(request: Request) -> dict[str, Any]:
    """What the request shows of who sends it: a cookie for pages, a bearer token for the API, never the other way."""
    if not request.path_info.startswith(API):
        return {"token": session_token_hash(request), "session": None, "kind": "browser"}
    personal = personal_token_hash(request)
    return {"token": personal, "session": None if personal else bearer_session(request), "kind": "personal"}


def bind(request: Request, scope: Scope) -> Scope:
    request.scope = scope
    request.tenant = scope.tenant
    request.registry.portico.sessions.bind(request.db, scope)
    request.relay = request.db.info["relay"]
    return scope


def scope_of(request: Request, row: Any, tenant: Tenant | None, host: str | None = None) -> Scope:
    kind: Kind = "public"
    if row.user_id is not None:
        kind = row.member_kind or ("operator" if tenant is None and row.is_operator else "user")
    roles = tuple(row.roles or ())
    permissions = _granted(request, tenant, roles)
    places = tuple(place_of(one) for one in row.places or ())
    grants = request.registry.portico.grants
    rights = {one.account_id: grants.in_account(tenant, roles, one.role) for one in places} if tenant else {}
    if row.session_scopes is not None:  # a personal token may do what it was made for, and what the person still may
        only = frozenset(row.session_scopes)
        permissions, rights = permissions & only, {account: granted & only for account, granted in rights.items()}
    preferred = (request.GET.get("lang"), remembered(request.cookies, LANGUAGE_COOKIE), row.user_locale)
    return Scope(
        kind=kind,
        tenant=tenant,
        user_id=row.user_id,
        user_name=row.user_name or "",
        user_email=row.user_email or "",
        locale=language(request, tenant, preferred),
        colour_mode=row.colour_mode or "system",
        session_id=row.session_id,
        places=places,
        roles=roles,
        permissions=permissions.union(*rights.values()),
        rights=rights,
        second_factor=bool(row.second_factor),
        is_operator=bool(row.is_operator),
        gate=row.gate or "",
        pending_user_id=row.pending_user,
        elevated_at=row.elevated_at,
        session_kind=row.session_kind or "",
        methods=tuple(row.session_methods or ()),
        actor_id=row.actor_id,
        actor_name=row.actor_name or "",
        actor_email=row.actor_email or "",
        actor_permissions=_granted(request, tenant, row.actor_roles),
        request_id=request.request_id,
        address=request.client_addr or "",
        host=host,
    )


def _granted(request: Request, tenant: Tenant | None, roles: Iterable[str] | None) -> frozenset[str]:
    named = tuple(roles or ())
    found: frozenset[str] = request.registry.portico.grants.of(tenant, named) if tenant and named else frozenset()
    return found


def place_of(told: dict[str, Any]) -> Place:
    """As the database's `enter` tells it."""
    sites = tuple(UUID(one) for one in told["sites"])
    return Place(UUID(told["account"]), told["role"], told["reach"], sites)


def language(request: Request, tenant: Tenant | None, preferred: Iterable[str | None] = ()) -> str:
    """What the person chose, else what the browser asks for, else the company's own; within what is offered."""
    if tenant is not None:
        offered = [tenant.locale, *(one for one in tenant.locales if one != tenant.locale)]
    else:
        known = request.registry.portico.themes.catalogues.languages
        offered = sorted(known, key=lambda code: code != SOURCE_LANGUAGE)
    remember_language(request, offered)
    return negotiate(preferred, request.headers.get("Accept-Language"), offered)


def address_of(request: Request) -> tuple[str | None, str | None]:
    """(slug, host): the slug on the apex host's path, or a company's own host, or neither at the apex.

    The prefix was moved to SCRIPT_NAME in front of the application; nothing that a form or header says counts.
    """
    host = request.host.lower()
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name in request.registry.portico.settings.apex_hosts:
        found = _PREFIX.match(request.script_name or "")
        return (found[1] if found else None), None
    return None, name
