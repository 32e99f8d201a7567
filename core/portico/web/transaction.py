"""One transaction and one database session a request; views never commit."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy.orm import Session


def database_session(request: Request) -> Session:
    return request.registry.portico.sessions.for_request(request.tm)


def includeme(config: Configurator) -> None:
    config.include("pyramid_tm")
    config.add_request_method(database_session, "db", reify=True)
