"""Inline SVG icons: vendored by name, a plugin's own (`static/portico_x/icons/`) as `portico_x/name`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape

CORE = "portico"
# Drawn with a direction: mirrored where text runs from right to left.
DIRECTED = re.compile(r"left|right|log-|send|external|list|message|undo|trend|truck|book-open")
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class MissingIconError(LookupError):
    """A template asks for an icon that no package has."""


class Icons:
    def __init__(self, packages: Mapping[str, Path]) -> None:
        self.packages = packages
        self.svg = lru_cache(maxsize=1024)(self._svg)

    def _body(self, name: str) -> str:
        package, _, own = name.rpartition("/")
        folder = self.packages.get(package or CORE)
        path = folder / "static" / (package or CORE) / "icons" / f"{own}.svg" if folder else None
        if path is None or not path.is_file():
            raise MissingIconError(name)
        found = _BODY.search(path.read_text(encoding="utf-8"))
        if found is None:
            raise MissingIconError(f"{name} is not an SVG file")
        return re.sub(r">\s+<", "><", found[1].strip())

    def _svg(self, name: str, size: int = 20, label: str = "", extra: str = "") -> Markup:
        """Decorative unless labelled; the stroke takes the colour of the text."""
        body = self._body(name)
        classes = "icon" + (" icon-flip" if DIRECTED.search(name) else "") + (f" {extra}" if extra else "")
        spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
        return Markup(
            f'<svg class="{escape(classes)}" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" '
            f'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" '
            f'focusable="false" {spoken}>{body}</svg>'
        )
