"""The settings of one connection: the form's schema and the typed values made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import colander

from portico_erp.settings import checked, is_web_address
from portico_erpnext.i18n import _


def _is_header_text(node: Any, value: str) -> None:
    if not value.isascii() or not value.isprintable() or ":" in value:
        raise colander.Invalid(node, _("This is not a key of ERPNext: they hold letters and digits."))


class SettingsSchema(colander.Schema):
    """What a person fills in to connect an ERPNext."""

    url = colander.SchemaNode(
        colander.String(),
        title=_("Address"),
        description=_("As you open it in the browser, without /app."),
        validator=is_web_address(_("Enter a web address such as https://company.erpnext.com.")),
    )
    api_key = colander.SchemaNode(
        colander.String(),
        title=_("API key"),
        description=_("Of a user of the portal's own: its page in ERPNext, Settings, API Access."),
        validator=colander.All(colander.Length(1, 100), _is_header_text),
    )
    api_secret = colander.SchemaNode(
        colander.String(), title=_("API secret"), description=_("Shown once, when the key is made."),
        validator=colander.All(colander.Length(1, 200), _is_header_text),
    )  # fmt: skip
    company = colander.SchemaNode(
        colander.String(),
        title=_("Company"),
        description=_("Its name in ERPNext. Empty: the only one there is."),
        missing="",
        validator=colander.Length(0, 140),
    )
    price_list = colander.SchemaNode(
        colander.String(),
        title=_("Price list"),
        description=_("That of customers who have none of their own."),
        missing="Standard Selling",
        validator=colander.Length(1, 140),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


@dataclass(frozen=True)
class ErpNextSettings:
    """Checked settings. `overlap_s`: how far back of the last visit the incremental readers look again."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    company: str = ""
    price_list: str = "Standard Selling"
    overlap_s: float = 300.0

    @property
    def base(self) -> str:
        return self.url.rstrip("/").removesuffix("/app")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @classmethod
    def read(cls, config: Mapping[str, Any], secrets: Mapping[str, str]) -> ErpNextSettings:
        values = checked(SettingsSchema(), config, secrets)
        return cls(**values)
