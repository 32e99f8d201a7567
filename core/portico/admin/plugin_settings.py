"""The page of a plugin's settings, made of what its manifest declares."""

from __future__ import annotations

from functools import partial
from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.versions import seen_version
from portico.errors import NotFoundError
from portico.forms.submission import handle
from portico.forms.widgets import NumberWidget
from portico.pluginhost import settings, toggles
from portico.pluginhost.declared import Setting
from portico.pluginhost.manifest import Manifest
from portico.web import formats
from portico.web.flash import flash
from portico.web.i18n import _, language_name, translate

FEW = 5
"""As many choices as are shown side by side; more make a list to choose from."""
ONE_LINE = 200


def page(context: None, request: Request) -> Any:
    """GET shows what counts now, POST stores it. Only for a plugin that is on and has settings."""
    manifest = _manifest(request)

    def save(values: dict[str, Any]) -> Response:
        now_ = settings.values(request.tenant, manifest)
        wanted = {name: _wanted(value, now_[name]) for name, value in values.items()}
        changed = settings.save(request.db, manifest, wanted, version=seen_version(request))
        flash(request, _("Saved. It counts from now on.") if changed else _("Nothing was changed."))
        return HTTPSeeOther(request.route_path("admin.plugins"))

    answer = handle(
        request,
        _schema(request, manifest),
        save,
        initial=settings.values(request.tenant, manifest),
        name="plugin",
        hidden={"version": str(request.tenant.config_version)},
        cancel_url=request.route_path("admin.plugins"),
    )
    return {**answer, "title": toggles.title(manifest)} if isinstance(answer, dict) else answer


def _wanted(value: Any, now_: Any) -> Any:
    """As it is stored. Texts of languages that the page does not offer stay as they are."""
    if isinstance(value, dict):
        texts = {**now_, **{code: text.strip() for code, text in value.items()}}
        return {code: texts[code] for code in sorted(texts) if texts[code]}
    return sorted(value) if isinstance(value, set) else value


def _manifest(request: Request) -> Manifest:
    plugin = request.matchdict["plugin"]
    manifest = request.registry.portico.plugins.manifests.get(plugin)
    if manifest is None or plugin not in request.tenant.plugins or not manifest.settings:
        raise NotFoundError
    return manifest


def _schema(request: Request, manifest: Manifest) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    for one in manifest.settings.values():
        node = _texts(request, one) if one.type == "texts" else _NODES[one.type](manifest, one)
        node.name, node.title = one.name, toggles.said(manifest, one.title)
        node.description = _help(request, manifest, one)
        schema.add(node)
    return schema


def _help(request: Request, manifest: Manifest, one: Setting) -> str:
    """The manifest's words, and what counts for who sets nothing."""
    language = request.locale_name
    said = partial(translate, language)
    parts = [said(toggles.said(manifest, one.description))] if one.description else []
    usual = None
    if one.type == "integer":
        usual = formats.number(language, one.default)
    elif one.type == "boolean":
        usual = said(_("On") if one.default else _("Off"))
    elif one.choices:
        chosen = one.default if one.type == "list" else [one.default]
        titles = [said(toggles.said(manifest, one.choices[value])) for value in chosen]
        usual = formats.listing(language, titles) if titles else said(_("nothing"))
    if usual is not None:
        parts.append(said(_("Unless you change it: ${value}.", mapping={"value": usual})))
    return " ".join(parts)


def _integer(manifest: Manifest, one: Setting) -> colander.SchemaNode:
    limits = colander.Range(min=one.minimum, max=one.maximum)
    return colander.SchemaNode(colander.Integer(), validator=limits, widget=NumberWidget())


def _boolean(manifest: Manifest, one: Setting) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Boolean(), missing=False, widget=deform.widget.CheckboxWidget())


def _text(manifest: Manifest, one: Setting) -> colander.SchemaNode:
    widget = deform.widget.TextInputWidget() if one.longest <= ONE_LINE else deform.widget.TextAreaWidget(rows=3)
    return colander.SchemaNode(colander.String(), missing="", validator=colander.Length(max=one.longest), widget=widget)


def _texts(request: Request, one: Setting) -> colander.SchemaNode:
    group = colander.MappingSchema(missing={})
    for code in request.tenant.locales:
        widget = deform.widget.TextAreaWidget(rows=3, attributes={"lang": code.replace("_", "-"), "dir": "auto"})
        longest = colander.Length(max=one.longest)
        group.add(
            colander.SchemaNode(
                colander.String(), name=code, title=language_name(code), missing="", validator=longest, widget=widget
            )
        )
    return group


def _choice(manifest: Manifest, one: Setting) -> colander.SchemaNode:
    values = [(value, toggles.said(manifest, text)) for value, text in one.choices.items()]
    widget = deform.widget.RadioChoiceWidget if len(values) <= FEW else deform.widget.SelectWidget
    return colander.SchemaNode(colander.String(), validator=colander.OneOf(list(one.choices)), widget=widget(values=values))


def _list(manifest: Manifest, one: Setting) -> colander.SchemaNode:
    values = [(value, toggles.said(manifest, text)) for value, text in one.choices.items()]
    return colander.SchemaNode(
        colander.Set(),
        missing=(),
        validator=colander.ContainsOnly(list(one.choices)),
        widget=deform.widget.CheckboxChoiceWidget(values=values),
    )


_NODES = {"integer": _integer, "boolean": _boolean, "text": _text, "choice": _choice, "list": _list}
