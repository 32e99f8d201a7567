"""Routes of a company's own sign-in."""

from __future__ import annotations

from portico.identity.permissions import PUBLIC
from portico.identity.sso import saml_views, service, views
from portico.web.routes import Routes

T = "portico/identity/"


def add_routes(routes: Routes) -> None:
    routes.page("identity.sso_start", "/sign-in/sso", views.begin, permission=PUBLIC)
    routes.page("identity.sso_callback", service.CALLBACK, views.finish, permission=PUBLIC)
    routes.action(
        "identity.saml_answer", service.ACS, saml_views.take_answer, permission=PUBLIC, rate="sensitive", from_elsewhere=True
    )
    routes.page("identity.saml_metadata", service.METADATA, saml_views.metadata, permission=PUBLIC)
    routes.page(
        "identity.sso_problem", "/sign-in/sso/problem", views.problem, permission=PUBLIC, renderer=f"{T}sso_problem.jinja2"
    )
    routes.page(
        "identity.sso_signed_out", "/sign-in/sso/signed-out", views.signed_out, permission=PUBLIC,
        renderer=f"{T}sso_signed_out.jinja2",
    )
    routes.page("identity.sso_leave", "/sign-in/sso/leave", views.leave, permission=PUBLIC)
