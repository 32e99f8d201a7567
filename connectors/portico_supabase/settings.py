"""The settings of one connection: the form's schema and the typed values made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import colander

from portico_erp.currencies import DECIMALS
from portico_erp.errors import ConnectorRejectedError
from portico_erp.settings import checked, is_web_address
from portico_supabase import keys
from portico_supabase.i18n import _

HOSTED = ".supabase.co"


def _is_key(node: Any, value: str) -> None:
    if keys.stands_above_policies(value):
        raise colander.Invalid(node, keys.REFUSED)
    if not value.isascii() or not value.isprintable() or " " in value or len(value) > 8000:
        raise colander.Invalid(node, _("This is no key: it holds spaces or letters that no key has."))


class SettingsSchema(colander.Schema):
    """What a person fills in to connect a database behind PostgREST."""

    url = colander.SchemaNode(
        colander.String(),
        title=_("Address"),
        description=_("Of the REST interface. With Supabase: https://project.supabase.co/rest/v1"),
        validator=is_web_address(_("Enter a web address such as https://project.supabase.co/rest/v1.")),
    )
    apikey = colander.SchemaNode(
        colander.String(),
        title=_("API key"),
        description=_("The publishable or anon key of the project. Not the secret or service_role key. Without Supabase: none."),
        missing="",
        validator=_is_key,
    )
    token = colander.SchemaNode(
        colander.String(),
        title=_("Token of the portal's role"),
        description=_("A JWT for a role of the portal's own. Without it the API key's role counts, which is everybody's."),
        missing="",
        validator=_is_key,
    )
    schema = colander.SchemaNode(
        colander.String(),
        title=_("Schema"),
        description=_("Of the database, if it is not the first that the interface serves."),
        missing="",
        validator=colander.Regex(r"[A-Za-z_][A-Za-z0-9_$]{0,62}\Z", _("This is not the name of a schema.")),
    )
    currency = colander.SchemaNode(
        colander.String(), title=_("Currency of the price list"), validator=colander.OneOf(sorted(DECIMALS))
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


@dataclass(frozen=True)
class RestSettings:
    """Checked settings. `overlap_s`: how far back of the last visit the incremental readers look again."""

    url: str
    currency: str
    apikey: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    schema: str = ""
    overlap_s: float = 300.0

    @property
    def base(self) -> str:
        """The address that tables are under, without a slash at its end."""
        url = self.url.rstrip("/")
        parts = urlsplit(url)
        return f"{url}/rest/v1" if (parts.hostname or "").endswith(HOSTED) and not parts.path else url

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def bearer(self) -> str:
        """The token that names the role; new API keys are none, and go in their own header alone."""
        return self.token or (self.apikey if keys.claims(self.apikey) is not None else "")

    @classmethod
    def read(cls, config: Mapping[str, Any], secrets: Mapping[str, str]) -> RestSettings:
        values = checked(SettingsSchema(), config, secrets)
        if not values["apikey"] and not values["token"]:
            raise ConnectorRejectedError("token", _("Enter an API key, a token, or both."), code="settings")
        return cls(**values)
