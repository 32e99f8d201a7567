"""Routes of second factors, and of the ways in that need no password."""

from __future__ import annotations

from typing import Any

from portico.identity.factors import views
from portico.identity.permissions import HERE, PUBLIC, SIGNED_IN
from portico.identity.views import open_link, sign_in_link
from portico.web.routes import Routes


def add_routes(routes: Routes) -> None:
    both = ("GET", "POST")
    for name, pattern, view, template in (
        ("second_factor", "/second-factor", views.second_factor, "second_factor"),
        ("passkey_sign_in", "/sign-in/passkey", views.passkey_sign_in, "passkey_sign_in"),
        ("sign_in_link", "/sign-in/link", sign_in_link, "sign_in_link"),
        ("open_link", "/sign-in/link/open", open_link, "open_link"),
    ):
        routes.page(
            f"identity.{name}",
            pattern,
            view,
            permission=PUBLIC,
            renderer=f"portico/identity/{template}.jinja2",
            site="any",
            methods=both,
            rate="sensitive",
            home=True,
        )
    routes.action("identity.leave_gate", "/second-factor/leave", views.leave_gate, permission=PUBLIC, site="any", home=True)
    signed_in: dict[str, Any] = {"permission": SIGNED_IN, "site": "any"}
    routes.page(
        "identity.reauthenticate",
        "/account/prove",
        views.reauthenticate,
        methods=both,
        rate="sensitive",
        renderer="portico/identity/reauthenticate.jinja2",
        permission=HERE,
        site="any",
    )
    routes.page(
        "identity.security",
        "/account/security",
        views.security,
        renderer="portico/identity/security.jinja2",
        **signed_in,
    )
    routes.action(
        "identity.begin_authenticator",
        "/account/security/authenticator",
        views.begin_authenticator,
        fresh=True,
        **signed_in,
    )
    routes.page(
        "identity.authenticator",
        "/account/security/authenticator/{begun_id}",
        views.authenticator,
        context=views.begun_id,
        methods=both,
        fresh=True,
        rate="sensitive",
        renderer="portico/identity/authenticator.jinja2",
        **signed_in,
    )
    routes.page(
        "identity.passkey",
        "/account/security/passkey",
        views.passkey,
        methods=both,
        fresh=True,
        rate="sensitive",
        renderer="portico/identity/passkey.jinja2",
        **signed_in,
    )
    routes.page(
        "identity.recovery_codes",
        "/account/security/recovery-codes",
        views.recovery_codes,
        methods=both,
        fresh=True,
        rate="sensitive",
        renderer="portico/identity/recovery_codes.jinja2",
        **signed_in,
    )
    routes.page(
        "identity.rename_factor",
        "/account/security/factors/{factor_id}/rename",
        views.rename_factor,
        context=views.factor_id,
        methods=both,
        renderer="portico/identity/rename_factor.jinja2",
        **signed_in,
    )
    routes.action(
        "identity.remove_factor",
        "/account/security/factors/{factor_id}/remove",
        views.remove_factor,
        context=views.factor_id,
        fresh=True,
        **signed_in,
    )
