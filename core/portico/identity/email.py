"""E-mail addresses as one normal form, so that equality is equality of text."""

from __future__ import annotations

import re
import unicodedata

from portico.errors import InvalidError
from portico.web.i18n import _

_ADDRESS = re.compile(
    r"^[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,64}@(?=.{3,190}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$"
)


def normalise_email(value: object) -> str:
    """Lower case, NFKC, domain in ASCII (IDNA). Raises InvalidError. One address only: a list is refused."""
    if not isinstance(value, str):
        raise InvalidError(fields={"email": _("Enter one e-mail address, like name@company.com.")})
    text = unicodedata.normalize("NFKC", value.strip()).lower()
    name, at, domain = text.rpartition("@")
    try:
        text = f"{name}@{domain.encode('idna').decode()}" if at else text
    except UnicodeError:
        text = ""
    if not _ADDRESS.match(text):
        raise InvalidError(fields={"email": _("Enter one e-mail address, like name@company.com.")})
    return text
