"""One transaction and one database session a request; views never commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session


def database_session(request: Request) -> Session:
    return request.registry.portico.sessions.for_request(request.tm)


def ending_tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Over pyramid_tm, which ends a transaction for an Exception alone. Work for a client that left ends by another: its
    connection has to go back at once, not when the cycle collector comes by."""

    def tween(request: Request) -> Response:
        try:
            return handler(request)
        except Exception:
            raise
        except BaseException:
            request.tm.abort()
            raise

    return tween


def includeme(config: Configurator) -> None:
    config.include("pyramid_tm")
    config.add_request_method(database_session, "db", reify=True)
