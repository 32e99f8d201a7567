"""How often a company's system may be called: the page on which its administrator says so, and what another page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.versions import seen_version
from portico.connections import pace, service
from portico.connections.connector import Rate
from portico.connections.host import ConnectionHost
from portico.connections.models import Connection
from portico.forms.submission import handle
from portico.forms.widgets import NumberWidget
from portico.pluginhost.toggles import ChangedMeanwhileError
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param

SECOND, MINUTE = 1, 60
LEAST_PER_MINUTE, MOST = 10, 1000
"""One page of a reading takes several calls: with fewer turns than that it could never come to its end."""


@dataclass(frozen=True)
class Shown:
    """rate: what counts, None = no limit. proposed: it is the connector's, and nobody here said anything else."""

    rate: Rate | None
    proposed: bool
    usage: pace.Usage


def shown(request: Request, connection: Connection) -> Shown:
    own, host = own_rate(connection), request.registry.portico.connections
    rate = own or host.proposed_rate(connection.connector, connection.config)
    return Shown(rate, own is None, pace.usage(request.db, connection.id, rate))


def own_rate(connection: Connection) -> Rate | None:
    """What this company's administrator said."""
    if connection.rate_calls is None or connection.rate_per_s is None:
        return None
    return Rate(connection.rate_calls, connection.rate_per_s)


def _schema() -> colander.MappingSchema:
    schema = colander.MappingSchema(validator=_enough)
    schema.add(
        colander.SchemaNode(
            colander.Integer(),
            name="calls",
            title=_("Calls at most"),
            missing=None,
            default=colander.null,
            widget=NumberWidget(),
            validator=colander.Range(1, MOST),
            description=_("Each question over the network counts, and one page of a reading takes several. Empty: as this kind "
                          "of system proposes, or without a limit."),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.Integer(),
            name="per_s",
            title=_("Within"),
            default=MINUTE,
            validator=colander.OneOf([SECOND, MINUTE]),
            widget=deform.widget.SelectWidget(values=[(MINUTE, _("a minute")), (SECOND, _("a second"))]),
        )
    )
    return schema


def _enough(node: Any, values: dict[str, Any]) -> None:
    calls = values.get("calls")
    if calls is not None and values["per_s"] == MINUTE and calls < LEAST_PER_MINUTE:
        error = colander.Invalid(node)
        error["calls"] = _("At least ${count} within a minute: one page of a reading takes several calls.",
                           mapping={"count": LEAST_PER_MINUTE})
        raise error


def edit(context: None, request: Request) -> Any:
    host: ConnectionHost = request.registry.portico.connections
    connection = service.get(request.db, uuid_param(request, "connection_id"))
    own, back = own_rate(connection), request.route_path("admin.connection", connection_id=connection.id)

    def save(values: dict[str, Any]) -> Response:
        if seen_version(request) != connection.version:
            raise ChangedMeanwhileError
        rate = Rate(values["calls"], values["per_s"]) if values["calls"] is not None else None
        service.set_rate(request.db, connection.id, rate)
        flash(request, _("Saved. It counts from now on."))
        return HTTPSeeOther(back)

    answer = handle(
        request,
        _schema(),
        save,
        initial={"calls": own.calls, "per_s": own.per_s} if own else {},
        name="rate",
        hidden={"version": str(connection.version)},
        cancel_url=back,
    )
    if not isinstance(answer, dict):
        return answer
    return {**answer, "connection": connection, "proposed": host.proposed_rate(connection.connector, connection.config)}
