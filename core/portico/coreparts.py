"""Core's own pages and jobs, added through the same registrar that plugins get."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator

from portico.admin import company_pages, operator_pages, retention
from portico.api import openapi, problems
from portico.api import schemas as api_schemas
from portico.approvals import routes as approval_routes
from portico.audit.jobs import seal
from portico.branding import views as branding
from portico.connections import jobs as connection_jobs
from portico.dashboard import views as dashboard
from portico.files import jobs as file_jobs
from portico.identity import account_api, asked, change_email_views
from portico.identity import api as identity_api
from portico.identity import schemas as identity_schemas
from portico.identity import views as identity
from portico.identity.devices import alerts
from portico.identity.devices import routes as device_routes
from portico.identity.factors import routes as factor_routes
from portico.identity.handoff import routes as handoff_routes
from portico.identity.permissions import HERE, MEMBER, OWN_HERE, PUBLIC, SIGNED_IN
from portico.identity.personal import routes as token_routes
from portico.identity.see_as import views as see_as
from portico.identity.sso import routes as sso_routes
from portico.links import jobs as link_jobs
from portico.notify import choice_views, mailbox
from portico.notify import views as notify
from portico.notify.fan_out import fan_out
from portico.notify.mail import send_mail
from portico.organisation import routes as organisation_routes
from portico.privacy import jobs as privacy_jobs
from portico.privacy import views as privacy
from portico.tenancy import views as tenancy
from portico.web.limits import forget
from portico.web.routes import Routes

T = "portico/"


def includeme(config: Configurator) -> None:
    routes = Routes(config, config.registry.portico.routes, None)
    add_identity(routes)
    factor_routes.add_routes(routes)
    sso_routes.add_routes(routes)
    handoff_routes.add_routes(routes)
    see_as.add_routes(routes)
    device_routes.add_routes(routes)
    change_email_views.add_routes(routes)
    token_routes.add_routes(routes)
    privacy.add_routes(routes)
    add_tenancy(routes)
    organisation_routes.add_routes(routes)
    approval_routes.add_routes(routes)
    add_home(routes)
    choice_views.add_routes(routes)
    account_api.add_routes(routes)
    add_api(routes)
    company_pages.add_routes(routes)
    operator_pages.add_routes(routes)
    if config.registry.portico.settings.demo:
        add_mailbox(routes)


def add_mailbox(routes: Routes) -> None:
    routes.page(
        "demo.mails", "/demo/mail", mailbox.mails, permission=PUBLIC, site="any", renderer=f"{T}demo/mails.jinja2"
    )
    routes.page(
        "demo.mail", "/demo/mail/{mail}", mailbox.mail, permission=PUBLIC, site="any", renderer=f"{T}demo/mail.jinja2"
    )
    routes.page("demo.mail_html", "/demo/mail/{mail}/html", mailbox.mail_html, permission=PUBLIC, site="any")


def add_identity(routes: Routes) -> None:
    both = ("GET", "POST")
    for name, pattern, view, template in (
        ("sign_in", "/sign-in", identity.sign_in, "sign_in"),
        ("register", "/register", identity.register, "register"),
        ("verify", "/verify", identity.verify, "verify"),
        ("forgot", "/forgot", identity.forgot, "forgot"),
        ("reset", "/reset", identity.reset, "reset"),
    ):
        routes.page(
            f"identity.{name}",
            pattern,
            view,
            permission=PUBLIC,
            renderer=f"{T}identity/{template}.jinja2",
            site="any",
            methods=both,
            rate="sensitive",
            home=True,
        )
    routes.page(
        "identity.register_done",
        "/register/done",
        identity.register_done,
        permission=PUBLIC,
        site="any",
        renderer=f"{T}identity/register_done.jinja2",
        home=True,
    )
    routes.action("identity.sign_out", "/sign-out", identity.sign_out, permission=HERE, site="any")
    routes.page(
        "identity.profile",
        "/account",
        identity.profile,
        permission=SIGNED_IN,
        site="any",
        methods=both,
        renderer=f"{T}identity/profile.jinja2",
    )
    routes.page(
        "identity.password",
        "/account/password",
        identity.password,
        permission=SIGNED_IN,
        site="any",
        methods=both,
        renderer=f"{T}identity/password.jinja2",
        rate="sensitive",
    )


def add_tenancy(routes: Routes) -> None:
    routes.page(
        "identity.choose_company",
        "/companies",
        tenancy.chooser,
        permission=PUBLIC,
        site="any",
        renderer=f"{T}identity/choose_company.jinja2",
        home=True,
    )
    routes.page(
        "apex.home", "/", tenancy.chooser, permission=PUBLIC, site="apex", renderer=f"{T}identity/choose_company.jinja2"
    )
    routes.page(
        "identity.join",
        "/join",
        tenancy.join,
        permission=HERE,
        methods=("GET", "POST"),
        renderer=f"{T}identity/join.jinja2",
    )
    routes.page(
        "identity.memberships",
        "/account/companies",
        tenancy.memberships,
        permission=SIGNED_IN,
        site="any",
        renderer=f"{T}identity/memberships.jinja2",
    )
    routes.action(
        "identity.leave_account",
        "/account/organisations/{account_id}/leave",
        tenancy.leave_account,
        permission=OWN_HERE,
        context=tenancy.account_id,
    )
    routes.action("identity.leave", "/companies/{tenant_id}/leave", tenancy.leave, permission=SIGNED_IN, site="any")


def add_home(routes: Routes) -> None:
    routes.page("dashboard.home", "/", dashboard.home, permission=MEMBER, renderer=f"{T}dashboard.jinja2")
    routes.fragment(
        "dashboard.activity",
        "/dashboard/activity",
        dashboard.activity,
        permission=MEMBER,
        renderer=f"{T}activity.jinja2",
    )
    routes.fragment("related.list", "/related", dashboard.related, permission=MEMBER, renderer=f"{T}related.jinja2")
    routes.page("notices.list", "/notices", notify.listing, permission=MEMBER, renderer=f"{T}notices.jinja2")
    routes.fragment(
        "notices.badge", "/notices/badge", notify.badge, permission=MEMBER, renderer=f"{T}notices_badge.jinja2"
    )
    routes.action("notices.follow", "/notices/{notice_id}/follow", notify.follow, permission=MEMBER)
    routes.action("notices.read_all", "/notices/read", notify.read_all, permission=MEMBER)
    routes.page("brand.css", "/brand/{digest}.css", branding.stylesheet, permission=PUBLIC, site="any", rate="anonymous")
    routes.page("brand.favicon", "/brand/{digest}/favicon", branding.favicon, permission=PUBLIC, rate="anonymous")
    routes.page("brand.logo", "/brand/{digest}/logo", branding.logo, permission=PUBLIC, rate="anonymous")


def add_api(routes: Routes) -> None:
    routes.api(
        "token",
        "/auth/token",
        identity_api.token,
        method="POST",
        permission=PUBLIC,
        rate="sensitive",
        home=True,
        body=identity_schemas.TokenRequest,
        response=identity_schemas.TokenAnswer,
        title="Sign in",
    )
    routes.api(
        "refresh",
        "/auth/refresh",
        identity_api.refresh,
        method="POST",
        permission=PUBLIC,
        rate="write",  # its token cannot be guessed, and a hall of scanners comes from one address
        home=True,
        body=identity_schemas.RefreshRequest,
        response=identity_schemas.TokenAnswer,
        title="Renew an access token",
    )
    routes.api(
        "logout",
        "/auth/logout",
        identity_api.logout,
        method="POST",
        permission=SIGNED_IN,
        status=204,
        title="End this session",
    )
    routes.api(
        "companies",
        "/companies",
        tenancy.api_companies,
        permission=PUBLIC,
        response=api_schemas.Companies,
        title="Companies that can be joined",
    )
    routes.api(
        "connect",
        "/companies/{slug}/connect",
        tenancy.api_connect,
        method="POST",
        permission=SIGNED_IN,
        body=api_schemas.Connect,
        response=api_schemas.Connected,
        title="Ask to join this company",
    )
    routes.api(
        "memberships",
        "/memberships",
        tenancy.api_memberships,
        permission=SIGNED_IN,
        response=api_schemas.Memberships,
        title="My memberships",
    )
    routes.api(
        "notices",
        "/notices",
        notify.api_list,
        permission=MEMBER,
        query=api_schemas.NoticeQuery,
        response=api_schemas.NoticePage,
        title="My notices",
    )
    routes.api(
        "notice_read",
        "/notices/{notice_id}/read",
        notify.api_read,
        method="POST",
        permission=MEMBER,
        response=api_schemas.Marked,
        title="Mark a notice read",
    )
    openapi.add_routes(routes)
    problems.add_routes(routes)


def register_core_jobs(portico: Any) -> None:
    jobs = portico.jobs
    jobs.actor("notify.fan_out", fan_out)
    jobs.actor("notify.send_mail", send_mail, max_attempts=12, queue="mail")
    jobs.actor("notify.send_apex_mail", send_mail, max_attempts=12, queue="mail", tenant=False)
    jobs.actor(asked.JOB, asked.answer, queue=asked.QUEUE)
    jobs.actor(asked.APEX_JOB, asked.answer, queue=asked.QUEUE, tenant=False)
    jobs.actor(alerts.JOB, alerts.device_seen)
    jobs.actor(alerts.APEX_JOB, alerts.device_seen, tenant=False)
    jobs.actor("audit.seal", seal, tenant=False)
    jobs.periodic("audit.seal", every_s=10, per="installation")
    jobs.actor(privacy_jobs.WORK, privacy_jobs.work, tenant=False, time_limit_s=300)
    jobs.periodic(privacy_jobs.WORK, every_s=5, per="installation")
    jobs.actor(privacy_jobs.FORGET_MAILS, privacy_jobs.forget_mails, tenant=False)
    jobs.periodic(privacy_jobs.FORGET_MAILS, every_s=86_400, per="installation")
    jobs.actor(retention.JOB, retention.retain)
    jobs.periodic(retention.JOB, every_s=86_400)
    jobs.actor(link_jobs.FORGET, link_jobs.forget)
    jobs.periodic(link_jobs.FORGET, every_s=86_400)
    jobs.actor("limits.forget", forget, tenant=False)
    jobs.periodic("limits.forget", every_s=3600, per="installation")
    file_jobs.register(jobs)
    connection_jobs.register(jobs)
