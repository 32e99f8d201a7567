"""A signature drawn by hand: strokes as a page sends them, checked, and as what draws them again."""

from __future__ import annotations

import json
from typing import Any

from portico.errors import InvalidError
from portico_signatures.i18n import _

WIDTH, HEIGHT = 600, 200
"""Of the surface that is drawn on, in its own units."""
MOST_STROKES, MOST_POINTS, LONGEST = 200, 5_000, 80_000
LEAST = 60
"""How far a pen has to move in all for it to be a signature, and no slip."""

Stroke = list[list[int]]


def read(text: str) -> list[Stroke]:
    """text: JSON, a list of strokes, each a list of [x, y] of whole numbers. Raises InvalidError at "/drawing"."""
    try:
        given: Any = json.loads(text or "[]") if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list) or len(given) > MOST_STROKES or not all(map(_is_stroke, given)):
        raise InvalidError(fields={"/drawing": _("This drawing cannot be read. Clear it and draw again, or type your name.")})
    if sum(map(len, given)) > MOST_POINTS:
        raise InvalidError(fields={"/drawing": _("This drawing has too much in it. Clear it and draw a simpler one.")})
    if sum(map(_length, given)) < LEAST:
        raise InvalidError(fields={"/drawing": _("Draw your signature, or type your name instead.")})
    return given


def _is_stroke(one: Any) -> bool:
    return isinstance(one, list) and bool(one) and all(map(_is_point, one))


def _is_point(one: Any) -> bool:
    return (
        isinstance(one, list)
        and len(one) == 2
        and all(type(number) is int for number in one)
        and 0 <= one[0] <= WIDTH
        and 0 <= one[1] <= HEIGHT
    )


def _length(stroke: Stroke) -> int:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in zip(stroke, stroke[1:], strict=False))


def lines(strokes: list[Stroke]) -> list[str]:
    """As the `points` of SVG polylines; a dot is a line to itself."""
    return [" ".join(f"{x},{y}" for x, y in (one if len(one) > 1 else one * 2)) for one in strokes]
