"""The settings of one connection: the form's schema and the typed values made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import colander

from portico_erp.settings import checked
from portico_tryton.i18n import _

HTTPS, HTTP = "https", "http"

# A host name or an address; IPv6 without brackets. Where it leads is the guard's matter.
_HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$|^[0-9A-Fa-f:.]{2,45}$")
_DATABASE = re.compile(r"^(?!\.+$)[^/\\\x00-\x1f\x7f]{1,63}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z0-9a-z]{2,8})?$")


def _is_host(node: Any, value: str) -> None:
    if not _HOST.match(value):
        raise colander.Invalid(node, _("Enter a host name or an IP address, without path or port."))


def _is_database(node: Any, value: str) -> None:
    if not _DATABASE.match(value):
        raise colander.Invalid(node, _("Enter the database's name alone."))


def _is_language(node: Any, value: str) -> None:
    if not _LANGUAGE.match(value):
        raise colander.Invalid(node, _("Enter the code of a language as Tryton writes it: en, fr, pt_BR."))


def _names(title: Any, description: Any) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(), title=title, description=description, missing="", default="", validator=colander.Length(0, 500)
    )


class SettingsSchema(colander.Schema):
    """What a person fills in to connect a Tryton server."""

    host = colander.SchemaNode(colander.String(), title=_("Host"), validator=_is_host)
    port = colander.SchemaNode(
        colander.Integer(), title=_("Port"), default=443, missing=443, validator=colander.Range(1, 65535)
    )
    protocol = colander.SchemaNode(
        colander.String(),
        title=_("Encryption"),
        description=_(
            "https: encrypted, and only if the server's certificate is for this host and from an authority that this portal "
            "trusts. http: neither, for networks that the operator has opened."
        ),
        default=HTTPS,
        missing=HTTPS,
        validator=colander.OneOf((HTTPS, HTTP)),
    )
    database = colander.SchemaNode(colander.String(), title=_("Database"), validator=_is_database)
    user = colander.SchemaNode(colander.String(), title=_("User"), validator=colander.Length(1, 100))
    password = colander.SchemaNode(colander.String(), title=_("Password"), validator=colander.Length(1, 500))
    language = colander.SchemaNode(
        colander.String(),
        title=_("Language of names"),
        description=_("In which language Tryton gives the names of products: en, fr, pt_BR."),
        default="en",
        missing="en",
        validator=_is_language,
    )
    accessories = _names(
        _("Categories of accessories"),
        _("Names of product categories, separated by commas. All other goods are materials."),
    )
    fees = _names(
        _("Categories of fees"),
        _("Names of product categories, separated by commas. All other products of the type Service are services."),
    )
    claim_prefix = colander.SchemaNode(
        colander.String(),
        title=_("Beginning of claim codes"),
        description=_(
            "An identifier of a party that has no type and begins so is the code by which a person proves to be of this "
            "customer. Empty: there are no such codes."
        ),
        default="PORTAL-",
        missing="",
        validator=colander.Length(0, 50),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


@dataclass(frozen=True)
class TrytonSettings:
    """Checked settings. `overlap_s`: how far back of the last visit the incremental readers look again. `patience_s`: how
    long a confirmed sale may wait for Tryton's own queue before staff are told.
    """

    host: str
    port: int
    database: str
    user: str
    protocol: str = HTTPS
    password: str = field(default="", repr=False)
    language: str = "en"
    accessories: str = ""
    fees: str = ""
    claim_prefix: str = ""
    overlap_s: float = 300.0
    patience_s: float = 900.0

    @property
    def url(self) -> str:
        """Where calls go; Tryton takes them at a path of the database's name."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}://{host}:{self.port}/{quote(self.database, safe='')}/rpc/"

    @classmethod
    def read(cls, config: Mapping[str, Any], secrets: Mapping[str, str]) -> TrytonSettings:
        values = checked(SettingsSchema(), config, secrets)
        return cls(**values)


def names(text: str) -> frozenset[str]:
    """Names separated by commas, in lower case."""
    return frozenset(part.strip().casefold() for part in text.split(",") if part.strip())
