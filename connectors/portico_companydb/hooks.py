"""Tells the plugin host about the connector."""

from __future__ import annotations

from typing import Any

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectionPage, ConnectorType
from portico_companydb import pages
from portico_companydb.connector import CompanyDatabase
from portico_companydb.i18n import _
from portico_erp.words import WORDS


@hookimpl
def connector_types() -> list[ConnectorType]:
    return [
        ConnectorType(
            CompanyDatabase.name,
            CompanyDatabase.title,
            CompanyDatabase,
            _("Reads catalogue, prices, quotes and orders from the company's own PostgreSQL, MySQL, MariaDB or SQLite database."),
            WORDS,
            pages=(ConnectionPage(_("Mapping"), "companydb.mapping", "sliders-horizontal"),),
        )
    ]


@hookimpl
def register_routes(routes: Any) -> None:
    may, one = "company:connections", "/admin/connections/{connection_id}/mapping"
    folder, both = "portico_companydb/", ("GET", "POST")
    routes.page("companydb.mapping", one, pages.overview, permission=may, context=pages.load, renderer=folder + "overview.jinja2")
    routes.page(
        "companydb.mapping_entity", f"{one}/entity", pages.edit, permission=may, context=pages.load, methods=both,
        renderer=folder + "entity.jinja2",
    )  # fmt: skip
    routes.page(
        "companydb.mapping_text", f"{one}/text", pages.text, permission=may, context=pages.load, methods=both,
        renderer=folder + "text.jinja2",
    )  # fmt: skip
    routes.page("companydb.mapping_file", f"{one}/file", pages.export, permission=may, context=pages.load)
