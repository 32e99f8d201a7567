"""The fonts that ship, of which a company chooses one. Those of others lie beside their licences in static/portico/vendor.

Mails have none of them: a mail's reader loads nothing. Documents have the same ones in full, as fonts/print: a page sends the
letters that it shows, a PDF holds those that it needs. Cairo is not among them: it joins pairs of letters to one sign, and
most programs then read, copy and find the two the wrong way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portico.web.i18n import _

_DEVICE = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
INTER, SYSTEM = "inter", "system"
_FEATURES = '"cv11","ss03"'
"""Of Inter: a one-storeyed a, and round commas."""


@dataclass(frozen=True, slots=True)
class Font:
    """family: CSS; that of Inter is what the core's stylesheet says. latin, arabic: the files that readers of these scripts need
    first; stylesheet: where it is declared; all of them asset paths, empty for none. print: families in documents; the first that
    has a character shows it."""

    title: Any
    note: Any
    family: str
    latin: str = ""
    arabic: str = ""
    stylesheet: str = ""
    print: tuple[str, ...] = ("Inter", "Readex Pro")

    def first(self, direction: str) -> str:
        """What to load beside the page: the file of the reader's script."""
        return self.arabic or self.latin if direction == "rtl" else self.latin


FONTS: Mapping[str, Font] = {
    INTER: Font(
        "Inter",
        _("Clear at every size. The portal's own."),
        family=f'"Inter","Cairo",{_DEVICE}',
        latin="portico/fonts/inter-latin.woff2",
    ),
    SYSTEM: Font(
        _("The device's own"), _("What each reader's device uses itself. Nothing has to be loaded."), family=_DEVICE
    ),
    "source-serif-4": Font(
        "Source Serif 4",
        _("With serifs, for a classic look. Arabic text has a font of its own beside it."),
        family='"Source Serif 4","Cairo",Georgia,"Times New Roman",serif',
        latin="portico/fonts/source-serif-4-latin.woff2",
        stylesheet="portico/css/font-source-serif-4.css",
        print=("Source Serif 4", "Readex Pro", "Inter"),
    ),
    "readex-pro": Font(
        "Readex Pro",
        _("Round and open, for Latin and Arabic alike."),
        family=f'"Readex Pro",{_DEVICE}',
        latin="portico/fonts/readex-pro-latin.woff2",
        arabic="portico/fonts/readex-pro-arabic.woff2",
        stylesheet="portico/css/font-readex-pro.css",
        print=("Readex Pro", "Inter"),
    ),
}


def font_css(name: str) -> str:
    """The variables of a font, which come after those of the core's stylesheet."""
    return f"--font:{FONTS[name].family};--font-features:{_FEATURES if name == INTER else 'normal'};"
