"""Text that a database cannot hold, wherever it was sent: in a form or to the API."""

from __future__ import annotations

from portico.web.i18n import _

NOT_KEPT = _("This text has a character that cannot be kept. Type it anew instead of pasting it.")


def storable(text: str) -> bool:
    """False with a NUL in it. Half of a surrogate pair does not come this far: no body with one is read."""
    return "\0" not in text
