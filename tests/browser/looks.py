"""The ways in which a page can be seen: theme and direction by company and language, colours, width."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

EXTENT = os.environ.get("PORTICO_FULL", "")
"""Empty: one look for each page, with all looks among them. "pairs": four looks for each page, so that it is seen in both
themes, directions and colours, each with each. "1": every page in every look."""
FRAMES = {("clear", "ltr"): ("regency", "en"), ("clear", "rtl"): ("nile", "ar"),
          ("ledger", "ltr"): ("turinova", "fr"), ("ledger", "rtl"): ("turinova", "ar")}


@dataclass(frozen=True)
class Look:
    theme: str
    direction: str
    mode: str
    width: int

    @property
    def company(self) -> str:
        return FRAMES[self.theme, self.direction][0]

    @property
    def language(self) -> str:
        return FRAMES[self.theme, self.direction][1]

    def __str__(self) -> str:
        return f"{self.theme} {self.direction} {self.mode} {self.width}"


LOOKS = tuple(Look(*one) for one in itertools.product(("clear", "ledger"), ("ltr", "rtl"), ("light", "dark"), (390, 1440)))


def selection(index: int) -> tuple[Look, ...]:
    """For the page of this number; neighbours differ in theme, direction, colours or width."""
    if EXTENT == "1":
        return LOOKS
    return pairs(index) if EXTENT == "pairs" else (LOOKS[(index * 5) % len(LOOKS)],)


def pairs(index: int) -> tuple[Look, ...]:
    """Theme, direction and colours in all pairs; the width takes turns in following one of them, so that of any three
    pages in a row it meets both values of each."""
    return tuple(
        Look(("clear", "ledger")[a], ("ltr", "rtl")[b], ("light", "dark")[a ^ b], (390, 1440)[(a, b, a ^ b, 1 - a)[index % 4]])
        for a, b in itertools.product((0, 1), repeat=2)
    )
