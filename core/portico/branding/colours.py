"""Colour arithmetic: sRGB, WCAG contrast and OKLCH; decides nothing. https://bottosson.github.io/posts/oklab/"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")

Channels = tuple[float, float, float]


class InvalidColourError(ValueError):
    """Not a colour written as #RGB or #RRGGBB."""


def normal(colour: str) -> str:
    """#1D4ED8 for any accepted spelling."""
    found = _HEX.match(colour.strip())
    if found is None:
        raise InvalidColourError(colour)
    digits = found[1]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits.upper()}"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _channels(colour: str) -> Channels:
    digits = normal(colour)[1:]
    red, green, blue = (_linear(int(digits[i : i + 2], 16) / 255) for i in (0, 2, 4))
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=4096)
def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True, slots=True)
class Oklch:
    """lightness 0 to 1, chroma 0 to about 0.4, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def of(cls, colour: str) -> Oklch:
        red, green, blue = _channels(colour)
        long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
        medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
        short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
        lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
        a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
        b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
        return cls(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)

    def _srgb(self, chroma: float) -> Channels:
        a, b = chroma * math.cos(math.radians(self.hue)), chroma * math.sin(math.radians(self.hue))
        long = (self.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (self.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (self.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        return (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )

    def hex(self) -> str:
        """The nearest colour a screen can show: chroma gives way, lightness and hue stay."""
        low, high = 0.0, self.chroma
        if not _shown(self._srgb(high)):
            for _ in range(18):
                middle = (low + high) / 2
                low, high = (middle, high) if _shown(self._srgb(middle)) else (low, middle)
            high = low
        values = [round(_encoded(min(1.0, max(0.0, channel))) * 255) for channel in self._srgb(high)]
        return "#{:02X}{:02X}{:02X}".format(*values)

    def at(self, lightness: float, chroma: float | None = None) -> Oklch:
        return Oklch(min(1.0, max(0.0, lightness)), self.chroma if chroma is None else chroma, self.hue)


def _shown(channels: Channels) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in channels)
