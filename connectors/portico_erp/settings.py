"""The settings of one connection as its form checks them, where no form is: what is wrong comes out as a connector's error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from translationstring import TranslationStringFactory

from portico_erp.errors import ConnectorRejectedError

_ = TranslationStringFactory("portico_erp")


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
