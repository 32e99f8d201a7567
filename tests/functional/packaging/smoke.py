"""A program: the portal that is installed answers, and each plugin's pages answer to whom they belong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from opened import open_portal, origin

from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico.web.routes import RouteSpec

BY_MAIL = {"quotes.by_link"}
"""Pages that nothing but the secret of a mail's link opens."""


def main() -> None:
    portal, applied = open_portal()
    manifests = portal.parts.plugins.manifests
    company = portal.company(plugins=list(manifests))
    account = company.account("First")
    samples: dict[str, str] = {}
    with company.system() as db:
        for answer in db.info["relay"].call("sample_records", db=db, account_id=account):
            samples |= answer
    customer, admin = company.customer(account), company.admin()
    pages = {
        spec.name: visit(portal, company, spec, samples, customer, admin)
        for spec in portal.parts.routes
        if spec.plugin and spec.method == "GET" and spec.kind != "api"
    }
    print(
        json.dumps(
            {
                "origin": origin(),
                "plugins": sorted(manifests),
                "applied": applied,
                "pages": pages,
                "sign_in": company.anonymous().get("/sign-in").status_int,
                "home": customer.get("/").status_int,
                "themes": sorted(portal.parts.themes.themes),
                "connectors": connectors(portal),
                "hooks": hooks(portal),
            }
        )
    )


def visit(
    portal: Portal,
    company: Company,
    spec: RouteSpec,
    samples: dict[str, str],
    customer: Client,
    admin: Client,
) -> int:
    """The status for somebody who has the permission; 0 for a page that needs what nobody made."""
    if set(spec.parameters) - samples.keys() or spec.name in BY_MAIL:
        return 0
    granted = portal.parts.grants.of(company.tenant, ("customer", "owner"))
    client = customer if spec.permission in granted or spec.permission.startswith("portico:") else admin
    return int(client.get(spec.pattern.format(**samples), status="*").status_int)


def hooks(portal: Portal) -> dict[str, list[str]]:
    """Plugin → the hooks that it answers."""
    manager = portal.parts.plugins.manager
    return {name: sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())
            for name, plugin in manager.list_name_plugin()}  # fmt: skip


def connectors(portal: Portal) -> list[str]:
    return sorted(portal.parts.connections.connectors)


main()
