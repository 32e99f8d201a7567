"""Draws the dashboard. Every card is a request of its own, so that a slow or failing one holds up nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request

from portico.db.direct import Direct
from portico.events.models import Event
from portico.identity.permissions import MEMBER
from portico.identity.policy import permits
from portico.notify import notices
from portico.notify.views import worded
from portico.pluginhost.values import Widget
from portico.tenancy import reach
from portico.web.i18n import _

FEED = 8
ACTIVITY = Widget(
    "core.activity", _("Recent activity"), "dashboard.activity", MEMBER, size=1, order=90, live=("resync",)
)


_EVENT: Any = Event.__table__


@lru_cache(maxsize=8)
def _newest(kind: str) -> Direct:
    query = sa.select(*(_EVENT.c[name] for name in ("id", "kind", "actor", "subject_id", "data", "at")))
    query = query.where(_EVENT.c.kind.in_(sa.bindparam("kinds", expanding=True)), *reach.conditions(kind, _EVENT.c))
    return Direct(query.order_by(_EVENT.c.at.desc(), _EVENT.c.id.desc()).limit(FEED))


def home(context: None, request: Request) -> dict[str, Any]:
    scope, relay = request.scope, request.relay
    request.unread_notices = notices.unread(request.db)  # cheaper than the request that the bell would make
    actions = [one for one in relay.call("quick_actions", scope=scope) if permits(scope, one.permission)]
    widgets = [
        ACTIVITY,
        *(one for one in relay.call("dashboard_widgets", scope=scope) if permits(scope, one.permission)),
    ]
    return {
        "quick_actions": sorted(actions, key=lambda one: one.order),
        "widgets": sorted(widgets, key=lambda one: one.order),
        "welcome": (request.tenant.settings.get("welcome") or {}).get(scope.locale) if request.tenant else None,
    }


def activity(context: None, request: Request) -> dict[str, Any]:
    """The newest events that some plugin has words for (DASH-2)."""
    known = {one.event: one for one in request.relay.call("activities")}
    values = {"kinds": list(known), **reach.values(request.scope)}
    rows = _newest(reach.kind_of(request.scope)).rows(request.db, values) if known else []
    return {
        "events": [
            {
                "at": row.at,
                "actor": row.actor,
                "icon": known[row.kind].icon,
                "title": worded(request, known[row.kind].title, row.data),
                "url": request.route_path(
                    known[row.kind].route,
                    **{
                        name: {**row.data, "subject": row.subject_id}.get(key, "")
                        for name, key in known[row.kind].route_params.items()
                    },
                ),
            }
            for row in rows
        ]
    }


def related(context: None, request: Request) -> dict[str, Any]:
    """What other plugins know about a record: `ref` (repeated) are its ids and numbers."""
    references = frozenset(ref[:100] for ref in request.GET.getall("ref")[:10])
    found = request.relay.call("related_records", db=request.db, references=references) if references else []
    return {"records": sorted(found, key=lambda one: str(one.title))}
