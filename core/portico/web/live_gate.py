"""The gates of a page for live events: session, company, permission and toggles decide what a stream may hear.

A stream is judged when it opens, by the same `enter` as a page, and every few seconds afterwards, all streams of a
process in one query. What it was judged by (roles, accounts, the company's configuration) is kept as a fingerprint:
when that changes, the stream ends, and the browser's next one is judged afresh.
"""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from starlette.types import Scope as AsgiScope

from portico.db.types import new_id
from portico.identity.permissions import MEMBER
from portico.identity.policy import permits
from portico.tenancy.scope import Scope
from portico.web.entry import enter
from portico.web.environ import build_environ
from portico.web.live import LiveScope

ALIVE = sa.text("SELECT * FROM sessions_alive(:sessions, :tenants)")
CORE_KINDS = frozenset({"notification", "membership", "session", "connection", "approvals", "organisation", "files"})


class LiveGate:
    """Both methods run in threads of the hub."""

    def __init__(self, portico: Any) -> None:
        self._portico = portico
        self._judged: dict[tuple[UUID, UUID], str] = {}
        self._lock = threading.Lock()

    def authorise(self, asgi: AsgiScope) -> LiveScope | None:
        request = Request(build_environ(asgi))
        request.registry = SimpleNamespace(portico=self._portico)
        request.request_id = new_id().hex
        with self._portico.sessions.unscoped() as db:
            request.db = db
            try:
                scope = enter(request)
            except HTTPNotFound:
                return None
        if scope.tenant is None or scope.user_id is None or scope.session_id is None:
            return None
        if scope.gate or not permits(scope, MEMBER):  # whom every page of the company would send elsewhere
            return None
        found = self._alive([(scope.session_id, scope.tenant.id)])
        if not found:
            return None
        with self._lock:
            self._judged = found | self._judged  # an older stream of this session keeps the mark it was judged by
        return LiveScope(scope.tenant.id, scope.user_id, scope.session_id, frozenset(scope.accounts),
                         scope.kind == "staff", self._kinds(scope), frozenset(scope.keys))

    def revalidate(self, sessions: list[UUID]) -> set[UUID]:
        asked = set(sessions)
        with self._lock:
            known = {key: mark for key, mark in self._judged.items() if key[0] in asked}
        now = self._alive(list(known))
        changed = {key[0] for key, mark in known.items() if now.get(key) != mark}
        with self._lock:
            self._judged = {key: mark for key, mark in self._judged.items() if key[0] in asked - changed}
        return {session for session, _tenant in known} - changed

    def _alive(self, keys: list[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
        if not keys:
            return {}
        with self._portico.sessions.scoped(Scope()) as db:
            rows = db.execute(ALIVE, {"sessions": [key[0] for key in keys], "tenants": [key[1] for key in keys]})
            return {(row.session_id, row.tenant_id): row.fingerprint for row in rows}

    def _kinds(self, scope: Scope) -> Any:
        """Kinds of core, and of plugins that are on and of which the person has at least one permission."""
        owners = CORE_KINDS | {permission.partition(":")[0] for permission in scope.permissions}
        return lambda kind: kind.partition(".")[0] in owners
