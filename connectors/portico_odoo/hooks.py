"""Tells the plugin host about the connector."""

from __future__ import annotations

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectorType
from portico_erp.words import WORDS
from portico_odoo.connector import Odoo
from portico_odoo.i18n import _


@hookimpl
def connector_types() -> list[ConnectorType]:
    return [
        ConnectorType(
            Odoo.name,
            Odoo.title,
            Odoo,
            _("Reads products, prices, quotations and orders from the company's Odoo."),
            WORDS,
            _(
                "Proven on a running Odoo 14. Odoo 19 and later are spoken to in another way (JSON-2), by documentation: that "
                "was not tried against a running system, nor were the versions from 15 to 18."
            ),
        )
    ]
