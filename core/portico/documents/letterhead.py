"""What a company says about its paper: its address, what stands at the foot, and the size; in effect with the next document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.documents.paper import PAPERS, SETTINGS, settings_of
from portico.documents.texts import cleaned
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantRecord
from portico.tenancy.tenant import Tenant

USUAL = "usual"
MOST_ADDRESS, MOST_FOOTER = 500, 300


def look(tenant: Tenant) -> dict[str, Any]:
    """What its form shows."""
    chosen = settings_of(tenant)
    paper = chosen.get("paper")
    return {
        "address": str(chosen.get("address") or ""),
        "footer": str(chosen.get("footer") or ""),
        "paper": paper if paper in PAPERS else USUAL,
        "attached": bool(chosen.get("attached")),
    }


def save(db: Session, values: Mapping[str, Any], version: int | None = None) -> None:
    """values: of the form. Raises ChangedMeanwhileError."""
    lock(db, version)
    tenant: Tenant = db.info["scope"].tenant
    before = look(tenant)
    after = {
        "address": cleaned(values["address"]).strip(),
        "footer": " ".join(cleaned(values["footer"]).split()),
        "paper": values["paper"],
        "attached": bool(values["attached"]),
    }
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return
    kept = {name: value for name, value in after.items() if value and value != USUAL}
    settings = {**tenant.settings, SETTINGS: kept}
    db.execute(sa.update(TenantRecord).where(TenantRecord.id == tenant.id).values(settings=settings))
    told = ({name: one[name] for name in changed} for one in (before, after))
    audit.record(db, "company.documents", subject=("tenant", tenant.id), before=next(told), after=next(told))
