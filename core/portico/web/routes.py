"""The one way to add a route: who may, for which site, with which schema. What forgets to say so is refused at start.

Every route is also a row of the route table, from which the OpenAPI document and the generated wall tests are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyramid.config import Configurator

from portico.identity.permissions import (
    ADMINISTRATION,
    CORE_PERMISSIONS,
    HERE,
    MEMBER,
    OPERATOR,
    ORGANISATION_PERMISSIONS,
    OWN_HERE,
    PUBLIC,
    SEEING,
    SIGNED_IN,
)
from portico.pluginhost.manifest import Manifest
from portico.pluginhost.values import AgreementKind
from portico.web.limits import CLASSES, class_of

API_PREFIX = "/api/v1/portal"
Kind = Literal["page", "action", "fragment", "api"]
Site = Literal["tenant", "apex", "any"]
_NAME = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_-]+)+$")


class RouteError(ValueError):
    """A route that cannot be added; the text says what is missing."""


@dataclass(frozen=True)
class RouteSpec:
    """One view of one route. `plugin` None: core. `body`, `query`, `response`: Colander schema classes of an API view.

    site: "tenant" exists below a company only, "apex" only outside of one, "any" in both.
    upload: an API view that takes one file, as field "file" of multipart/form-data.
    media_type: what an API view answers with instead of JSON; it then has no response schema, and gives a Response itself.
    from_elsewhere: other sites' pages post here; what they post is not held against the form's token.
    home: a person's own, or a way to sign in: at a company's own host it only leads to the portal's.
    fresh: only for somebody who proved within the last minutes who they are; others prove it first and come back.
    rate: the class of its rate limit: "read", "write", "sensitive" or "anonymous".
    idempotent: honours Idempotency-Key (RFC draft-ietf-httpapi-idempotency-key).
    """

    plugin: str | None
    name: str
    pattern: str
    kind: Kind
    method: str
    permission: str
    view: Callable[..., Any]
    context: Callable[..., Any] | None = None
    renderer: str | None = None
    body: Any = None
    query: Any = None
    response: Any = None
    status: int = 200
    site: Site = "tenant"
    rate: str = "read"
    idempotent: bool = False
    title: str = ""
    fresh: bool = False
    upload: bool = False
    from_elsewhere: bool = False
    media_type: str = ""
    home: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)", self.pattern))


class RouteTable:
    """All routes of the process, in order of registration."""

    def __init__(self) -> None:
        self.specs: list[RouteSpec] = []
        self.by_name: dict[str, RouteSpec] = {}
        self.plain: dict[str, str] = {}  # name → pattern, where the pattern is the path
        self.simple: dict[str, str] = {}  # name → "/orders/%(order_id)s", where nothing but such parts is in the pattern

    def add(self, spec: RouteSpec) -> bool:
        """True if the name is new. Raises RouteError for the same name and method twice, or with another pattern."""
        known = self.by_name.get(spec.name)
        if known is not None and known.pattern != spec.pattern:
            raise RouteError(f"route {spec.name!r} is both {known.pattern!r} and {spec.pattern!r}")
        if any(one.name == spec.name and one.method == spec.method for one in self.specs):
            raise RouteError(f"route {spec.name!r} has {spec.method} twice")
        self.specs.append(spec)
        self.by_name.setdefault(spec.name, spec)
        if re.fullmatch(r"(/[\w.-]+)+|/", spec.pattern, re.ASCII):
            self.plain[spec.name] = spec.pattern
        elif re.fullmatch(r"(/([\w.-]|{\w+})+)+", spec.pattern, re.ASCII):
            self.simple[spec.name] = re.sub(r"{(\w+)}", r"%(\1)s", spec.pattern)
        return known is None

    def methods(self, name: str) -> tuple[str, ...]:
        """What the route of that name takes. HEAD goes wherever GET does."""
        found = {one.method for one in self.specs if one.name == name}
        return tuple(sorted(found | ({"HEAD"} if "GET" in found else set())))

    def __iter__(self) -> Iterator[RouteSpec]:
        return iter(self.specs)


class Routes:
    """What a plugin's `register_routes` is given. Adds the plugin's predicate itself, so that no author can forget it.

    agreements: every kind of record that an installed plugin has people agree to, whether it is on for a company or not.
    """

    def __init__(
        self, config: Configurator, table: RouteTable, plugin: Manifest | None, agreements: Sequence[AgreementKind] = ()
    ) -> None:
        self._config, self._table, self._plugin = config, table, plugin
        self.agreements = agreements
        self._permissions = {PUBLIC, SIGNED_IN, HERE, SEEING, MEMBER, OWN_HERE, OPERATOR, ADMINISTRATION}
        self._permissions |= CORE_PERMISSIONS.keys() | ORGANISATION_PERMISSIONS.keys()
        if plugin is not None:
            self._permissions |= plugin.permissions.keys()

    def page(
        self,
        name: str,
        pattern: str,
        view: Callable[..., Any],
        *,
        permission: str,
        renderer: str | None = None,
        context: Callable[..., Any] | None = None,
        site: Site = "tenant",
        methods: tuple[str, ...] = ("GET",),
        rate: str | None = None,
        fresh: bool = False,
        home: bool = False,
    ) -> None:
        """A whole page. With methods GET and POST, one view shows and takes a form; `rate` is then that of taking it."""
        for method in methods:
            shows = method == "GET" and len(methods) > 1
            self._add(
                kind="page",
                name=name,
                pattern=pattern,
                view=view,
                permission=permission,
                renderer=renderer,
                context=context,
                site=site,
                method=method,
                rate=None if shows else rate,
                fresh=fresh,
                home=home,
            )

    def action(
        self,
        name: str,
        pattern: str,
        view: Callable[..., Any],
        *,
        permission: str,
        context: Callable[..., Any] | None = None,
        site: Site = "tenant",
        renderer: str | None = None,
        rate: str | None = None,
        fresh: bool = False,
        from_elsewhere: bool = False,
        home: bool = False,
    ) -> None:
        """POST that changes something, then usually redirects.

        from_elsewhere: other sites' pages post here, without our form's token; the view proves by itself that it was asked for.
        """
        self._add(
            kind="action",
            name=name,
            pattern=pattern,
            view=view,
            permission=permission,
            context=context,
            site=site,
            method="POST",
            renderer=renderer,
            rate=rate,
            fresh=fresh,
            from_elsewhere=from_elsewhere,
            home=home,
        )

    def fragment(
        self,
        name: str,
        pattern: str,
        view: Callable[..., Any],
        *,
        permission: str,
        renderer: str | None = None,
        context: Callable[..., Any] | None = None,
        site: Site = "tenant",
        method: str = "GET",
        rate: str | None = None,
    ) -> None:
        """A part of a page, without layout, that htmx puts in place."""
        self._add(
            kind="fragment",
            name=name,
            pattern=pattern,
            view=view,
            permission=permission,
            renderer=renderer,
            context=context,
            site=site,
            method=method,
            rate=rate,
        )

    def api(
        self,
        name: str,
        path: str,
        view: Callable[..., Any],
        *,
        permission: str,
        method: str = "GET",
        context: Callable[..., Any] | None = None,
        body: Any = None,
        query: Any = None,
        response: Any = None,
        status: int = 200,
        idempotent: bool = False,
        title: str = "",
        site: Site = "tenant",
        rate: str | None = None,
        upload: bool = False,
        fresh: bool = False,
        media_type: str = "",
        home: bool = False,
    ) -> None:
        """One method of an API resource, below /api/v1/portal. `body` is required for POST, PUT and PATCH with content;
        `response` for everything but 204. upload: instead of a body, a file: `request.upload`. media_type: instead of a response
        schema, what the view's Response holds ("application/pdf")."""
        if response is None and status != 204 and not media_type:
            raise RouteError(f"API route {name!r} {method} has no response schema")
        owner = self._plugin.owner if self._plugin else "core"
        self._add(
            kind="api",
            name=f"{owner}.api.{name}",
            pattern=API_PREFIX + path,
            view=view,
            permission=permission,
            context=context,
            site=site,
            method=method,
            body=body,
            query=query,
            response=response,
            status=status,
            idempotent=idempotent,
            title=title,
            rate=rate,
            upload=upload,
            fresh=fresh,
            media_type=media_type,
            home=home,
        )

    def _add(self, **values: Any) -> None:
        values["rate"] = values["rate"] or class_of(values["method"], values["permission"])
        values["home"] = values.get("home", False) or values["permission"] in (SIGNED_IN, OWN_HERE)
        spec = RouteSpec(plugin=self._plugin.name if self._plugin else None, **values)
        owner = self._plugin.owner if self._plugin else None
        if not _NAME.match(spec.name) or (owner and spec.name.split(".")[0] != owner):
            raise RouteError(f"route {spec.name!r}: the name must look like {owner or 'area'}.detail")
        if spec.permission not in self._permissions:
            raise RouteError(
                f"route {spec.name!r}: permission {spec.permission!r} is declared neither by core nor in "
                "the plugin's plugin.toml"
            )
        if spec.rate not in CLASSES:
            raise RouteError(f"route {spec.name!r}: rate class {spec.rate!r} is none of {', '.join(CLASSES)}")
        if self._plugin is not None and (spec.site != "tenant" or spec.permission == OPERATOR):
            raise RouteError(f"route {spec.name!r}: a plugin's routes live below a company")
        if self._table.add(spec):
            predicates: dict[str, Any] = {"portico_site": spec.site}
            if spec.plugin:
                predicates["portico_plugin"] = spec.plugin
            self._config.add_route(spec.name, spec.pattern, factory=None, **predicates)
        self._config.add_portico_view(spec)
