"""Themes: one Jinja2 environment each, chosen at every rendering by the tenant; texts follow the reader."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import jinja2
from markupsafe import Markup

from portico.branding import template_globals
from portico.branding.compiling import Generator, PageContext, PageTemplate, drawn
from portico.branding.head import page_head
from portico.branding.icons import Icons
from portico.branding.keptcode import KeptCode
from portico.branding.lookup import SharedCode, Sources, package_folders
from portico.branding.once import drawn_once
from portico.branding.template_globals import Rendering, rendering
from portico.web.abandoned import stop_if_abandoned
from portico.web.catalogues import SOURCE_LANGUAGE, Catalogues, KeptMessages
from portico.web.chrome import Chrome
from portico.web.i18n import language_name, localiser

CORE = "portico"
DEFAULT_THEME = "portico_clear"
SCRIPTS = ("portico/vendor/htmx.min.js", "portico/js/portico.js", "portico/js/live.js")
FRAMEWORK = {"ltr": "portico/vendor/bootstrap.min.css", "rtl": "portico/vendor/bootstrap.rtl.min.css"}
PLAIN = ""  # the core's own templates, for an installation without a theme

log = logging.getLogger(__name__)


class Assets(Protocol):
    """Where browsers load a file of `static/` from."""

    def url(self, path: str) -> str: ...

    def bundle(self, name: str, parts: Iterable[str]) -> None: ...


class ThemeFileError(ValueError):
    """A theme.toml says something that is not understood."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What theme.toml says. Stylesheets are asset paths, loaded between the core's and the brand's."""

    name: str
    title: str = "Plain"
    description: str = ""
    stylesheets: tuple[str, ...] = ()
    navigation: str = "top"
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, folder: Path) -> Theme:
        values = tomllib.loads((folder / "theme.toml").read_text(encoding="utf-8"))
        known = {"title", "description", "stylesheets", "navigation", "options"}
        if unknown := set(values) - known:
            raise ThemeFileError(f"{name}: unknown keys in theme.toml: {', '.join(sorted(unknown))}")
        return cls(name, **{**values, "stylesheets": tuple(values.get("stylesheets", ()))})


class Themes:
    """Renders templates for the web, mails and documents.

    packages and theme_packages are import names; folders may be given instead as name → path.
    """

    def __init__(
        self,
        packages: Iterable[str] | Mapping[str, Path],
        theme_packages: Iterable[str] | Mapping[str, Path],
        *,
        assets: Assets | None = None,
        auto_reload: bool = False,
        kept: KeptCode | None = None,
        kept_messages: KeptMessages | None = None,
    ) -> None:
        self.folders = {**package_folders([CORE]), **_folders(packages), **_folders(theme_packages)}
        chosen = list(theme_packages)
        self.themes = {name: Theme.read(name, self.folders[name]) for name in chosen}
        self.catalogues = Catalogues.load(self.folders, kept_messages)
        self.icons = Icons(self.folders)
        self.asset = assets.url if assets is not None else "/static/{}".format
        if assets is not None:
            self._bundle(assets)
        self.auto_reload = auto_reload
        self.shared = SharedCode(kept)
        self.environments = {name: self._environment(name) for name in [PLAIN, *chosen]}

    def _bundle(self, assets: Assets) -> None:
        """One script for every page; one style sheet for each theme and direction, named as head.jinja2 asks for it."""
        assets.bundle("portico.js", SCRIPTS)
        for name in [PLAIN, *self.themes]:
            for direction, framework in FRAMEWORK.items():
                sheets = (framework, "portico/css/portico.css", *self.theme(name).stylesheets)
                assets.bundle(f"{name or 'plain'}-{direction}.css", sheets)

    def _environment(self, theme: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=Sources(self.folders, self.folders.get(theme)),
            bytecode_cache=self.shared,
            cache_size=-1,
            auto_reload=self.auto_reload,
            autoescape=_escapes,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.context_class = PageContext
        environment.template_class = PageTemplate
        environment.code_generator_class = Generator
        environment.drawn = drawn  # type: ignore[attr-defined]
        template_globals.install(environment, self)
        environment.globals["page_head"] = page_head(environment)
        environment.globals["drawn_once"] = drawn_once(environment)
        return environment

    def compile(self) -> int:
        """Compiles every template of every theme; done before forking, so that processes share the code."""
        count = 0
        for environment in self.environments.values():
            for name in environment.list_templates():
                environment.get_template(name)
                count += 1
        self.shared.keep()
        for locale in self.catalogues.languages:
            language_name(locale)  # reads the language's data: 2 MB that processes share too
        return count

    def name_for(self, wanted: str | None) -> str:
        """The wanted theme, or the default where its package is not installed (any more)."""
        if wanted in self.themes:
            return str(wanted)
        if wanted:
            log.warning("theme is not installed, using the default", extra={"theme": wanted})
        return DEFAULT_THEME if DEFAULT_THEME in self.themes else next(iter(self.themes), PLAIN)

    def theme(self, name: str) -> Theme:
        return self.themes.get(name) or Theme(PLAIN)

    def render(
        self,
        theme_name: str | None,
        template: str,
        *,
        locale: str = SOURCE_LANGUAGE,
        time_zone: str = "UTC",
        request: Any = None,
        over: str | None = None,
        block: str | None = None,
        **values: Any,
    ) -> str:
        """Renders one template in one language; mails and documents have no request.

        over: a template whose blocks stand before the template's own, which they may call by `super()`. block: that of the
        template's blocks alone.
        """
        name = self.name_for(theme_name)
        state = Rendering(localiser(self.catalogues, locale, time_zone), self.theme(name), request)
        token = rendering.set(state)
        try:
            return _drawn(self.environments[name], template, over, block, values)
        finally:
            rendering.reset(token)

    def render_for(self, request: Any, template: str, values: Mapping[str, Any]) -> str:
        """Renders for a request: its tenant's theme, its language, its time zone."""
        stop_if_abandoned()
        scope = getattr(request, "scope", None)
        tenant = getattr(scope, "tenant", None)
        given = {**values, "request": request, "scope": scope, "tenant": tenant, "chrome": Chrome.of(request)}
        name = self.name_for(getattr(tenant, "theme", None))
        zone = getattr(tenant, "time_zone", None) or "UTC"
        state = Rendering(localiser(self.catalogues, request.locale_name, zone), self.theme(name), request)
        token = rendering.set(state)
        try:
            return self.environments[name].get_template(template).render(given)
        finally:
            rendering.reset(token)

    def macro(self, request: Any, template: str, name: str, *arguments: Any, **named: Any) -> Markup:
        """Calls one macro outside a page, for answers that are a single element."""
        theme = self.name_for(getattr(getattr(request, "tenant", None), "theme", None))
        module = self.environments[theme].get_template(template).module
        return Markup(getattr(module, name)(*arguments, **named))


def _drawn(
    environment: jinja2.Environment, name: str, over: str | None, block: str | None, values: Mapping[str, Any]
) -> str:
    template = environment.get_template(name)
    if over is None and block is None:
        return template.render(values)
    # Not `extends`: texts are looked up in the domain of the template that is rendered, and that stays the plugin's.
    context = template.new_context(dict(values))
    for one, function in environment.get_template(over).blocks.items() if over else ():
        context.blocks.setdefault(one, []).insert(0, function)
    whole = "".join(template.root_render_func(context))
    return "".join(context.blocks[block][0](context)) if block else whole


def _folders(packages: Iterable[str] | Mapping[str, Path]) -> dict[str, Path]:
    return dict(packages) if isinstance(packages, Mapping) else package_folders(packages)


def _escapes(template: str | None) -> bool:
    """Everything is HTML but the text parts of mails."""
    return template is None or not template.removesuffix(".jinja2").endswith((".txt", ".subject"))
