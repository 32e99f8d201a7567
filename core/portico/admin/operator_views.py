"""Operators' pages: the installation at a glance, companies, plugins, jobs, their own audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.admin import audit as trail
from portico.admin import operator_schemas, operators
from portico.admin.schemas import said_by
from portico.admin.versions import seen_version
from portico.db.types import as_id
from portico.errors import NotFoundError
from portico.files.service import QUOTA_MB
from portico.forms.submission import handle
from portico.jobs import status
from portico.jobs.session import worker_session
from portico.pluginhost import toggles
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def home(context: None, request: Request) -> dict[str, Any]:
    db = request.db
    companies = operators.companies(db)
    with worker_session(request.registry.portico.engine) as jobs:
        figures = status.figures(jobs)
    trouble = [row for row in operators.connections(db) if row.status == "active" and row.last_error]
    return {
        "companies": companies,
        "active": sum(row.status == "active" for row, _counts in companies),
        "customers": sum(counts.customers for _row, counts in companies if counts),
        "pending": sum(counts.pending for _row, counts in companies if counts),
        "figures": figures,
        "trouble": trouble,
        "names": {row.id: row.name for row, _counts in companies},
        "activity": [(row, trail.teller(request).title(row.action)) for row in operators.activity(db)],
        "lineages": request.registry.portico.plugins.lineages(),
    }


def companies(context: None, request: Request) -> dict[str, Any]:
    search, state = request.GET.get("q", "")[:100], request.GET.get("status", "")
    return {"companies": operators.companies(request.db, search, state), "search": search, "status": state}


def company(context: None, request: Request) -> dict[str, Any]:
    company_id = uuid_param(request, "company_id")
    found = operators.get(request.db, company_id)
    theme = request.registry.portico.themes.themes.get(found.theme)  # None: its package is not installed any more
    return {
        "company": found,
        "theme_title": said_by(found.theme, theme.title) if theme else found.theme,
        "counts": operators.counts(request.db, company_id),
        "connections": operators.connections(request.db, company_id),
        "connectors": sorted(request.registry.portico.connections.titles.items()),
        "portal_url": f"{request.registry.portico.settings.public_url.rstrip('/')}/c/{found.slug}/",
    }


def company_new(context: None, request: Request) -> Any:
    portico = request.registry.portico

    def create(values: dict[str, Any]) -> Response:
        company_id = operators.create(portico, request.scope, values)
        flash(request, _("${name} is there. Connect its system next.", mapping={"name": values["name"]}))
        return _to_company(request, company_id)

    schema = operator_schemas.company_schema(portico, request.locale_name, new=True)
    defaults = {
        name for name, manifest in portico.plugins.manifests.items() if manifest.default and manifest.kind == "feature"
    }
    initial = {
        "locale": "en",
        "locales": {"en"},
        "time_zone": "UTC",
        "currency": "EUR",
        "signup": "approval",
        "plugins": defaults,
        "theme": portico.themes.name_for(None),
    }
    return handle(
        request,
        schema,
        create,
        initial=initial,
        submit=_("Add the company"),
        cancel_url=request.route_path("operator.companies"),
    )


def company_edit(context: None, request: Request) -> Any:
    company = operators.get(request.db, uuid_param(request, "company_id"))

    def save(values: dict[str, Any]) -> Response:
        settings = request.registry.portico.settings
        operators.change(request.db, company.id, values, seen_version(request), settings.apex_hosts)
        flash(request, _("Saved. Everybody there sees it with their next page."))
        return _to_company(request, company.id)

    schema = operator_schemas.company_schema(request.registry.portico, request.locale_name, new=False)
    initial = {key: getattr(company, key) for key in operators.EDITED} | {"locales": set(company.locales)}
    initial |= {"host": company.host or "", QUOTA_MB: company.settings.get(QUOTA_MB)}
    answer = handle(
        request,
        schema,
        save,
        initial=initial,
        hidden={"version": str(company.config_version)},
        cancel_url=request.route_path("operator.company", company_id=company.id),
    )
    return {**answer, "company": company} if isinstance(answer, dict) else answer


def company_invite(context: None, request: Request) -> Any:
    company = operators.get(request.db, uuid_param(request, "company_id"))

    def send(values: dict[str, Any]) -> Response:
        operators.invite_admin(request.registry.portico, request.scope, company.id, **values)
        flash(request, _("The invitation is on its way to ${email}.", mapping={"email": values["email"]}))
        return _to_company(request, company.id)

    answer = handle(
        request,
        operator_schemas.invite_schema(),
        send,
        submit=_("Send the invitation"),
        cancel_url=request.route_path("operator.company", company_id=company.id),
    )
    return {**answer, "company": company} if isinstance(answer, dict) else answer


def suspend(context: None, request: Request) -> Response:
    company_id = uuid_param(request, "company_id")
    operators.set_status(request.db, company_id, "suspended")
    flash(request, _("Suspended: its portal is gone for everybody, and nothing of it is lost."))
    return _to_company(request, company_id)


def activate(context: None, request: Request) -> Response:
    company_id = uuid_param(request, "company_id")
    operators.set_status(request.db, company_id, "active")
    flash(request, _("Active again."))
    return _to_company(request, company_id)


def plugins(context: None, request: Request) -> dict[str, Any]:
    host = request.registry.portico.plugins
    return {
        "plugins": host.in_order(),
        "used": operators.plugin_use(request.db),
        "title_of": toggles.title,
        "said": toggles.said,
        "heads": {lineage.name: lineage.head() for lineage in host.lineages()},
    }


def jobs(context: None, request: Request) -> dict[str, Any]:
    before = request.GET.get("before", "")
    with worker_session(request.registry.portico.engine) as db:
        figures, dead = status.figures(db), status.dead_jobs(db, before=as_id(before), limit=50)
    return {
        "figures": figures,
        "dead": dead,
        "names": operators.names(request.db),
        "next": dead[-1].id if len(dead) == 50 else None,
    }


def job_retry(context: None, request: Request) -> Response:
    return _dead_job(request, status.retry_dead, "jobs.retry", _("It is in the queue again."))


def job_discard(context: None, request: Request) -> Response:
    return _dead_job(request, status.discard_dead, "jobs.discard", _("Discarded."))


def _dead_job(request: Request, act: Any, action: str, message: Any) -> Response:
    job_id = uuid_param(request, "job_id")
    with worker_session(request.registry.portico.engine) as db:
        if not act(db, job_id):
            raise NotFoundError
    audit.record(request.db, action, subject=("job", job_id))
    flash(request, message)
    return HTTPSeeOther(request.route_path("operator.jobs"))


def _to_company(request: Request, company_id: UUID) -> Response:
    return HTTPSeeOther(request.route_path("operator.company", company_id=company_id))
