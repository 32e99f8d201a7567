"""A company's own words of a mail: what may be in them, and what becomes of their variables. Pure.

They are text: whatever looks like markup or a link is shown as it was written. `{number}` stands for a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from portico.web.i18n import _

LONGEST: Mapping[str, int] = {"subject": 150, "heading": 150, "opening": 1500, "closing": 1000, "button": 60}
PARAGRAPHS = ("opening", "closing")
"""Fields of several lines; a blank line parts paragraphs."""
_PLACE = re.compile(r"{([^{}\n]*)}")
_JOINERS = "\u200c\u200d\u200e\u200f\u061c\u00ad"
"""Characters without a shape that writing needs: joiners, and marks of direction that end with their neighbour."""


@dataclass(frozen=True)
class Words:
    """As they are kept; an empty one is the standard text."""

    subject: str = ""
    heading: str = ""
    opening: str = ""
    closing: str = ""
    button: str = ""

    def __bool__(self) -> bool:
        return any(astuple(self))


FIELDS = tuple(one.name for one in fields(Words))


@dataclass(frozen=True)
class Part:
    """A piece of text. value: it came from data, so that its direction is its own."""

    text: str
    value: bool = False


Line = list[Part]


@dataclass(frozen=True)
class Filled:
    """Words with their values, as the templates `portico/mail/worded` take them. Empty: the standard text.

    opening, closing: paragraphs of lines of parts; *_text: the same as text; preview: the first paragraph on one line.
    """

    subject: str
    heading: Line
    heading_text: str
    opening: list[list[Line]]
    opening_text: str
    closing: list[list[Line]]
    closing_text: str
    button: str
    preview: str


def tidy(words: Mapping[str, str]) -> Words:
    """As they are kept: no spaces at ends, one kind of line feed, at most one blank line."""
    found = {}
    for name in FIELDS:
        text = words.get(name, "").replace("\r\n", "\n").strip()
        if name in PARAGRAPHS:
            text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n")))
        found[name] = text
    return Words(**found)


def wrong(words: Words, known: frozenset[str]) -> dict[str, Any]:
    """Field → what is wrong with it."""
    return {name: text for name in FIELDS if (text := _wrong(name, getattr(words, name), known))}


def _wrong(name: str, text: str, known: frozenset[str]) -> Any:
    if len(text) > LONGEST[name]:
        return _("At most ${most} characters.", mapping={"most": LONGEST[name]})
    if any(not plain(letter) for letter in (text.replace("\n", "") if name in PARAGRAPHS else text)):
        if name not in PARAGRAPHS and "\n" in text:
            return _("This is one line.")
        return _("There is a character that cannot be seen, such as one that turns the direction of writing. Type it anew.")
    if unknown := sorted({one for one in used(text) if one not in known}):
        if not known:
            return _("There are no variables here.")
        allowed = ", ".join(f"{{{one}}}" for one in sorted(known))
        given = ", ".join(f"{{{one}}}" for one in unknown)
        return _("${unknown} is not known here. There are: ${allowed}", mapping={"unknown": given, "allowed": allowed})
    return None


def plain(letter: str) -> bool:
    """Neither a control character nor one that changes how its neighbours are read."""
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def used(text: str) -> Iterator[str]:
    """The names of its variables."""
    return (found[1].strip() for found in _PLACE.finditer(text))


def fill(words: Words, values: Mapping[str, Any]) -> Filled:
    """A field that names what there is no value for (any more) gives way to the standard text."""
    held = {name: text if set(used(text)) <= values.keys() else "" for name in FIELDS for text in (getattr(words, name),)}
    said = {name: _clean(value) for name, value in values.items()}
    subject, heading, button = (_parts(held[name], said) for name in ("subject", "heading", "button"))
    opening, closing = (_paragraphs(held[name], said) for name in PARAGRAPHS)
    return Filled(
        subject=_joined(subject),
        heading=heading,
        heading_text=_joined(heading),
        opening=opening,
        opening_text=_text(opening),
        closing=closing,
        closing_text=_text(closing),
        button=_joined(button),
        preview=" ".join(_joined(line) for line in opening[0]) if opening else "",
    )


def _clean(value: Any) -> str:
    """Values are what people wrote elsewhere: they stay on their line, and leave the direction of what follows alone."""
    text = " ".join(str("" if value is None else value).split())
    return "".join(letter for letter in text if plain(letter))


def _parts(text: str, said: Mapping[str, str]) -> Line:
    parts, at = [], 0
    for found in _PLACE.finditer(text):
        parts += [Part(text[at : found.start()]), Part(said[found[1].strip()], value=True)]
        at = found.end()
    return [one for one in (*parts, Part(text[at:])) if one.text]


def _paragraphs(text: str, said: Mapping[str, str]) -> list[list[Line]]:
    return [[_parts(line, said) for line in one.split("\n")] for one in text.split("\n\n")] if text else []


def _joined(line: Line) -> str:
    return "".join(part.text for part in line)


def _text(paragraphs: list[list[Line]]) -> str:
    return "\n\n".join("\n".join(_joined(line) for line in one) for one in paragraphs)
