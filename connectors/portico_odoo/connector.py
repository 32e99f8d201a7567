"""The connector as the portal sees it: which settings it asks for and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from portico_erp.connector import Egress, Rate
from portico_odoo.client import OdooClient
from portico_odoo.i18n import _
from portico_odoo.settings import OdooSettings, SettingsSchema


class Odoo:
    """A company's Odoo, in whichever of its two dialects it speaks."""

    name = "odoo"
    title = _("Odoo")
    capabilities = frozenset(
        {
            "catalogue", "prices", "quote_submission", "quote_destinations", "quotes", "quote_decisions", "orders", "deliveries",
            "invoices", "invoice_documents", "customers",
        }  # fmt: skip
    )
    secret_fields = ("key",)

    def settings_schema(self) -> Any:
        return SettingsSchema()

    def rate(self, config: Mapping[str, Any]) -> Rate | None:
        """Odoo's own hosting is shared by many: a careful rate, by our choice. Whoever hosts it elsewhere knows best."""
        host = urlsplit(str(config.get("url", "")).lower()).hostname or ""
        return Rate(60, 60) if host.endswith(".odoo.com") else None

    def unverified(self, config: Mapping[str, Any], *, opened: bool) -> str | None:
        return "url" if str(config.get("url", "")).lower().startswith("http://") else None

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> OdooClient:
        return OdooClient(OdooSettings.read(config, secrets), egress)
