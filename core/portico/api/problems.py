"""The page that the `type` of every problem document leads to: each kind of problem, and what helps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pyramid.request import Request

from portico.errors import PROBLEMS, DomainError
from portico.identity.permissions import PUBLIC
from portico.web.routes import Routes


def add_routes(routes: Routes) -> None:
    routes.page(
        "api.problems",
        PROBLEMS,
        page,
        permission=PUBLIC,
        site="any",
        rate="anonymous",
        renderer="portico/problems.jinja2",
    )


def page(context: None, request: Request) -> dict[str, Any]:
    found = kinds({"portico", *request.registry.portico.plugins.manifests})
    shown = ("code", "status", "message", "remedy")
    return {"kinds": [{name: getattr(one, name) for name in shown} for one in found]}


def kinds(packages: Collection[str]) -> list[type[DomainError]]:
    """The classes that give a code its meaning, by status and code; of these import packages alone."""
    found: dict[str, type[DomainError]] = {}
    everything: list[type[DomainError]] = [DomainError, *_below(DomainError)]
    for error in everything:
        if "code" in vars(error) and error.__module__.split(".")[0] in packages:
            found.setdefault(error.code, error)
    return sorted(found.values(), key=lambda error: (error.status, error.code))


def _below(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)
