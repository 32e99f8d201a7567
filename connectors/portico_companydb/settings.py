"""The settings of one connection: the form's schema and the typed values made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import colander
import deform

from portico_companydb.foreign import document
from portico_companydb.i18n import _
from portico_erp.currencies import DECIMALS
from portico_erp.settings import checked

AUTOMATIC, VERIFIED = "automatic", "verify-full"
POSTGRESQL, MYSQL, SQLITE = "postgresql", "mysql", "sqlite"
DIALECTS = (POSTGRESQL, MYSQL, SQLITE)
PORTS = {POSTGRESQL: 5432, MYSQL: 3306, SQLITE: 0}
ENCRYPTION = (AUTOMATIC, VERIFIED, "require", "prefer", "disable")

# A host name or an address. Not a path, which libpq would take for a unix socket, nor a list of hosts.
_HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$|^[0-9A-Fa-f:.]{2,45}$")


def _is_host(node: Any, value: str) -> None:
    if value and not _HOST.match(value):
        raise colander.Invalid(node, _("Enter a host name or an IP address, without path or port."))


def _is_complete(node: Any, values: Mapping[str, Any]) -> None:
    """A server has an address and wants a login."""
    wrong = colander.Invalid(node)
    for name in ("host", "user", "password") if values["dialect"] != SQLITE else ():
        if not values.get(name):
            wrong[name] = _("A server needs this.")
    if wrong.children:
        raise wrong


class MappingText(colander.SchemaType):
    """A mapping: text in TOML or JSON in a form, data in what is stored. None: the standard schema."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        if appstruct in (colander.null, None, {}):
            return colander.null
        return json.dumps(appstruct, ensure_ascii=False, indent=2)

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct in (colander.null, None) or (isinstance(cstruct, str) and not cstruct.strip()):
            return colander.null
        try:
            found = document.load(cstruct) if isinstance(cstruct, str) else dict(cstruct)
            # A day or a time that TOML writes without quotes is stored as the text that it is.
            found = json.loads(json.dumps(found, default=str))
            document.parse(found, next(iter(DECIMALS)))
        except document.MappingError as error:
            raise colander.Invalid(node, error.message) from error
        except (TypeError, ValueError) as error:
            raise colander.Invalid(node, _("This is no mapping.")) from error
        return found


class SettingsSchema(colander.Schema):
    """What a person fills in to connect a company database."""

    dialect = colander.SchemaNode(
        colander.String(),
        title=_("Kind of database"),
        description=_(
            "mysql: MySQL and MariaDB as well. sqlite: a file that the operator of this portal keeps for your company."
        ),
        default=POSTGRESQL,
        missing=POSTGRESQL,
        validator=colander.OneOf(DIALECTS),
    )
    host = colander.SchemaNode(
        colander.String(), title=_("Host"), description=_("Not for a file."), missing="", validator=_is_host
    )
    port = colander.SchemaNode(
        colander.Integer(),
        title=_("Port"),
        description=_("Without one: 5432 for PostgreSQL, 3306 for MySQL and MariaDB."),
        missing=None,
        validator=colander.Range(1, 65535),
    )
    database = colander.SchemaNode(
        colander.String(), title=_("Database"), description=_("Its name, or that of the file."), validator=colander.Length(1, 63)
    )
    user = colander.SchemaNode(
        colander.String(), title=_("User"), description=_("Not for a file."), missing="", validator=colander.Length(1, 63)
    )
    password = colander.SchemaNode(
        colander.String(), title=_("Password"), description=_("Not for a file."), missing="", validator=colander.Length(1, 500)
    )
    sslmode = colander.SchemaNode(
        colander.String(),
        title=_("Encryption"),
        description=_(
            "automatic: verify-full, but for addresses in networks that the operator has opened. verify-full: encrypted, and "
            "only if the server's certificate is for this host and from an authority that this portal trusts. The others do "
            "without the certificate, and are for networks that the operator has opened."
        ),
        default=AUTOMATIC,
        missing=AUTOMATIC,
        validator=colander.OneOf(ENCRYPTION),
    )
    currency = colander.SchemaNode(
        colander.String(), title=_("Currency of the price list"), validator=colander.OneOf(sorted(DECIMALS))
    )
    mapping = colander.SchemaNode(
        MappingText(),
        title=_("Mapping"),
        description=_(
            "Only for a database with tables of its own: where in it everything is, as TOML or JSON. Empty: the standard schema."
        ),
        default=None,
        missing=None,
        widget=deform.widget.TextAreaWidget(rows=6, attributes={"spellcheck": "false", "dir": "ltr"}),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), validator=_is_complete, **options)


@dataclass(frozen=True)
class DatabaseSettings:
    """Checked settings. `overlap_s`: how far back of the last visit the incremental readers look again."""

    host: str
    port: int
    database: str
    user: str
    currency: str
    dialect: str = POSTGRESQL
    sslmode: str = AUTOMATIC
    password: str = field(default="", repr=False)
    mapping: Mapping[str, Any] | None = field(default=None, repr=False)
    overlap_s: float = 300.0
    connect_timeout_s: float = 5.0
    statement_timeout_s: float = 20.0
    pool_size: int = 4

    def mode(self, *, opened: bool) -> str:
        """libpq's `sslmode`. opened: the address is in a network that the operator has opened."""
        return self.sslmode if self.sslmode != AUTOMATIC else "prefer" if opened else VERIFIED

    @classmethod
    def read(cls, config: Mapping[str, Any], secrets: Mapping[str, str]) -> DatabaseSettings:
        values = checked(SettingsSchema(), config, secrets)
        return cls(**{**values, "port": values["port"] or PORTS[values["dialect"]]})
