"""What a company's documents are printed on and with: the size of its paper, and its colours as they can be read on white."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from portico.branding.brand import Brand
from portico.branding.colours import Oklch, contrast
from portico.tenancy.tenant import Tenant

SETTINGS = "documents"
"""Key in a company's settings: {"paper", "address", "footer", "attached": whether mails carry documents}."""
A4, LETTER = "a4", "letter"
PAPERS = {A4: "a4", LETTER: "us-letter"}
"""Size → what the typesetter calls it."""
LETTER_TERRITORIES = frozenset("BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split())
"""Where Letter is usual; CLDR, supplemental data, paperSize."""
INK, MUTED, RULE = "#111827", "#4B5563", "#CBD5E1"
READABLE = 7.0
"""Contrast of coloured text on white: WCAG 2.2's enhanced one, since many printers know grey alone."""
_STEP = 0.005


def settings_of(tenant: Tenant) -> Mapping[str, Any]:
    found = tenant.settings.get(SETTINGS)
    return found if isinstance(found, Mapping) else {}


def size(tenant: Tenant) -> str:
    """`A4` or `LETTER`: what the company chose, else what is usual where it is."""
    chosen = settings_of(tenant).get("paper")
    return str(chosen) if chosen in PAPERS else usual_size(tenant.locale, tenant.time_zone)


@lru_cache(maxsize=1024)
def usual_size(locale: str, time_zone: str) -> str:
    """By the region that the language names (`en-US`), else by that of the time zone."""
    return LETTER if _territory(locale, time_zone) in LETTER_TERRITORIES else A4


def _territory(locale: str, time_zone: str) -> str:
    try:
        named = Locale.parse(locale.replace("-", "_")).territory
    except (UnknownLocaleError, ValueError):
        named = None
    zone = get_global("zone_aliases").get(time_zone, time_zone)
    return str(named or get_global("zone_territories").get(zone, ""))


@lru_cache(maxsize=512)
def print_palette(brand: Brand) -> Mapping[str, str]:
    """Colours for white paper, whatever the portal's colour mode is. brand: for titles and rules."""
    colour = Oklch.of(brand.colour)
    while contrast(colour.hex(), "#FFFFFF") < READABLE and colour.lightness > 0:
        colour = colour.at(colour.lightness - _STEP)
    return {"ink": INK, "muted": MUTED, "rule": RULE, "brand": colour.hex()}
