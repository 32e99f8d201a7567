"""The chooser at the apex, switching, joining and leaving a company."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.branding.brand import brand_of
from portico.errors import ConflictError, NotFoundError
from portico.forms.submission import handle
from portico.identity.onward import safe_next
from portico.identity.permissions import ACCOUNT_ROLES
from portico.identity.schemas import Join, JoinAgain
from portico.tenancy import service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def address(request: Request, row: Any) -> str:
    """Where a company is reached: its own host, or its path on the apex."""
    portico = request.registry.portico
    if row.host is None and request.tenant is None:
        return f"/c/{row.slug}/"
    return str(portico.company_url(row.slug, row.host)) + "/"


def way_to(request: Request, row: Any) -> str:
    """The same for somebody who goes there: at the company's own host, by what lets in who is signed in here."""
    there = address(request, row)
    return f"{there}sign-in" if row.host and request.scope.signed_in else there


def mark(request: Request, row: Any) -> str:
    """Where the company's logo is. Empty without one, and where it is on another host: pages show pictures of
    their own host alone.
    """
    digest = brand_of(row.brand).logo_digest
    if row.host or not digest:
        return ""
    return address(request, row).rstrip("/") + request.route_path("brand.logo", digest=digest).removeprefix(request.script_name)


def chooser(context: None, request: Request) -> dict[str, Any]:
    """All companies that are listed; those one belongs to first, unless it is a company that let one in."""
    own = request.scope.signed_in and not request.scope.of_company
    mine = {row.tenant_id: row for row in service.my_memberships(request.db)} if own else {}
    companies = [
        {
            "name": row.name,
            "slug": row.slug,
            "url": way_to(request, row),
            "brand": row.brand,
            "theme": row.theme,
            "locale": row.locale,
            "locales": dict.fromkeys([row.locale, *row.locales]),
            "currency": row.currency,
            "mark": mark(request, row),
            "signup": row.signup,
            "membership": mine.get(row.id),
        }
        for row in service.directory(request.db)
    ]
    companies.sort(key=lambda one: (one["membership"] is None, one["name"]))
    return {"companies": companies, "memberships": list(mine.values())}


def join(context: None, request: Request) -> Any:
    if request.scope.is_member:
        if request.headers.get("HX-Request"):  # the page of those who wait asks now and then
            return Response(status=204, headers={"HX-Redirect": safe_next(request)})
        return HTTPSeeOther(safe_next(request))

    def ask(values: dict[str, Any]) -> Response:
        service.request_membership(request.db, values["claim"])
        return HTTPSeeOther(request.route_path("identity.join"))

    pending = any(
        row.tenant_id == request.tenant.id and row.status == "pending" for row in service.my_memberships(request.db)
    )
    # A code that was mistyped can be entered anew. Whether it fitted is told by being let in, and in no other way.
    answer = handle(request, JoinAgain() if pending else Join(), ask, submit=_("Enter the code") if pending else _("Ask to join"))
    return {**answer, "pending": pending} if isinstance(answer, dict) else answer


def memberships(context: None, request: Request) -> dict[str, Any]:
    """The companies and organisations of a person, and the way out of each."""
    customer = request.scope.kind == "customer"
    return {
        "memberships": service.my_memberships(request.db),
        "accounts": service.own_accounts(request.db) if customer else [],
        "owned": request.scope.owned,
        "roles": ACCOUNT_ROLES,
        "address": lambda row: way_to(request, row),
    }


def leave_account(context: UUID, request: Request) -> Response:
    try:
        service.leave_account(request.db, context)
    except service.LastOwnerError as error:
        return _stay(request, error)
    flash(request, _("You do not act for this organisation any more."), "info")
    return HTTPSeeOther(request.route_path("identity.memberships"))


def _stay(request: Request, error: ConflictError) -> Response:
    """Back to where it was asked, with the reason why not."""
    flash(request, error.message, "error")
    return HTTPSeeOther(request.route_path("identity.memberships"))


def account_id(request: Request) -> UUID:
    """Context: an id from the path; whether it is the person's, the service checks."""
    return uuid_param(request, "account_id")


def leave(context: None, request: Request) -> Response:
    try:
        service.leave(request.db, uuid_param(request, "tenant_id"))
    except (service.LastOwnerError, service.LastAdministratorError) as error:
        return _stay(request, error)
    flash(request, _("You left this company."), "info")
    return HTTPSeeOther(request.registry.portico.settings.public_url + "/")


def api_companies(context: None, request: Request) -> dict[str, Any]:
    return {
        "items": [
            {"slug": row.slug, "name": row.name, "signup": row.signup, "locale": row.locale}
            for row in service.directory(request.db)
        ]
    }


def api_connect(context: None, request: Request) -> dict[str, Any]:
    if request.matchdict["slug"] != request.tenant.slug:
        raise NotFoundError
    return {"status": service.request_membership(request.db, request.body_data.get("claim") or "")}


def api_memberships(context: None, request: Request) -> dict[str, Any]:
    return {
        "items": [
            {
                "id": row.membership_id,
                "company": row.slug,
                "name": row.name,
                "kind": row.kind,
                "status": row.status,
                "last_activity_at": row.last_activity_at,
            }
            for row in service.my_memberships(request.db)
        ]
    }
