"""Lets Deform draw its widgets with Jinja2 and the page's theme; replaces Deform's own renderer."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from pyramid.request import Request

from portico.branding.themes import Themes
from portico.forms import fields

WIDGETS = "portico/deform/"


class WidgetRenderer:
    """`textinput` → `portico/deform/textinput.jinja2`; a plugin's own widget names its template in full."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def __call__(self, template: str, **values: Any) -> Markup:
        themes: Themes = self.request.registry.portico.themes
        name = template if "/" in template else WIDGETS + template
        theme = themes.name_for(getattr(getattr(self.request, "tenant", None), "theme", None))
        found = themes.environments[theme].get_template(f"{name}.jinja2")
        return Markup(found.render({**values, "request": self.request, "f": fields}))
