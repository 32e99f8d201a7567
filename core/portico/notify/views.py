"""The notification centre: a list, a badge, and marking read."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from translationstring import TranslationString

from portico.notify import notices
from portico.notify.fan_out import parameters
from portico.web.i18n import translate
from portico.web.params import text_param, uuid_param


@dataclass(frozen=True, slots=True)
class Drawn:
    """A notice as a page shows it. title and body: in the reader's words. at: aware UTC. url: the way to its subject."""

    id: uuid.UUID
    icon: str
    at: dt.datetime
    unread: bool
    title: str
    body: str
    url: str


def drawn(request: Request, rows: Any) -> list[Drawn]:
    return [
        Drawn(
            id=row.id,
            icon=kind.icon,
            at=row.at,
            unread=row.read_at is None,
            title=worded(request, kind.title, row.data),
            body=worded(request, kind.body, row.data),
            url=address(request, kind, row),
        )
        for row, kind in notices.wording(request.relay, rows, request.scope)
    ]


def address(request: Request, kind: Any, row: Any) -> str:
    """Where the notice leads; the list itself, if this installation has no such page."""
    known = kind.route in request.registry.portico.routes.by_name
    return str(
        request.route_path(kind.route, **parameters(kind, row.subject_id, row.data))
        if known
        else request.route_path("notices.list")
    )


def worded(request: Request, text: Any, data: dict[str, Any]) -> str:
    """A translated message with ${names} filled from the event's data."""
    return translate(request.locale_name, text % data if isinstance(text, TranslationString) else text)


def listing(context: None, request: Request) -> dict[str, Any]:
    only = request.params.get("show") == "unread"
    page = notices.notices(request.db, unread_only=only, cursor=request.params.get("after"))
    return {"notices": drawn(request, page.rows), "next": page.next, "unread_only": only}


def badge(context: None, request: Request) -> dict[str, Any]:
    return {"unread": notices.unread(request.db)}


def follow(context: None, request: Request) -> Response:
    """Mark one read and go to its subject."""
    notices.mark_read(request.db, uuid_param(request, "notice_id"))
    target = text_param(request, "to")
    safe = target.startswith(request.script_name + "/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return HTTPSeeOther(target if safe else request.route_path("notices.list"))


def read_all(context: None, request: Request) -> Response:
    notices.mark_read(request.db)
    return HTTPSeeOther(request.route_path("notices.list"))


def api_list(context: None, request: Request) -> dict[str, Any]:
    page = notices.notices(
        request.db,
        unread_only=bool(request.query_data.get("unread")),
        cursor=request.query_data.get("cursor"),
        limit=request.query_data.get("limit") or 25,
    )
    items = [
        {"id": one.id, "title": one.title, "body": one.body, "at": one.at, "unread": one.unread}
        for one in drawn(request, page.rows)
    ]
    return {"items": items, "next_cursor": page.next}


def api_read(context: None, request: Request) -> dict[str, Any]:
    return {"marked": notices.mark_read(request.db, uuid_param(request, "notice_id"))}
