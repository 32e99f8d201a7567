"""The routes of a company's administration."""

from __future__ import annotations

from portico.admin import (
    audit,
    brand,
    connections,
    documents,
    emails,
    home,
    mails,
    members,
    plugin_settings,
    plugins,
    rates,
    retention,
    runs,
    security,
    sso,
)
from portico.identity.permissions import ADMINISTRATION
from portico.web.routes import Routes

T = "portico/admin/"
BOTH = ("GET", "POST")


def add_routes(routes: Routes) -> None:
    routes.page("admin.home", "/admin", home.checklist, permission=ADMINISTRATION, renderer=f"{T}home.jinja2")
    add_brand(routes)
    add_emails(routes)
    add_plugins(routes)
    add_connections(routes)
    add_sync_problems(routes)
    add_members(routes)
    add_roles(routes)
    add_records(routes)


def add_brand(routes: Routes) -> None:
    may = "company:brand"
    routes.page("admin.brand", "/admin/brand", brand.look, renderer=f"{T}brand.jinja2", methods=BOTH, permission=may)
    routes.page("admin.texts", "/admin/texts", brand.texts, renderer=f"{T}texts.jinja2", methods=BOTH, permission=may)
    routes.page(
        "admin.documents",
        "/admin/documents",
        documents.page,
        renderer=f"{T}documents.jinja2",
        methods=BOTH,
        permission=may,
    )
    routes.fragment(
        "admin.brand_preview",
        "/admin/brand/preview",
        brand.preview,
        method="POST",
        renderer=f"{T}brand_preview.jinja2",
        permission=may,
    )
    routes.page(
        "admin.brand_preview_page",
        "/admin/brand/page",
        brand.preview_page,
        renderer=f"{T}brand_preview_page.jinja2",
        permission=may,
    )
    routes.page("admin.brand_preview_css", "/admin/brand/preview.css", brand.preview_css, permission=may)


def add_emails(routes: Routes) -> None:
    may, one = "company:brand", "/admin/emails/{mail_kind}/{mail_locale}"
    routes.page("admin.emails", "/admin/emails", emails.listing, permission=may, renderer=f"{T}emails.jinja2")
    routes.page(
        "admin.email", one, emails.edit, permission=may, context=emails.load, methods=BOTH, renderer=f"{T}email.jinja2"
    )
    routes.fragment(
        "admin.email_preview",
        f"{one}/preview",
        emails.preview,
        method="POST",
        permission=may,
        context=emails.load,
        renderer=f"{T}email_preview.jinja2",
    )
    routes.page("admin.email_frame", f"{one}/frame", emails.frame, permission=may, context=emails.load)
    routes.action("admin.email_reset", f"{one}/reset", emails.reset, permission=may, context=emails.load)
    routes.action(
        "admin.email_test", f"{one}/test", emails.test, permission=may, context=emails.load, rate="sensitive"
    )


def add_plugins(routes: Routes) -> None:
    may = "company:plugins"
    routes.page("admin.plugins", "/admin/plugins", plugins.listing, renderer=f"{T}plugins.jinja2", permission=may)
    routes.page(
        "admin.plugin_switch",
        "/admin/plugins/{plugin}",
        plugins.switch,
        renderer=f"{T}plugin_switch.jinja2",
        methods=BOTH,
        permission=may,
    )
    routes.page(
        "admin.plugin_settings",
        "/admin/plugins/{plugin}/settings",
        plugin_settings.page,
        renderer=f"{T}plugin_settings.jinja2",
        methods=BOTH,
        permission=may,
    )


def add_connections(routes: Routes) -> None:
    may, one = "company:connections", "/admin/connections/{connection_id}"
    routes.page(
        "admin.connections",
        "/admin/connections",
        connections.listing,
        permission=may,
        renderer=f"{T}connections.jinja2",
    )
    routes.page(
        "admin.connection_new",
        "/admin/connections/new",
        connections.add,
        permission=may,
        methods=BOTH,
        renderer=f"{T}connection_form.jinja2",
    )
    routes.page("admin.connection", one, connections.detail, permission=may, renderer=f"{T}connection.jinja2")
    routes.page(
        "admin.connection_edit",
        f"{one}/edit",
        connections.edit,
        permission=may,
        methods=BOTH,
        renderer=f"{T}connection_form.jinja2",
    )
    routes.page(
        "admin.connection_test",
        f"{one}/test",
        connections.test,
        permission=may,
        methods=BOTH,
        renderer=f"{T}connection_test.jinja2",
    )
    routes.page(
        "admin.connection_rate",
        f"{one}/rate",
        rates.edit,
        permission=may,
        methods=BOTH,
        renderer=f"{T}connection_rate.jinja2",
    )
    routes.page("admin.connection_runs", f"{one}/runs", runs.listing, permission=may, renderer=f"{T}connection_runs.jinja2")
    for name, view in (
        ("set_up", connections.set_up),
        ("keep", connections.keep),
        ("sync", connections.synchronise),
        ("pause", connections.pause),
        ("resume", connections.resume),
        ("delete", connections.delete),
        ("trial", runs.trial),
        ("compare", runs.compare),
    ):
        routes.action(f"admin.connection_{name}", f"{one}/{name.replace('_', '-')}", view, permission=may)


def add_sync_problems(routes: Routes) -> None:
    may, one = "company:sync", "/admin/sync-problems/{problem_id}"
    routes.page(
        "admin.sync_problems",
        "/admin/sync-problems",
        connections.sync_problems,
        permission=may,
        renderer=f"{T}sync_problems.jinja2",
    )
    routes.fragment(
        "admin.sync_problem_of", "/admin/sync-problems/of", runs.problems_of, permission=may,
        renderer=f"{T}sync_problem_of.jinja2",
    )  # fmt: skip
    routes.fragment(
        "admin.sync_problem_again", f"{one}/again", runs.try_again, permission=may, method="POST",
        renderer=f"{T}sync_problem_of.jinja2",
    )  # fmt: skip
    routes.action("admin.sync_problems_retry", "/admin/sync-problems/retry", runs.retry_all, permission=may)
    routes.action("admin.sync_problems_dismiss", "/admin/sync-problems/dismiss", runs.dismiss_all, permission=may)
    routes.action("admin.sync_problem_retry", f"{one}/retry", connections.retry_problem, permission=may)
    routes.action("admin.sync_problem_dismiss", f"{one}/dismiss", connections.dismiss_problem, permission=may)


def add_members(routes: Routes) -> None:
    may, one = "company:members", "/admin/members/{membership_id}"
    routes.page("admin.members", "/admin/members", members.listing, permission=may, renderer=f"{T}members.jinja2")
    routes.page("admin.member", one, members.detail, permission=may, methods=BOTH, renderer=f"{T}member.jinja2")
    routes.action("admin.member_deactivate", f"{one}/deactivate", members.deactivate, permission=may)
    routes.page(
        "admin.invite",
        "/admin/invite",
        members.invite,
        permission=may,
        methods=BOTH,
        rate="sensitive",
        renderer=f"{T}invite.jinja2",
    )


def add_roles(routes: Routes) -> None:
    may, one = "company:members", "/admin/roles/{role_id}"
    routes.page("admin.roles", "/admin/roles", members.roles, permission=may, renderer=f"{T}roles.jinja2")
    routes.page(
        "admin.role_new", "/admin/roles/new", members.role_new, permission=may, methods=BOTH, renderer=f"{T}role.jinja2"
    )
    routes.page("admin.role", one, members.role, permission=may, methods=BOTH, renderer=f"{T}role.jinja2")
    routes.action("admin.role_delete", f"{one}/delete", members.role_delete, permission=may)


def add_records(routes: Routes) -> None:
    routes.page(
        "admin.security",
        "/admin/security",
        security.page,
        permission="company:security",
        methods=BOTH,
        fresh=True,
        renderer=f"{T}security.jinja2",
    )
    routes.page(
        "admin.retention",
        "/admin/retention",
        retention.page,
        permission="company:security",
        methods=BOTH,
        renderer=f"{T}retention.jinja2",
    )
    add_sso(routes)
    routes.page("admin.audit", "/admin/audit", audit.listing, permission="company:audit", renderer=f"{T}audit.jinja2")
    routes.action(
        "admin.audit_export", "/admin/audit/export", audit.export, permission="company:audit", rate="sensitive"
    )
    routes.fragment(
        "admin.audit_verify",
        "/admin/audit/verify",
        audit.verify,
        permission="company:audit",
        renderer=f"{T}audit_verify.jinja2",
    )
    routes.page("admin.mails", "/admin/mails", mails.listing, permission="company:mail", renderer=f"{T}mails.jinja2")
    routes.action("admin.mail_retry", "/admin/mails/{mail_id}/retry", mails.retry, permission="company:mail")


def add_sso(routes: Routes) -> None:
    may, one = "company:security", "/admin/sso/domains/{domain_id}"
    routes.page("admin.sso", "/admin/sso", sso.overview, permission=may, renderer=f"{T}sso.jinja2")
    for name, view in (("provider", sso.provider), ("saml", sso.provider_saml), ("rules", sso.rules)):
        routes.page(
            f"admin.sso_{name}",
            f"/admin/sso/{name}",
            view,
            permission=may,
            methods=BOTH,
            fresh=True,
            renderer=f"{T}sso_form.jinja2",
        )
    routes.page("admin.sso_domain_new", "/admin/sso/domains/new", sso.domain_new, permission=may, methods=BOTH, fresh=True,
                renderer=f"{T}sso_form.jinja2")
    routes.action("admin.sso_test", "/admin/sso/test", sso.test, permission=may)
    routes.action("admin.sso_remove", "/admin/sso/remove", sso.remove, permission=may, fresh=True)
    routes.action("admin.sso_domain_check", f"{one}/check", sso.domain_check, permission=may)
    routes.action("admin.sso_domain_remove", f"{one}/remove", sso.domain_remove, permission=may, fresh=True)
    routes.action("admin.sso_unlink", "/admin/sso/people/{identity_id}/unlink", sso.unlink, permission=may, fresh=True)
