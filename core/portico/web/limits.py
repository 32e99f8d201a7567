"""How often anybody may ask: every route has a rate class, counted per person, per address and per company.

Ordinary asking ("read", "write", "anonymous") is counted in the process, and brought together in PostgreSQL once a key
gets near its limit: a page that nobody hammers costs no statement. What can be guessed at or costs much ("sensitive") is
counted in PostgreSQL each time, in a transaction of its own, before anything is done; if that cannot be counted, it is
not done. See docs/decisions/0018.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final

import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.viewderivers import INGRESS
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError

from portico.errors import TooManyRequestsError
from portico.identity.permissions import PUBLIC
from portico.jobs.job import Job
from portico.settings import Allowance, Settings
from portico.tenancy.scope import Scope
from portico.web import outside

log = logging.getLogger("portico.limits")
READ, WRITE, SENSITIVE, ANONYMOUS = "read", "write", "sensitive", "anonymous"
CLASSES: Final = (READ, WRITE, SENSITIVE, ANONYMOUS)
MINUTE_S, LONG_S = 60, 15 * 60
NEAR = 4
"""A key is brought together with other processes' once this process alone has a quarter of its limit."""
TOGETHER_EVERY_S = 2.0
MOST_KEYS = 50_000
_HITS = sa.text("SELECT key, hits FROM rate_hits(:keys, :hits, :window)").bindparams(
    sa.bindparam("keys", type_=ARRAY(sa.Text)), sa.bindparam("hits", type_=ARRAY(sa.Integer))
)


def class_of(method: str, permission: str) -> str:
    """The class of a route that names none: what strangers may send is sensitive until somebody says otherwise."""
    if method in ("GET", "HEAD"):
        return ANONYMOUS if permission == PUBLIC else READ
    return SENSITIVE if permission == PUBLIC else WRITE


@dataclass
class Count:
    """Of one key in one window. known: of all processes when they were last brought together; own: since then, here."""

    window: int
    known: int = 0
    own: int = 0
    together_at: float = field(default=0.0)


class Limits:
    """Of one process. `now` gives Unix time in seconds."""

    def __init__(self, settings: Settings, sessions: Callable[[], Any], now: Callable[[], float] = time.time) -> None:
        self.allowed: Mapping[str, Allowance] = {
            READ: settings.rate_read,
            WRITE: settings.rate_write,
            SENSITIVE: settings.rate_sensitive,
            ANONYMOUS: settings.rate_anonymous,
        }
        self._sessions, self._now = sessions, now
        self._counts: dict[str, Count] = {}
        self._lock = threading.Lock()

    def check(self, scope: Scope, rate: str) -> None:
        """Count one request of that class. Raises TooManyRequestsError."""
        if rate == ANONYMOUS and scope.signed_in:
            rate = READ
        keys = self.keys(scope, rate)
        exceeded = self._exact(keys) if rate == SENSITIVE else self._about(keys)
        if exceeded:
            raise TooManyRequestsError(self._wait_s(LONG_S if rate == SENSITIVE else MINUTE_S))

    def keys(self, scope: Scope, rate: str) -> dict[str, int]:
        """Key → its limit. A company's limit counts its members alone, so that no stranger can use it up for them."""
        allowed, found = self.allowed[rate], {}
        if scope.user_id is not None and allowed.person:
            found[f"{rate}:person:{scope.user_id}"] = allowed.person
        if scope.address and allowed.address:
            found[f"{rate}:address:{network_of(scope.address)}"] = allowed.address
        if scope.is_member and scope.tenant is not None and allowed.company:
            found[f"{rate}:company:{scope.tenant.id}"] = allowed.company
        return found

    def _exact(self, keys: Mapping[str, int]) -> bool:
        """Raises whatever the database raises: then the request ends in an error, and nothing of it was done."""
        return any(hits > keys[key] for key, hits in self._add(dict.fromkeys(keys, 1), LONG_S).items())

    def _about(self, keys: Mapping[str, int]) -> bool:
        moment, near = self._now(), {}
        window = int(moment // MINUTE_S)
        with self._lock:
            if len(self._counts) > MOST_KEYS:
                self._counts = {key: one for key, one in self._counts.items() if one.window == window}
            for key, limit in keys.items():
                count = self._counts.get(key)
                if count is None or count.window != window:
                    count = self._counts[key] = Count(window)
                count.own += 1
                due = moment - count.together_at >= TOGETHER_EVERY_S
                if due and (count.known + count.own) * NEAR >= limit and count.known <= limit:
                    near[key], count.own, count.together_at = count.own, 0, moment
        if near:
            self._bring_together(near, window)
        with self._lock:
            return any(self._seen(key, window) > limit for key, limit in keys.items())

    def _seen(self, key: str, window: int) -> int:
        count = self._counts.get(key)
        return count.known + count.own if count is not None and count.window == window else 0

    def _bring_together(self, near: Mapping[str, int], window: int) -> None:
        """If the database does not answer, what this process counted by itself has to do."""
        try:
            totals = self._add(near, MINUTE_S)
        except SQLAlchemyError:
            log.warning("requests could not be counted together", exc_info=True)
            totals = {}
        with self._lock:
            for key, hits in near.items():
                count = self._counts.get(key)
                if count is None or count.window != window:
                    continue
                count.known = max(count.known, totals[key]) if key in totals else count.known + hits

    def _add(self, hits: Mapping[str, int], window_s: int) -> dict[str, int]:
        """Adds to each key's count, committed whatever becomes of the request; all that is there in this window."""
        if not hits:
            return {}
        names = sorted(hits)  # in one order everywhere: two requests cannot wait for each other
        values = {"keys": names, "hits": [hits[name] for name in names], "window": dt.timedelta(seconds=window_s)}
        with self._sessions().scoped(Scope()) as db:
            return {row.key: row.hits for row in db.execute(_HITS, values)}

    def _wait_s(self, window_s: int) -> int:
        return max(1, int(window_s - self._now() % window_s))


def network_of(address: str) -> str:
    """An IPv6 customer has a /64 or more: its addresses are one. A mapped IPv4 address is that address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else ":".join(parsed.exploded.split(":")[:4]) + "::/64"


def forget(job: Job) -> None:
    """Every hour: counts of windows that ended go. They name people and addresses."""
    with job.session() as db:
        db.execute(sa.select(sa.func.rate_forget_old()))


def limited_view(view: Any, info: Any) -> Any:
    """View deriver, in front of permission and forgery checks: who is refused was counted too."""
    rate = info.options.get("portico_rate")
    if rate is None:
        return view

    def counted(context: Any, request: Request) -> Any:
        if outside.ENVIRON not in request.environ:  # else it is the same request, running again
            request.registry.portico.limits.check(request.scope, rate)
        return view(context, request)

    return counted


limited_view.options = ("portico_rate",)  # type: ignore[attr-defined]


def includeme(config: Configurator) -> None:
    config.add_view_deriver(limited_view, name="portico_rate", under=INGRESS, over="secured_view")
