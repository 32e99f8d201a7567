"""Draws what <head> has in common: once for all pages with the same values, language and theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import jinja2
from markupsafe import Markup

from portico.branding.fonts import FONTS, Font
from portico.branding.template_globals import brand_url, rendering
from portico.web.chrome import Chrome

TEMPLATE = "portico/head.jinja2"
KEPT = 1024


@dataclass(frozen=True, slots=True)
class Head:
    """All that the template is given. Nothing of a person, a session or a request is among it, nor can it be reached."""

    name: str
    mode: str
    home_url: str
    live_url: str
    favicon: str
    favicon_url: str
    brand_url: str
    font: Font

    @classmethod
    def of(cls, chrome: Chrome) -> Head:
        return cls(chrome.name, chrome.mode, chrome.home_url, chrome.live_url, chrome.favicon, chrome.favicon_url,
                   brand_url(), FONTS[chrome.brand.font])


def page_head(environment: jinja2.Environment) -> Callable[[], Markup]:
    """The global `page_head` of one theme's environment; while developing, every page draws its own."""

    @lru_cache(maxsize=0 if environment.auto_reload else KEPT)
    def draw(head: Head, locale: str) -> Markup:
        # Without the request, so that no theme's own template can put one person's token into everybody's page.
        token = rendering.set(replace(rendering.get(), request=None))
        try:
            return Markup(environment.get_template(TEMPLATE).render(chrome=head))
        finally:
            rendering.reset(token)

    def drawn() -> Markup:
        state = rendering.get()
        return draw(Head.of(Chrome.of(state.request)), state.localiser.locale)

    return drawn
