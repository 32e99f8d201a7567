"""Where somebody goes on to after signing in: a path of this host or, once they are signed in, the company's own host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from pyramid.request import Request

from portico.web.params import text_param

CONTINUE = "/sign-in/continue"
"""Below a company, at the portal's own host: on to the company's."""
_CHALLENGE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Onward:
    """To the company's own host. base: scheme, host and port; host: its name, for people. challenge: what the browser shows of
    the secret that it has there. path: where they want to go there, "" anywhere."""

    base: str
    host: str
    challenge: str
    path: str


def safe_next(request: Request, default: str | None = None) -> str:
    """The path to go on to: one of this site's own, never another host (ASVS 3.7.2)."""
    target = text_param(request, "next")
    return target if _is_path(target) else default or request.application_url + "/"


def wanted_path(request: Request) -> str:
    """The same as a path alone; "" where there is none."""
    target = safe_next(request, "")
    return target if _is_path(target) else ""


def onward(request: Request) -> Onward | None:
    """Where this address leads to: None for one that is not `CONTINUE`, or where the company has no host of its own."""
    return _onward(request, request.path_qs)


def onward_next(request: Request) -> Onward | None:
    """Where the page that this one leads to then leads, by its address: a form that was sent may be in no form at all."""
    target = request.GET.get("next", "")
    return _onward(request, target) if _is_path(target) else None


def _onward(request: Request, address: str) -> Onward | None:
    """The host is the database's; nothing of it stands in the address."""
    tenant = request.tenant
    if tenant is None or tenant.host is None or request.scope.host is not None:
        return None
    try:
        split = urlsplit(address)
    except ValueError:
        return None
    query = parse_qs(split.query)
    challenge, path = (query.get(name, [""])[0] for name in ("challenge", "next"))
    if split.path != request.script_name + CONTINUE or not _CHALLENGE.fullmatch(challenge):
        return None
    base = request.registry.portico.tenant_url(tenant)
    return Onward(base, tenant.host, challenge, path if _is_path(path) else "")


def _is_path(target: str) -> bool:
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()


def query_of(**values: str) -> str:
    """"?…" with those that are given, or ""."""
    given = {name: value for name, value in values.items() if value}
    return "?" + urlencode(given) if given else ""
