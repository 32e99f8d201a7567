"""Where a customer organisation takes deliveries, as the plugins know it; whoever delivers something asks here."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from portico.pluginhost.values import AccountAddress


def account_addresses(db: Session, account_id: UUID) -> list[AccountAddress]:
    """The default one first; empty where no plugin keeps addresses. In a request and in a job alike."""
    found: list[AccountAddress] = db.info["relay"].call("account_addresses", db=db, account_id=account_id)
    return found
