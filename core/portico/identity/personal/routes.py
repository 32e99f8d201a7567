"""Routes of personal tokens: each is for one company."""

from __future__ import annotations

from portico.identity.permissions import OWN_HERE
from portico.identity.personal import views
from portico.web.routes import Routes


def add_routes(routes: Routes) -> None:
    routes.page(
        "identity.tokens",
        "/account/tokens",
        views.listing,
        permission=OWN_HERE,
        renderer="portico/identity/tokens.jinja2",
    )
    routes.page(
        "identity.token_new",
        "/account/tokens/new",
        views.new,
        permission=OWN_HERE,
        methods=("GET", "POST"),
        fresh=True,
        rate="sensitive",
        renderer="portico/identity/token_new.jinja2",
    )
    routes.action(
        "identity.token_revoke",
        "/account/tokens/{token_id}/revoke",
        views.revoke,
        permission=OWN_HERE,
        context=views.token_id,
    )
