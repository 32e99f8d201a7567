"""The connector as the portal sees it: which settings it asks for and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico_companydb.client import CompanyDatabaseClient
from portico_companydb.foreign.client import ForeignClient
from portico_companydb.foreign.document import parse
from portico_companydb.i18n import _
from portico_companydb.settings import AUTOMATIC, SQLITE, VERIFIED, DatabaseSettings, SettingsSchema
from portico_erp.connector import Egress


class CompanyDatabase:
    """A company's database, in the standard schema or with a mapping."""

    name = "companydb"
    title = _("Company database (PostgreSQL, MySQL, MariaDB, SQLite)")
    capabilities = frozenset(
        {
            "catalogue",
            "prices",
            "quote_submission",
            "quote_destinations",
            "quotes",
            "quote_decisions",
            "orders",
            "deliveries",
            "customers",
            "addresses",
            "address_updates",
            "contact_updates",
            "stock",
            "invoices",
            "invoice_documents",
            "payments",
            "payment_posting",
            "contracts",
            "contract_answers",
            "setup",
        }
    )
    secret_fields = ("password",)
    address_fields = ("dialect", "host", "port")  # without a port, the dialect decides it

    def settings_schema(self) -> Any:
        return SettingsSchema()

    def unverified(self, config: Mapping[str, Any], *, opened: bool) -> str | None:
        said = config.get("sslmode", AUTOMATIC)
        if config.get("dialect") == SQLITE:
            return None  # nobody answers: it is a file of this machine
        return None if said == VERIFIED or (said == AUTOMATIC and not opened) else "sslmode"

    def capabilities_of(self, config: Mapping[str, Any]) -> frozenset[str]:
        """Those of one connection: what a mapping does not describe, it cannot do. `capabilities` are the standard schema's."""
        if not config.get("mapping"):
            return self.capabilities
        return parse(config["mapping"], str(config.get("currency", ""))).capabilities

    def open(
        self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress
    ) -> Any:
        settings = DatabaseSettings.read(config, secrets)
        return ForeignClient(settings, egress) if settings.mapping else CompanyDatabaseClient(settings, egress)
