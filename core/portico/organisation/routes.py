"""Every page, action and API resource of customer organisations."""

from __future__ import annotations

from portico.identity.permissions import PUBLIC
from portico.organisation import api, joining, schemas, views
from portico.web.routes import Routes

T, MANAGE = "portico/organisation/", "organisation:manage"
BOTH = ("GET", "POST")
MAILS = ("resend", "invitations", "invitation_resend")
"""Send a mail to somebody."""
ONE = "/organisations/{account_id}"
MEMBER, INVITATION, SITE = f"{ONE}/members/{{member_id}}", f"{ONE}/invitations/{{invitation_id}}", f"{ONE}/sites/{{site_id}}"


def add_routes(routes: Routes) -> None:
    _pages(routes)
    _api(routes)


def _pages(routes: Routes) -> None:
    routes.page(
        "organisation.invitation",
        "/invitation",
        joining.page,
        permission=PUBLIC,
        methods=BOTH,
        rate="sensitive",
        home=True,
        renderer=f"{T}invitation.jinja2",
    )
    routes.page("organisation.home", "/organisation", views.home, permission=MANAGE, renderer=f"{T}home.jinja2")
    for name, pattern, view, context, template in (
        ("detail", ONE, views.detail, views.organisation, "detail"),
        ("invite", f"{ONE}/invite", views.invite, views.organisation, "invite"),
        ("member", MEMBER, views.change, views.member, "member"),
        ("site_new", f"{ONE}/sites/new", views.site_new, views.organisation, "site"),
        ("site", SITE, views.site_edit, views.site, "site"),
    ):
        routes.page(
            f"organisation.{name}",
            pattern,
            view,
            permission=MANAGE,
            context=context,
            methods=("GET",) if name == "detail" else BOTH,
            rate="sensitive" if name == "invite" else None,
            renderer=f"{T}{template}.jinja2",
        )
    for name, pattern, view, context in (
        ("resend", f"{INVITATION}/resend", views.resend, views.invitation),
        ("revoke", f"{INVITATION}/revoke", views.revoke, views.invitation),
        ("remove", f"{MEMBER}/remove", views.remove, views.member),
        ("hand_over", f"{MEMBER}/owner", views.hand_over, views.member),
        ("site_close", f"{SITE}/close", views.site_close, views.site),
    ):
        rate = "sensitive" if name in MAILS else None
        renderer = f"{T}site.jinja2" if name == "site_close" else None
        routes.action(
            f"organisation.{name}", pattern, view, permission=MANAGE, context=context, rate=rate, renderer=renderer
        )


def _api(routes: Routes) -> None:
    s, v = schemas, views
    routes.api(
        "organisations",
        "/organisations",
        api.listing,
        permission=MANAGE,
        response=s.Organisations,
        title="Customer organisations that I manage",
    )
    for name, path, view, method, context, body, response, status, title in (
        ("organisation", ONE, api.get, "GET", v.organisation, None, s.OrganisationAnswer, 200, "People, invitations, sites"),
        ("invitations", f"{ONE}/invitations", api.invite, "POST", v.organisation, s.InvitationBody, s.InvitationAnswer, 201,
         "Invite somebody by mail"),
        ("invitation", INVITATION, api.revoke, "DELETE", v.invitation, None, None, 204, "Revoke an invitation"),
        ("invitation_resend", f"{INVITATION}/resend", api.resend, "POST", v.invitation, None, s.InvitationAnswer, 200,
         "Send an invitation again, with a new link"),
        ("member", MEMBER, api.change, "PUT", v.member, s.MemberBody, s.MemberAnswer, 200, "Role, reach, sites and limit"),
        ("member", MEMBER, api.remove, "DELETE", v.member, None, None, 204, "Remove a colleague"),
        ("member_owner", f"{MEMBER}/owner", api.hand_over, "POST", v.member, None, s.MemberAnswer, 200,
         "Hand the ownership over"),
        ("sites", f"{ONE}/sites", api.site_add, "POST", v.organisation, s.SiteBody, s.SiteAnswer, 201, "Add a site"),
        ("site", SITE, api.site_change, "PUT", v.site, s.SiteBody, s.SiteAnswer, 200, "Change a site"),
        ("site", SITE, api.site_close, "DELETE", v.site, None, None, 204, "Close a site"),
    ):
        routes.api(
            name, path, view, method=method, permission=MANAGE, context=context, body=body, response=response,
            status=status, title=title, idempotent=method == "POST",
            rate="sensitive" if name in MAILS else None,
        )
