"""What operators do for a company's own sign-in: vouch for a domain, and let staff in again when its provider is away."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import operators
from portico.identity.sso import service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def overview(context: None, request: Request) -> dict[str, Any]:
    company = operators.get(request.db, uuid_param(request, "company_id"))
    with operators.acting(request.registry.portico, request.scope, company.id) as db:
        return {"company": company, "provider": service.provider(db), "domains": service.domains(db)}


def vouch(context: None, request: Request) -> Response:
    company = operators.get(request.db, uuid_param(request, "company_id"))
    with operators.acting(request.registry.portico, request.scope, company.id) as db:
        service.vouch(db, uuid_param(request, "domain_id"))
    flash(request, _("You vouched for this domain."))
    return HTTPSeeOther(request.route_path("operator.sso", company_id=company.id))


def release_staff(context: None, request: Request) -> Response:
    company = operators.get(request.db, uuid_param(request, "company_id"))
    with operators.acting(request.registry.portico, request.scope, company.id) as db:
        service.release_staff(db)
    flash(request, _("Staff of this company may sign in with their passwords again."))
    return HTTPSeeOther(request.route_path("operator.sso", company_id=company.id))
