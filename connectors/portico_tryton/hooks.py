"""Tells the plugin host about the connector."""

from __future__ import annotations

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectorType
from portico_erp.words import WORDS
from portico_tryton.connector import Tryton
from portico_tryton.i18n import _


@hookimpl
def connector_types() -> list[ConnectorType]:
    return [
        ConnectorType(
            Tryton.name,
            Tryton.title,
            Tryton,
            _("Reads catalogue, prices, quotes and orders from the company's Tryton server, and hands quotes to it."),
            WORDS,
        )
    ]
