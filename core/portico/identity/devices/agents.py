"""A browser and its system in words, from what it says of itself: enough for its owner to know it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.web.i18n import _

# In this order: most browsers also name those that they resemble.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
    ("python-httpx/", "Python"),
    ("PostmanRuntime/", "Postman"),
)
_SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_POCKET = ("iOS", "Android")


@dataclass(frozen=True)
class Agent:
    """Names are brands, the same in every language; "" where none is known."""

    browser: str
    system: str

    @property
    def words(self) -> Any:
        if self.browser and self.system:
            return _("${browser} on ${system}", mapping={"browser": self.browser, "system": self.system})
        return self.browser or self.system or _("Unknown browser")

    @property
    def icon(self) -> str:
        return "smartphone" if self.system in _POCKET else "monitor"


def read(text: str) -> Agent:
    """From a User-Agent header. Anybody can send anything: what comes out is one of our own words, never theirs."""
    return Agent(_first(_BROWSERS, text), _first(_SYSTEMS, text))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in known if mark in text), "")
