"""Pages on a company's plugins: what is installed, what depends on what, and the switch with its consequences."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from portico.admin.versions import seen_version
from portico.errors import ConflictError
from portico.pluginhost import toggles
from portico.web.flash import flash
from portico.web.i18n import _


def listing(context: None, request: Request) -> dict[str, Any]:
    return {
        "plugins": toggles.states(request.registry.portico.plugins, request.tenant.plugins),
        "titles": lambda manifests: toggles.titles(request.registry.portico, request.locale_name, manifests),
    }


def switch(context: None, request: Request) -> Any:
    """GET says what a switch would entail, POST throws it. A refusal is shown on the same page."""
    portico, plugin = request.registry.portico, request.matchdict["plugin"]
    on = request.POST["on"] == "yes" if "on" in request.POST else plugin not in request.tenant.plugins
    change = toggles.plan(portico.plugins, request.tenant.plugins, plugin, on)
    page = {"change": change, "title_of": toggles.title, "version": request.tenant.config_version, "problem": None}
    if request.method != "POST":
        return page
    try:
        changed = toggles.switch(
            request.db, portico, plugin, on, also=request.POST.get("also") == "yes", version=seen_version(request)
        )
    except ConflictError as error:
        request.response.status_int = error.status
        return {**page, "problem": error.message}
    _tell(request, changed, on)
    return HTTPSeeOther(request.route_path("admin.plugins"))


def _tell(request: Request, changed: list[str], on: bool) -> None:
    portico = request.registry.portico
    names = toggles.titles(portico, request.locale_name, (portico.plugins.manifests[name] for name in changed))
    mapping = {"names": ", ".join(names)}
    if changed and on:
        flash(request, _("Switched on: ${names}. Everybody has it with their next page.", mapping=mapping))
    elif changed:
        flash(request, _("Switched off: ${names}. Its data is kept.", mapping=mapping))
