"""Moves the prefix `/c/<slug>` of a tenant without a host of its own out of the path, in front of everything.

`split_prefix` decides; the two middlewares only apply its answer. Who the slug is, if anyone, is decided by
the tenancy behind them, which reads `portico.slug` from the ASGI scope or the WSGI environ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from portico.web.refusals import below_api

SLUG = re.compile(r"[a-z0-9-]{1,40}")
KEY = "portico.slug"
"""Key in scope and environ: the slug, or None. No client can set it: headers never make a key with a dot."""
REFUSED = "portico.refused"
"""Key in scope and environ: the status that a request gets, whatever it asks for; the path is then a harmless one."""

_PREFIX = re.compile(r"/c/([a-z0-9-]{1,40})(/.*)?", re.DOTALL)

_PLAIN = re.compile(r"(/[A-Za-z0-9_-]+)+/?|/")
"""Paths with nothing in them to look at twice, which nearly all are."""

Environ = dict[str, Any]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Split:
    """`root` + `rest` is the path that came in. An empty `rest` asks for a redirect to `root` + "/"."""

    slug: str | None
    root: str
    rest: str


def split_prefix(raw_path: str, *, apex: bool) -> Split | None:
    """Split a path that is still percent-encoded. None: no such page, whoever asks.

    The prefix counts only as literal text, once, at the very start and on the apex host. An encoded slash or
    letter in it is no prefix. Empty first segments (`//host` is another site in a Location header) and
    dot segments are refused in any spelling: clients and proxies remove them before they send.
    """
    if not raw_path.startswith("/") or _is_deceptive(raw_path):
        return None
    found = _PREFIX.fullmatch(raw_path) if apex else None
    if found is None:
        return Split(None, "", raw_path)
    rest = found[2] or ""
    if _is_deceptive(rest):
        return None
    return Split(found[1], f"/c/{found[1]}", rest)


def _is_deceptive(raw_path: str) -> bool:
    if _PLAIN.fullmatch(raw_path):
        return False
    path = unquote_to_bytes(raw_path).replace(b"\\", b"/")
    return path.startswith(b"//") or b"\0" in path or not {b".", b".."}.isdisjoint(path.split(b"/"))


def refusal(raw_path: str, query: bytes, *, apex: bool) -> tuple[int, Split] | None:
    """The status of a request that no page may see, and where it is told: at that company or site, below /api or not.

    400 for what is not UTF-8 or holds a NUL: neither a database nor a log could take it.
    """
    if _PLAIN.fullmatch(raw_path) and query.isascii() and b"%" not in query:
        return None
    broken = b"\0" in (path := unquote_to_bytes(raw_path)) or b"%00" in query
    if broken or not (_is_utf8(path) and _is_utf8(unquote_to_bytes(query))):
        status = 400
    elif split_prefix(raw_path, apex=apex) is None:
        status = 404
    else:
        return None
    found = _PREFIX.fullmatch(raw_path) if apex else None
    root = f"/c/{found[1]}" if found else ""
    return status, Split(found[1] if found else None, root, "/api/" if below_api(raw_path.encode("latin1")) else "/")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def bare_host(host: str) -> str:
    """A Host header in lower case, without port and without the dot of an absolute name."""
    name, _, port = host.lower().rpartition(":")
    return (name if name and port.isdigit() else host.lower()).rstrip(".")


class PrefixMiddleware:
    """ASGI: sets `root_path` (the path itself stays whole, as the specification says) and `portico.slug`."""

    def __init__(self, app: ASGIApp, apex_hosts: Collection[str]) -> None:
        self.app = app
        self.apex = frozenset(map(bare_host, apex_hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or KEY in scope:
            await self.app(scope, receive, send)
            return
        host = next((value.decode("latin1") for name, value in scope["headers"] if name == b"host"), "")
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        text, apex = raw.decode("latin1"), bare_host(host) in self.apex
        refused = refusal(text, scope["query_string"], apex=apex)
        if refused is not None:
            await self.app(_refused_scope(scope, *refused), receive, send)
            return
        split = split_prefix(text, apex=apex)
        assert split is not None
        if not split.rest:
            query = scope["query_string"]
            target = split.root.encode() + b"/" + (b"?" + query if query else b"")
            await _answer(send, 307, [(b"location", target), (b"cache-control", b"no-store")])
        else:
            root = scope.get("root_path", "") + split.root
            await self.app({**scope, "root_path": root, KEY: split.slug}, receive, send)


def _refused_scope(scope: Scope, status: int, told: Split) -> Scope:
    path, root = told.root + told.rest, scope.get("root_path", "") + told.root
    query = b"" if status == 400 else scope["query_string"]
    return {**scope, "path": path, "raw_path": path.encode(), "root_path": root, "query_string": query,
            KEY: told.slug, REFUSED: status}


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class WSGIPrefixMiddleware:
    """WSGI: the same for tests. An environ has no raw path: an encoded slash is a slash here."""

    def __init__(self, app: WSGIApp, apex_hosts: Collection[str]) -> None:
        self.app = app
        self.apex = frozenset(map(bare_host, apex_hosts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)  # `registry`, which test clients and the server runner look for

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if KEY in environ:
            return self.app(environ, start_response)
        path = environ.get("PATH_INFO") or "/"
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        raw, apex, query = quote(path.encode("latin1")), bare_host(host) in self.apex, environ.get("QUERY_STRING", "")
        refused = refusal(raw, query.encode("latin1"), apex=apex)
        if refused is not None:
            status, told = refused
            root = environ.get("SCRIPT_NAME", "") + told.root
            return self.app({**environ, "SCRIPT_NAME": root, "PATH_INFO": told.rest, KEY: told.slug, REFUSED: status,
                             "QUERY_STRING": "" if status == 400 else query}, start_response)
        split = split_prefix(raw, apex=apex)
        assert split is not None
        root = environ.get("SCRIPT_NAME", "") + split.root
        if not split.rest:
            target = f"{root}/{'?' + query if query else ''}"
            start_response("307 Temporary Redirect", [("Location", target), ("Content-Length", "0")])
            return [b""]
        rest = path[len(split.root):]
        return self.app({**environ, "SCRIPT_NAME": root, "PATH_INFO": rest, KEY: split.slug}, start_response)
