"""Text as XML 1.0 can hold it: what it knows no character for is left out."""

from __future__ import annotations

import re

_NEVER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str | None) -> str:
    """Several lines; a return alone is a line's end too."""
    return _NEVER.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(text: str | None) -> str:
    """One line, without blanks at its ends or doubled ones."""
    return " ".join(clean(text).split())
