"""Text that a database cannot hold, wherever it was sent: in a form or to the API."""

from __future__ import annotations

from portico.web.i18n import _

NOT_KEPT = _("This text has characters that cannot be kept.")


def storable(text: str) -> bool:
    """False with a NUL or half of a surrogate pair in it."""
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)
