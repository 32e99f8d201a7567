"""The routes of operators, at the apex only."""

from __future__ import annotations

from typing import Any

from portico.admin import audit
from portico.admin import operator_connections as connections
from portico.admin import operator_sso as sso
from portico.admin import operator_views as views
from portico.identity.permissions import OPERATOR
from portico.web.routes import Routes

T = "portico/operator/"
BOTH = ("GET", "POST")
COMPANY = "/operator/companies/{company_id}"


def add_routes(routes: Routes) -> None:
    def page(name: str, pattern: str, view: Any, template: str, methods: tuple[str, ...] = ("GET",)) -> None:
        routes.page(
            f"operator.{name}",
            pattern,
            view,
            permission=OPERATOR,
            site="apex",
            methods=methods,
            renderer=f"{T}{template}.jinja2",
        )

    def action(name: str, pattern: str, view: Any) -> None:
        routes.action(f"operator.{name}", pattern, view, permission=OPERATOR, site="apex")

    page("home", "/operator", views.home, "home")
    page("companies", "/operator/companies", views.companies, "companies")
    page("company_new", "/operator/companies/new", views.company_new, "company_form", BOTH)
    page("company", COMPANY, views.company, "company")
    page("company_edit", f"{COMPANY}/edit", views.company_edit, "company_form", BOTH)
    page("company_invite", f"{COMPANY}/invite", views.company_invite, "company_invite", BOTH)
    action("company_suspend", f"{COMPANY}/suspend", views.suspend)
    action("company_activate", f"{COMPANY}/activate", views.activate)
    page("connection_new", f"{COMPANY}/connections/new", connections.add, "connection_form", BOTH)
    page("connection_test", f"{COMPANY}/connections/{{connection_id}}", connections.test, "connection_test", BOTH)
    action("connection_sync", f"{COMPANY}/connections/{{connection_id}}/sync", connections.synchronise)
    page("sso", f"{COMPANY}/sso", sso.overview, "sso")
    action("sso_vouch", f"{COMPANY}/sso/domains/{{domain_id}}/vouch", sso.vouch)
    action("sso_release", f"{COMPANY}/sso/release-staff", sso.release_staff)
    page("plugins", "/operator/plugins", views.plugins, "plugins")
    page("jobs", "/operator/jobs", views.jobs, "jobs")
    action("job_retry", "/operator/jobs/{job_id}/retry", views.job_retry)
    action("job_discard", "/operator/jobs/{job_id}/discard", views.job_discard)
    page("audit", "/operator/audit", audit.listing, "audit")
    action("audit_export", "/operator/audit/export", audit.export)
    routes.fragment(
        "operator.audit_verify",
        "/operator/audit/verify",
        audit.verify,
        permission=OPERATOR,
        site="apex",
        renderer="portico/admin/audit_verify.jinja2",
    )
