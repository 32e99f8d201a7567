"""Why there is no e-invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """code: for programs. message: for people, translatable."""

    code: str
    message: Any


class InvoiceNotStatedError(Exception):
    """EN 16931 has no words for this invoice, or something that it wants is not known. All that is wrong, not the first."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(one.code for one in reasons))
        self.reasons = tuple(reasons)


class RulesUnavailableError(Exception):
    """The program that checks did not answer: nothing is known of what it was given, so nothing of it is offered."""


class NotArchivalError(Exception):
    """The PDF is no PDF/A-3, so nothing may be put into it: it has characters that no font has, or is not of our making."""
