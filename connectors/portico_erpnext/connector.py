"""The connector as the portal sees it: which settings it asks for and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico_erp.connector import Egress
from portico_erpnext.client import ErpNextClient
from portico_erpnext.i18n import _
from portico_erpnext.settings import ErpNextSettings, SettingsSchema


class ErpNext:
    """A company's ERPNext, version 13 or later."""

    name = "erpnext"
    title = _("ERPNext")
    capabilities = frozenset(
        {
            "catalogue", "prices", "stock", "quote_submission", "quotes", "quote_decisions", "orders", "deliveries", "invoices",
            "invoice_documents", "payments", "customers", "addresses", "setup",
        }
    )  # fmt: skip
    secret_fields = ("api_secret",)

    def settings_schema(self) -> Any:
        return SettingsSchema()

    def unverified(self, config: Mapping[str, Any], *, opened: bool) -> str | None:
        return "url" if str(config.get("url", "")).lower().startswith("http://") else None

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> ErpNextClient:
        return ErpNextClient(ErpNextSettings.read(config, secrets), egress)
