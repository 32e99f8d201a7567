"""What a company chose for its look, read from its settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from portico.branding.colours import InvalidColourError, normal
from portico.branding.fonts import FONTS, INTER

DEFAULT_COLOUR = "#1D4ED8"


@dataclass(frozen=True, slots=True)
class Brand:
    """logo_digest stands in the logo's address; empty, the company has none and its name is shown.
    accent: for counts and marks; empty, the colour serves. font: of `portico.branding.fonts.FONTS`."""

    colour: str = DEFAULT_COLOUR
    logo_digest: str = ""
    accent: str = ""
    font: str = INTER


def brand_of(mapping: Mapping[str, Any] | None) -> Brand:
    """Reads a tenant's brand; a value that cannot be used falls back, since a page must come all the same."""
    given = mapping or {}
    colour = _colour(given.get("colour"), DEFAULT_COLOUR)
    font = str(given.get("font") or INTER)
    return Brand(colour, _logo_digest(given.get("logo")), _colour(given.get("accent"), ""), font if font in FONTS else INTER)


def _colour(value: Any, otherwise: str) -> str:
    try:
        return normal(str(value)) if value else otherwise
    except InvalidColourError:
        return otherwise


def _logo_digest(logo: Any) -> str:
    """The logo is kept as {"data": base64, "type": …}; "digest" may be stored with it."""
    if not isinstance(logo, Mapping):
        return ""
    return str(logo.get("digest") or "") or (_digest(str(logo["data"])) if logo.get("data") else "")


@lru_cache(maxsize=256)
def _digest(data: str) -> str:
    return hashlib.sha256(data.encode()).hexdigest()[:16]
