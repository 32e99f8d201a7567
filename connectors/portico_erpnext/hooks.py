"""Tells the plugin host about the connector."""

from __future__ import annotations

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectorType
from portico_erp.words import WORDS
from portico_erpnext.connector import ErpNext
from portico_erpnext.i18n import _


@hookimpl
def connector_types() -> list[ConnectorType]:
    return [
        ConnectorType(
            ErpNext.name,
            ErpNext.title,
            ErpNext,
            _("Reads products, prices, stock, quotations, orders and invoices from the company's ERPNext."),
            WORDS,
            _("By its documentation alone: not tried against a running ERPNext. Try it on a copy of your site first."),
        )
    ]
