"""What every template may call: texts, formats, links, icons; bound to the reader by one context variable."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape
from translationstring import TranslationString

from portico.branding.compiling import name_only
from portico.branding.lookup import UNTHEMED
from portico.branding.tokens import brand_digest, brand_of, palette
from portico.web import links, units
from portico.web.catalogues import CORE, Forms, Key, Language
from portico.web.chrome import Chrome
from portico.web.i18n import Localiser, direction, language_name
from portico.web.links import path_to

if TYPE_CHECKING:
    from portico.branding.themes import Theme, Themes


@dataclass(frozen=True, slots=True)
class Rendering:
    """One rendering under way. Macros see no template variables, so what they need of the reader is here."""

    localiser: Localiser
    theme: Theme
    request: Any = None


rendering: ContextVar[Rendering] = ContextVar("portico_rendering")


def _domain(context: Context) -> str:
    return _domain_of(context.name or CORE)


@lru_cache(maxsize=1024)
def _domain_of(template: str) -> str:
    """A template's texts belong to the package whose folder it is in."""
    return template.removeprefix(UNTHEMED).partition("/")[0]


@lru_cache(maxsize=4096)
def _texts(language: Language, template: str) -> dict[Key, Forms]:
    return language.seen_from(_domain_of(template))


@name_only
@jinja2.pass_context
def underscore(context: Context, message: str, **variables: Any) -> str:
    """`_("Hello %(name)s", name=…)`. Escaped like any string: a text from data is safe here too."""
    speaker = rendering.get().localiser
    if isinstance(message, TranslationString):
        return speaker.translate(message)
    forms = _texts(speaker.language, context.name or CORE).get(message)
    text = forms[0] if forms else message
    if not variables:
        return text
    if any(hasattr(value, "__html__") for value in variables.values()):
        return Markup(escape(text)) % variables
    return text % variables


@name_only
@jinja2.pass_context
def _gettext(context: Context, message: str) -> str:
    return rendering.get().localiser.language.gettext(message, _domain(context))


@name_only
@jinja2.pass_context
def _ngettext(context: Context, singular: str, plural: str, number: int) -> str:
    return rendering.get().localiser.language.ngettext(singular, plural, number, _domain(context))


@name_only
@jinja2.pass_context
def _pgettext(context: Context, meaning: str, message: str) -> str:
    return rendering.get().localiser.language.gettext(message, _domain(context), meaning)


@name_only
@jinja2.pass_context
def _npgettext(context: Context, meaning: str, singular: str, plural: str, number: int) -> str:
    return rendering.get().localiser.language.ngettext(singular, plural, number, _domain(context))


def format_money(amount: Decimal | int | str, currency: str) -> str:
    return rendering.get().localiser.money(amount, currency)


def format_change(amount: Decimal | int | str, currency: str) -> str:
    """A difference in money, with its sign."""
    return rendering.get().localiser.change(amount, currency)


def format_number(value: Decimal | int | str, decimals: int = 0) -> str:
    return rendering.get().localiser.number(value, decimals)


def unit_name(unit: str, quantity: Decimal | int = 1) -> str:
    """What the reader's language calls so much of a unit: "pieces"; the company's own word if it is not known."""
    return units.name(rendering.get().localiser.language, unit, quantity)


def format_editable(value: Decimal | int | str) -> str:
    """A number for a field that people change: without groups."""
    return rendering.get().localiser.editable(value)


def format_percent(share: Decimal | int | str) -> str:
    return rendering.get().localiser.percent(share)


def format_date(value: date | datetime) -> str:
    return rendering.get().localiser.date(value)


def format_datetime(moment: datetime) -> str:
    return rendering.get().localiser.datetime(moment)


def format_time(moment: datetime) -> str:
    return rendering.get().localiser.time(moment)


def relative_time(moment: datetime) -> str:
    return rendering.get().localiser.relative(moment)


def format_list(words: list[str]) -> str:
    return rendering.get().localiser.listing(words)


def url(route: str, **parts: Any) -> str:
    return path_to(rendering.get().request, route, **parts)


def has_route(route: str) -> bool:
    """Whether a page exists here; the layout links only to pages that this installation has."""
    request = rendering.get().request
    return request is not None and links.has_route(request, route)


def csrf_token() -> str:
    """The token for the meta tag that portico.js sends along; empty outside a request."""
    request = rendering.get().request
    if request is None:
        return ""
    return Chrome.of(request).csrf_token


def csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="%s">') % csrf_token()


def lang() -> str:
    return rendering.get().localiser.locale.replace("_", "-")


def text_direction() -> str:
    return rendering.get().localiser.direction


def theme() -> Theme:
    return rendering.get().theme


def brand_url() -> str:
    """The stylesheet of the tenant's colours; its address changes with them, so it may be kept for a year."""
    request = rendering.get().request
    tenant = getattr(getattr(request, "scope", None), "tenant", None)
    if tenant is None or not has_route("brand.css"):
        return ""
    return url("brand.css", digest=brand_digest(tenant.brand))


def install(environment: jinja2.Environment, themes: Themes) -> None:
    """Gives an environment its globals; `request`, `scope`, `tenant`, `chrome` are values of each page."""
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )
    environment.globals.update(
        _=underscore,
        url=url,
        has_route=has_route,
        asset=themes.asset,
        icon=themes.icons.svg,
        csrf_field=csrf_field,
        csrf_token=csrf_token,
        format_money=format_money,
        format_change=format_change,
        format_number=format_number,
        format_editable=format_editable,
        unit_name=unit_name,
        format_percent=format_percent,
        format_date=format_date,
        format_datetime=format_datetime,
        format_time=format_time,
        relative_time=relative_time,
        format_list=format_list,
        lang=lang,
        text_direction=text_direction,
        direction_of=direction,
        language_name=language_name,
        theme=theme,
        brand_url=brand_url,
        brand_of=brand_of,
        palette=palette,
    )
