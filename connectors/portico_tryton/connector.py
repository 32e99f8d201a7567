"""The connector as the portal sees it: which settings it asks for and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico_erp.connector import Egress
from portico_tryton.client import TrytonClient
from portico_tryton.i18n import _
from portico_tryton.settings import HTTPS, SettingsSchema, TrytonSettings


class Tryton:
    """A company's Tryton server, by its JSON-RPC."""

    name = "tryton"
    title = _("Tryton")
    capabilities = frozenset(
        {
            "catalogue", "prices", "stock", "quote_submission", "quote_destinations", "quotes", "quote_decisions", "orders",
            "deliveries", "invoices", "invoice_documents", "customers", "addresses",
        }  # fmt: skip
    )
    secret_fields = ("password",)

    def settings_schema(self) -> Any:
        return SettingsSchema()

    def unverified(self, config: Mapping[str, Any], *, opened: bool) -> str | None:
        return None if config.get("protocol", HTTPS) == HTTPS else "protocol"

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> TrytonClient:
        return TrytonClient(TrytonSettings.read(config, secrets), egress)
