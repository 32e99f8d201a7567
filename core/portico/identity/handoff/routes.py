"""Routes between the portal's own host and a company's."""

from __future__ import annotations

from portico.identity.handoff import views
from portico.identity.onward import CONTINUE
from portico.identity.permissions import PUBLIC, SIGNED_IN
from portico.web.routes import Routes

T = "portico/identity/"


def add_routes(routes: Routes) -> None:
    routes.page(
        "identity.handoff",
        CONTINUE,
        views.proceed,
        permission=SIGNED_IN,
        methods=("GET", "POST"),
        renderer=f"{T}handoff.jinja2",
        rate="sensitive",
    )
    routes.page("identity.handoff_arrive", views.ARRIVE, views.arrive, permission=PUBLIC)
    routes.page(
        "identity.handoff_problem",
        views.ARRIVE + "/problem",
        views.problem,
        permission=PUBLIC,
        renderer=f"{T}handoff_problem.jinja2",
    )
