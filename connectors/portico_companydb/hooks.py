"""Tells the plugin host about the connector."""

from __future__ import annotations

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectorType
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
            _("Reads catalogue, prices, quotes and orders from the company's own PostgreSQL database."),
            WORDS,
        )
    ]
