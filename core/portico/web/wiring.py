"""Turns a route's specification into Pyramid views, and gives routes their predicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.views import api_view
from portico.identity.permissions import PUBLIC
from portico.identity.policy import check_place
from portico.web.routes import RouteSpec


class PluginOn:
    """Route predicate: the plugin is on for this company. A switched-off plugin's route does not exist."""

    def __init__(self, plugin: str, config: Configurator) -> None:
        self.plugin = plugin

    def text(self) -> str:
        return f"portico_plugin = {self.plugin}"

    phash = text

    def __call__(self, info: Any, request: Request) -> bool:
        return bool(request.scope.plugin_on(self.plugin))


class SiteIs:
    """Route predicate: below a company, at the apex, or both."""

    def __init__(self, site: str, config: Configurator) -> None:
        self.site = site

    def text(self) -> str:
        return f"portico_site = {self.site}"

    phash = text

    def __call__(self, info: Any, request: Request) -> bool:
        return self.site == "any" or (self.site == "tenant") == (request.scope.tenant is not None)


def add_portico_view(config: Configurator, spec: RouteSpec) -> None:
    """Directive: `config.add_portico_view(spec)`. The route itself is added by the registrar."""
    options: dict[str, Any] = {
        "route_name": spec.name,
        "request_method": spec.method,
        "permission": spec.permission,
        "portico_rate": spec.rate,
        "portico_home": ("public" if spec.permission == PUBLIC else "signed-in") if spec.home else None,
    }
    if spec.kind == "api":
        config.add_view(api_view(spec), portico_api=True, **options)
        return
    config.add_view(page_view(spec), portico_from_elsewhere=spec.from_elsewhere, **options)


def page_view(spec: RouteSpec) -> Callable[..., Any]:
    """Loads the context after the permission was checked: a stranger's deep link leads to sign-in, not to a 404."""

    def view(context: Any, request: Request) -> Any:
        if spec.fresh and not request.scope.elevated:
            raise prove_again(request, spec)
        loaded = spec.context(request) if spec.context else None
        check_place(request.scope, spec.permission, loaded)
        found = spec.view(loaded, request)
        return found if isinstance(found, Response) else page(request, spec.renderer, found)

    view.__name__ = getattr(spec.view, "__name__", "view")
    return view


def page(request: Request, template: str | None, values: Mapping[str, Any] | None) -> Response:
    """What a view gave, drawn by its template, or by that which it named as `request.override_renderer`. There is one kind of
    renderer here, so none is looked for: Pyramid asks its registry for an adapter first, and announces what it will draw,
    2 % of a list page. Raises ValueError for a view that gives no answer and has no template."""
    name = vars(request).pop("override_renderer", None) or template
    if name is None:
        raise ValueError(f"route {request.matched_route.name!r} has no template, and its view gave no answer")
    response = request.response
    response.text = request.registry.portico.themes.render_for(request, name, values or {})
    return response


def prove_again(request: Request, spec: RouteSpec) -> HTTPSeeOther:
    """To the page that asks who sits there, and back: to the page itself, since what was sent to it is not kept; from an action,
    which is no page, to the one that it was on.
    """
    back = request.path_qs if request.method == "GET" else request.path
    if spec.kind == "action":
        came_from = urlsplit(request.referer or "")
        back = came_from.path if came_from.netloc == request.host and came_from.path else request.script_name + "/"
    return HTTPSeeOther(request.route_path("identity.reauthenticate") + "?" + urlencode({"next": back}))


def includeme(config: Configurator) -> None:
    config.add_route_predicate("portico_plugin", PluginOn)
    config.add_route_predicate("portico_site", SiteIs)
    config.add_directive("add_portico_view", add_portico_view)
