"""Reads numbers as people type them, in their own digits and separators. What could mean two is asked back, never guessed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from portico.web import formats
from portico.web.i18n import _

_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069"))
_ALIKE = str.maketrans({
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\t": " ", "’": "'", "ʼ": "'", "＇": "'",
    "−": "-", "－": "-", "﹣": "-", "＋": "+", "،": ",", "，": ",", "．": ".",
})
_POINT, _GROUP = "\u066b", "\u066c"  # Arabic has signs that mean nothing else
_BODY = re.compile(rf"([+-]?)([\d., '{_POINT}{_GROUP}]+)\Z", re.ASCII)
_POINTS, _GROUPS = frozenset({".", ",", _POINT}), frozenset({".", ",", " ", "'", _GROUP})
LONGEST = 40


class NotANumberError(ValueError):
    """This text is no number, in any notation that we know."""


@dataclass
class AmbiguousNumberError(ValueError):
    """`1.234` where neither of the reader's separators is a point: thousands, or a fraction?"""

    whole: Decimal
    fraction: Decimal

    def question(self, locale: str, text: str) -> str:
        """What to tell the reader, translatable."""
        ways = {name: formats.editable(locale, value) for name, value in (("whole", self.whole), ("fraction", self.fraction))}
        return _("“${text}” can be read in two ways. Write ${whole}, or ${fraction}.", mapping={"text": text.strip(), **ways})


def read(locale: str, text: str) -> Decimal:
    """The number that a reader of this locale means. Raises NotANumberError, AmbiguousNumberError."""
    found = _BODY.match(_plain(text)) if len(text) <= LONGEST else None
    if found is None or not any(one.isdigit() for one in found[2]):
        raise NotANumberError(text[:LONGEST])
    sign, body = found.groups()
    as_fraction, as_whole = _fraction(body), _whole(body)
    if as_fraction is not None and as_whole is not None and as_fraction != as_whole:
        point, group = formats.separators(locale)
        used = next(one for one in body if not one.isdigit())
        if used not in (point, group):
            raise AmbiguousNumberError(Decimal(sign + as_whole), Decimal(sign + as_fraction))
        as_fraction, as_whole = (as_fraction, None) if used == point else (None, as_whole)
    chosen = as_whole if as_whole is not None else as_fraction
    if chosen is None:
        raise NotANumberError(text)
    return Decimal(sign + chosen)


def _plain(text: str) -> str:
    """With ASCII digits and one spelling of each separator; blanks around it and marks of direction are nothing."""
    shorter = text.translate(_MARKS).translate(_ALIKE).strip()
    return "".join(str(unicodedata.decimal(one, one)) for one in shorter)


def _whole(body: str) -> str | None:
    """Read as a whole number in groups of three."""
    separators = {one for one in body if not one.isdigit()}
    if not separators:
        return body
    if len(separators) > 1 or not separators <= _GROUPS:
        return None
    first, *groups = body.split(separators.pop())
    if not 1 <= len(first) <= 3 or first.startswith("0") or any(len(group) != 3 for group in groups):
        return None
    return "".join([first, *groups])


def _fraction(body: str) -> str | None:
    """Read with its last separator as the decimal point."""
    separators = [one for one in body if not one.isdigit()]
    if not separators or separators[-1] not in _POINTS or separators[-1] in separators[:-1]:
        return None
    before, _, after = body.rpartition(separators[-1])
    whole = _whole(before) if before else "0"
    return f"{whole}.{after}" if whole is not None and after else None
