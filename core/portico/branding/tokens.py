"""A company's colour as CSS variables whose contrast holds in both modes, and what was changed for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from portico.branding.brand import Brand, brand_of
from portico.branding.colours import InvalidColourError, Oklch, contrast, normal
from portico.branding.fonts import INTER, font_css
from portico.web.i18n import _

__all__ = [
    "Brand",
    "InvalidColourError",
    "Palette",
    "brand_css",
    "brand_digest",
    "brand_of",
    "contrast",
    "explain",
    "palette",
]

WHITE, INK = "#FFFFFF", "#0B1220"
TEXT_AA, EDGE_AA = 4.5, 3.0  # WCAG 2.2: 1.4.3 text, 1.4.11 parts of the interface
# A hair above the limit, so that a browser's own rounding never falls below it.
MARGIN = 0.05
# The surfaces of portico.css and of the themes that ship, on which brand colours appear.
LIGHT_SURFACES = ("#FFFFFF", "#F8FAFC", "#F1F5F9")
DARK_SURFACES = ("#0F172A", "#162032", "#1E293B")
STEP = 0.005


@dataclass(frozen=True, slots=True)
class Palette:
    """The brand's variants in one colour mode."""

    fill: str
    fill_hover: str
    on_fill: str
    text: str
    soft: str
    on_soft: str
    edge: str


def _worst(colour: str, surfaces: Sequence[str]) -> float:
    return min(contrast(colour, surface) for surface in surfaces)


def _until(start: Oklch, surfaces: Sequence[str], wanted: float, step: float) -> str:
    """Moves lightness by steps until the contrast holds on every surface."""
    colour, lightness = start.hex(), start.lightness
    while _worst(colour, surfaces) < wanted + MARGIN and 0 < lightness + step < 1:
        lightness += step
        colour = start.at(lightness).hex()
    return colour if _worst(colour, surfaces) >= wanted else (WHITE if step > 0 else "#000000")


def _text_on(fill: str) -> str:
    """White where it can be read, else ink; where neither can, the nearer of the two."""
    white, ink = contrast(WHITE, fill), contrast(INK, fill)
    return WHITE if white >= TEXT_AA or white > ink else INK


def _filled(colour: Oklch) -> tuple[str, str, str]:
    """A fill near the brand's colour on which white or ink can be read, its hover, and that text."""
    fill = colour.hex()
    on_fill = _text_on(fill)
    away = -STEP if on_fill == WHITE else STEP
    fill = _until(Oklch.of(fill), (on_fill,), TEXT_AA, away)
    shifted = Oklch.of(fill)
    hover = _until(shifted.at(shifted.lightness + 12 * away), (on_fill,), TEXT_AA, away)
    return fill, hover, on_fill


@lru_cache(maxsize=512)
def palette(colour: str, dark: bool = False) -> Palette:
    base = Oklch.of(normal(colour))
    surfaces, step = (DARK_SURFACES, STEP) if dark else (LIGHT_SURFACES, -STEP)
    start = base
    if dark:  # a navy button would be lost on a navy page
        start = Oklch.of(_until(base, DARK_SURFACES, EDGE_AA, step))
    fill, hover, on_fill = _filled(start)
    soft = base.at(0.29 if dark else 0.958, min(base.chroma, 0.06 if dark else 0.024)).hex()
    text = _until(base, (*surfaces, soft), TEXT_AA, step)
    return Palette(fill, hover, on_fill, text, soft, text, _until(base, (*surfaces, soft), EDGE_AA, step))


def explain(colour: str) -> list[str]:
    """What the portal changes to keep a colour readable, for who chooses it. Raises InvalidColourError."""
    chosen = normal(colour)
    light, dark = palette(chosen), palette(chosen, dark=True)
    notes: list[str] = []
    if contrast(chosen, WHITE) < TEXT_AA:
        notes.append(
            _(
                "Your colour on white has a contrast of ${ratio} : 1; text needs 4.5 : 1. Text uses ${used}.",
                mapping={"ratio": f"{contrast(chosen, WHITE):.1f}", "used": light.text},
            )
        )
    if light.fill != chosen:
        notes.append(
            _(
                "Neither white nor dark text can be read on your colour. Buttons use ${used}.",
                mapping={"used": light.fill},
            )
        )
    elif light.on_fill != WHITE:
        notes.append(_("White text cannot be read on your colour. Buttons have dark text."))
    if dark.fill != chosen:
        notes.append(
            _(
                "In dark mode your colour would be lost on the page. Buttons use ${used} there.",
                mapping={"used": dark.fill},
            )
        )
    return notes


def brand_css(brand: Mapping[str, Any] | Brand | None, selector: str = ":root", *, preview: bool = False) -> bytes:
    """The tenant's stylesheet: nothing but variables, colours for light and dark. `selector`: where they hold. preview: it comes
    after the one that is saved, and says what is usual, too."""
    chosen = brand if isinstance(brand, Brand) else brand_of(brand)
    light, dark = palette(chosen.colour), palette(chosen.colour, dark=True)
    lines = [
        f"--brand-{name.replace('_', '-')}:light-dark({getattr(light, name)},{getattr(dark, name)});"
        for name in ("fill", "fill_hover", "on_fill", "text", "soft", "on_soft", "edge")
    ]
    if chosen.accent:
        accent, accent_dark = palette(chosen.accent), palette(chosen.accent, dark=True)
        lines += [f"--accent-{name.replace('_', '-')}:light-dark({getattr(accent, name)},{getattr(accent_dark, name)});"
                  for name in ("fill", "on_fill", "text", "soft")]
    if preview or chosen.font != INTER:
        lines.append(font_css(chosen.font))
    return (f"{selector}{{" + "".join(lines) + "}\n").encode()


def brand_digest(brand: Mapping[str, Any] | Brand | None) -> str:
    """Stands in the stylesheet's address."""
    return _digest(brand if isinstance(brand, Brand) else brand_of(brand))


@lru_cache(maxsize=1024)
def _digest(brand: Brand) -> str:
    return hashlib.sha256(brand_css(brand)).hexdigest()[:16]
