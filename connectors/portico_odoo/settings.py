"""The settings of one connection: the form's schema and the typed values made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import colander

from portico_erp.settings import checked, is_web_address
from portico_odoo.i18n import _


class SettingsSchema(colander.Schema):
    """What a person fills in to connect an Odoo."""

    url = colander.SchemaNode(
        colander.String(),
        title=_("Address"),
        description=_("As you open it in the browser."),
        validator=is_web_address(_("Enter a web address such as https://company.odoo.com.")),
    )
    database = colander.SchemaNode(colander.String(), title=_("Database"), validator=colander.Length(1, 100))
    login = colander.SchemaNode(
        colander.String(), title=_("Login"), description=_("Of a user of the portal's own."), validator=colander.Length(1, 200)
    )
    key = colander.SchemaNode(
        colander.String(),
        title=_("API key"),
        description=_("Made in the preferences of that user, under Account Security. Before Odoo 14: the password."),
        validator=colander.Length(1, 500),
    )
    claim_field = colander.SchemaNode(
        colander.String(),
        title=_("Field with the claim code"),
        description=_("Technical name of a text field of contacts, by which customers connect themselves. Empty: none."),
        missing="",
        validator=colander.Regex(r"[a-z][a-z0-9_]{0,60}\Z", _("This is not the technical name of a field.")),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


@dataclass(frozen=True)
class OdooSettings:
    """Checked settings. `overlap_s`: how far back of the last visit the incremental readers look again."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    claim_field: str = ""
    overlap_s: float = 300.0

    @property
    def base(self) -> str:
        return self.url.rstrip("/").removesuffix("/web")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @classmethod
    def read(cls, config: Mapping[str, Any], secrets: Mapping[str, str]) -> OdooSettings:
        values = checked(SettingsSchema(), config, secrets)
        return cls(**values)
