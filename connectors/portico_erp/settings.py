"""The settings of one connection as its form checks them, where no form is: what is wrong comes out as a connector's error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import colander
from translationstring import TranslationStringFactory

from portico_erp.errors import ConnectorRejectedError

_ = TranslationStringFactory("portico_erp")


def is_web_address(refusal: Any) -> Callable[[Any, str], None]:
    """A validator of settings that hold a web address of one host, without a name or password in it. refusal: a sentence with an
    example of what is wanted. Whether http:// will do is the portal's to say.
    """

    def check(node: Any, value: str) -> None:
        try:
            parts = urlsplit(value)
            wrong = parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.port == 0
        except ValueError:
            wrong = True
        if wrong or parts.query or parts.fragment or len(value) > 300 or not value.isascii():
            raise colander.Invalid(node, refusal)

    return check


def checked(schema: colander.SchemaNode, config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The values by their names. Raises ConnectorRejectedError at the first field that is wrong, with the code "settings"."""
    try:
        values: dict[str, Any] = schema.deserialize({**config, **secrets})
    except colander.Invalid as error:
        wrong = error
        while wrong.children:
            wrong = wrong.children[0]
        message = wrong.msg[0] if isinstance(wrong.msg, list) else wrong.msg
        raise ConnectorRejectedError(wrong.node.name or None, message or _("Required"), code="settings") from error
    return values
