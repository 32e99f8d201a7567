"""Tells the plugin host about the connector."""

from __future__ import annotations

from portico.pluginhost import hookimpl
from portico.pluginhost.values import ConnectorType
from portico_erp.words import WORDS
from portico_supabase.connector import Supabase
from portico_supabase.i18n import _


@hookimpl
def connector_types() -> list[ConnectorType]:
    return [
        ConnectorType(
            Supabase.name,
            Supabase.title,
            Supabase,
            _("Reads catalogue, prices, quotes and orders from the company's database behind PostgREST."),
            WORDS,
        )
    ]
