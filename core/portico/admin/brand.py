"""Pages on a company's look and texts, with a preview of what is not saved yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import schemas
from portico.admin.versions import seen_version
from portico.branding import service
from portico.branding.brand import brand_of
from portico.branding.fonts import FONTS
from portico.branding.tokens import brand_css, palette
from portico.errors import InvalidError
from portico.forms.submission import handle, make_form, take
from portico.web.flash import flash
from portico.web.i18n import _


def look(context: None, request: Request) -> Any:
    portico = request.registry.portico

    def save(values: dict[str, Any]) -> Response:
        service.save_look(request.db, portico, values, seen_version(request))
        flash(request, _("Saved. Everybody sees it with their next page."))
        return HTTPSeeOther(request.route_path("admin.brand"))

    answer = handle(
        request,
        _schema(request),
        save,
        initial=service.look(request.tenant),
        name="brand",
        hidden={"version": str(request.tenant.config_version)},
    )
    return {**answer, **_shown(request, request.tenant)} if isinstance(answer, dict) else answer


def texts(context: None, request: Request) -> Any:
    portico = request.registry.portico

    def save(values: dict[str, Any]) -> Response:
        service.save_texts(request.db, portico, values, seen_version(request))
        flash(request, _("Saved. Everybody sees it with their next page."))
        return HTTPSeeOther(request.route_path("admin.texts"))

    schema = schemas.texts_schema(portico.themes.catalogues.languages)
    return handle(
        request,
        schema,
        save,
        initial=service.texts(request.tenant),
        name="texts",
        hidden={"version": str(request.tenant.config_version)},
    )


def preview(context: None, request: Request) -> dict[str, Any]:
    """The fragment beside the form: the unsaved values on real parts of a page; what is wrong with them, if they are."""
    form = make_form(request, _schema(request), name="brand", hidden={"version": ""})
    values = take(request, form)
    if values is None:
        return {"problems": [text for _id, _label, text in form.summary], **_shown(request, request.tenant)}
    try:
        return {"problems": [], **_shown(request, service.draft(request.registry.portico, request.tenant, values))}
    except InvalidError as error:
        return {"problems": list(error.fields.values()) or [error.message], **_shown(request, request.tenant)}


def preview_page(context: None, request: Request) -> dict[str, Any]:
    """A whole page with the unsaved colours and theme, in a window of its own. The logo is the saved one."""
    current = service.look(request.tenant)
    asked = {key: request.GET.get(key, "")[:200] or current[key] for key in ("name", "colour", "accent", "font", "theme")}
    draft = service.draft(request.registry.portico, request.tenant, {**asked, "own_accent": "accent" in request.GET})
    query = _colours(draft)
    # Only for drawing this page: the transaction's scope is what it was.
    request.scope = replace(request.scope, tenant=draft)
    return {"preview_css": query}


def preview_css(context: None, request: Request) -> Response:
    """Variables of two colours and a font, for an element of the class "brand-preview" or, for a whole page, for all of it."""
    brand = brand_of({"colour": request.GET.get("colour"), "accent": request.GET.get("accent"), "font": request.GET.get("font")})
    selector = ":root" if request.GET.get("page") else ".brand-preview"
    response = Response(body=brand_css(brand, selector, preview=True), content_type="text/css", charset="utf-8")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _schema(request: Request) -> colander.MappingSchema:
    return schemas.look_schema(request.registry.portico.themes.themes.values())


def _colours(tenant: Any) -> str:
    brand = brand_of(tenant.brand)
    return urlencode({"colour": brand.colour, "font": brand.font} | ({"accent": brand.accent} if brand.accent else {}))


def _shown(request: Request, tenant: Any) -> dict[str, Any]:
    brand = brand_of(tenant.brand)
    colours = _colours(tenant)
    logo = tenant.brand.get("logo")
    return {
        "draft": tenant,
        "draft_logo": f"data:{logo['type']};base64,{logo['data']}" if logo else "",
        "notes": service.notes(tenant),
        "font_css": FONTS[brand.font].stylesheet,
        "preview_css": colours,
        "light": palette(brand.colour),
        "dark": palette(brand.colour, dark=True),
        "whole_page": colours + "&" + urlencode({"theme": tenant.theme, "name": tenant.name}),
    }
