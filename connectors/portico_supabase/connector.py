"""The connector as the portal sees it: which settings it asks for and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico_erp.connector import Egress
from portico_supabase.client import SupabaseClient
from portico_supabase.i18n import _
from portico_supabase.settings import RestSettings, SettingsSchema


class Supabase:
    """A company's database behind PostgREST: in the standard schema, or with quotes as documents."""

    name = "supabase"
    title = _("Supabase (PostgREST)")
    capabilities = frozenset(
        {
            "catalogue",
            "prices",
            "price_breaks",
            "quote_submission",
            "quotes",
            "quote_decisions",
            "orders",
            "deliveries",
            "invoices",
            "payments",
            "customers",
        }
    )
    secret_fields = ("apikey", "token")

    def settings_schema(self) -> Any:
        return SettingsSchema()

    def unverified(self, config: Mapping[str, Any], *, opened: bool) -> str | None:
        return "url" if str(config.get("url", "")).lower().startswith("http://") else None

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> SupabaseClient:
        return SupabaseClient(RestSettings.read(config, secrets), egress)
