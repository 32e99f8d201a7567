"""Translates an ASGI scope into a WSGI environ, and refuses what two readers could read in two ways."""

from __future__ import annotations

import re
import sys
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from portico.web.prefix import KEY, REFUSED

_ONCE = frozenset({"HTTP_HOST", "HTTP_AUTHORIZATION", "HTTP_ORIGIN", "CONTENT_TYPE", "CONTENT_LENGTH"})
_PLAIN = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class BadRequestError(ValueError):
    """The request is ambiguous or malformed: 400, and the connection is closed."""


def build_environ(scope: Scope) -> dict[str, Any]:
    """Everything of the environ except `wsgi.input`.

    Header names that only differ in `_` and `-` are one name in WSGI, so those with an underscore are
    dropped, and so is `Proxy`, which would read as $HTTP_PROXY.
    """
    root = scope.get("root_path", "").encode()
    host, port = scope.get("server") or ("localhost", 80)
    path = unquote_to_bytes(scope["raw_path"]) if scope.get("raw_path") else scope["path"].encode()
    if b"\0" in path or b"%00" in scope["query_string"]:
        raise BadRequestError("NUL")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.decode("latin1"),
        "PATH_INFO": path.removeprefix(root).decode("latin1"),
        "QUERY_STRING": scope["query_string"].decode("latin1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.version": (1, 0),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        KEY: scope.get(KEY),
        REFUSED: scope.get(REFUSED),
    }
    _add_headers(environ, scope["headers"])
    if "HTTP_HOST" in environ:
        if not _HOST.fullmatch(environ["HTTP_HOST"]):
            raise BadRequestError("Host")
    elif scope["http_version"] != "1.0":  # RFC 9112 §3.2
        raise BadRequestError("Host")
    return environ


def _add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    for raw_name, raw_value in headers:
        if b"_" in raw_name or raw_name == b"proxy":
            continue
        name = raw_name.decode("latin1").upper().replace("-", "_")
        key = name if name in _PLAIN else "HTTP_" + name
        value = raw_value.decode("latin1")
        if key not in environ:
            environ[key] = value
        elif key in _ONCE:
            raise BadRequestError(key)
        else:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ", ") + value
