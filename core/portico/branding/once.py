"""Draws parts of a page that many pages have alike, such as the navigation: once for the same values, language and theme."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from threading import Lock
from typing import Any

import jinja2
from jinja2.runtime import Macro
from markupsafe import Markup

from portico.branding.template_globals import rendering

MOST = 2048
"""Parts that a process keeps; one of the navigation has 1 to 3 kB."""


def drawn_once(environment: jinja2.Environment) -> Callable[..., Markup]:
    """The global `drawn_once(macro, *values)` of one theme's environment; while developing, every page draws its own.

    All that the macro says must follow from its values, which are hashable, and from the reader's language: it is drawn
    without a request, so nothing of a person, a session or an address can get into somebody else's page. It belongs to a
    template that is imported: a page's own macros are made anew with each page, and so would be its drawings.
    """
    kept: OrderedDict[Hashable, Markup] = OrderedDict()
    lock = Lock()

    def draw(macro: Macro, *values: Any) -> Markup:
        state = rendering.get()
        key = (macro, state.localiser.locale, values)
        found = kept.get(key)
        if found is None:
            token = rendering.set(replace(state, request=None))
            try:
                found = Markup(macro(*values))
            finally:
                rendering.reset(token)
            if not environment.auto_reload:
                with lock:
                    kept[key] = found
                    if len(kept) > MOST:
                        kept.popitem(last=False)
        return found

    return draw
