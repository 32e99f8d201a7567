"""The form of a connection, made of its connector's own schema; secrets go in and are never shown."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import colander
import deform

from portico.connections import service
from portico.connections.host import ConnectionHost
from portico.errors import InvalidError
from portico.web.i18n import _

KEPT = _("Stored. Leave it empty to keep it.")


def schema_of(host: ConnectionHost, connector: str, stored: Collection[str] = ()) -> colander.MappingSchema:
    """`stored`: secret fields that have a value already. Raises NoConnectionError."""
    kind = host.connector(connector)
    form = colander.MappingSchema()
    form.add(
        colander.SchemaNode(
            colander.String(),
            name="name",
            title=_("Name of this connection"),
            validator=colander.Length(max=200),
            description=_("For you and your colleagues."),
        )
    )
    group = colander.MappingSchema(name="settings", title=host.titles[connector])
    for child in kind.settings_schema().children:
        node = child.clone()
        if node.name in kind.secret_fields:
            node.widget = deform.widget.PasswordWidget(redisplay=False, attributes={"autocomplete": "new-password"})
            node.default = colander.null
            if node.name in stored:
                node.missing, node.description = "", KEPT
        elif node.widget is None and isinstance(node.validator, colander.OneOf):
            node.widget = deform.widget.SelectWidget(values=[(value, str(value)) for value in node.validator.choices])
        group.add(node)
    form.add(group)
    return form


def try_first() -> colander.SchemaNode:
    """Whether a new connection waits for its administrator's word after a trial."""
    return colander.SchemaNode(
        colander.Boolean(),
        name="try_first",
        title=_("Try it first"),
        description=_("Everything is read once and nothing of it is kept: you see what would come and what would be refused, and "
                      "begin the import yourself."),
        missing=False,
        default=False,
        widget=deform.widget.CheckboxWidget(),
    )


def propose(
    db: Any, portico: Any, connector: str, values: Mapping[str, Any], replaces_id: uuid.UUID | None = None
) -> uuid.UUID:
    """The id of a draft that is to be tested. Raises InvalidError with the form's own field names."""
    try:
        return service.propose(
            db,
            portico.connections,
            portico.cipher,
            connector=connector,
            name=values["name"],
            values=values["settings"],
            replaces_id=replaces_id,
            held=bool(values.get("try_first")),
        )
    except InvalidError as error:
        raise InvalidError(
            error.message,
            fields={
                name if name in ("name", "connector") else f"settings.{name}": text
                for name, text in error.fields.items()
            },
        ) from error
