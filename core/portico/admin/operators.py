"""What operators do: companies, their first administrators and connections. Each deed is on record with its doer.

Inside a company operators see nothing by themselves: what they do there goes through `acting`, in the company's own
trail under the operator's name.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.admin import people
from portico.app import UnknownTenantError
from portico.connections.messages import Message
from portico.errors import ConflictError, NotFoundError
from portico.files.service import QUOTA_MB
from portico.identity.email import normalise_email
from portico.pluginhost.toggles import ChangedMeanwhileError
from portico.tenancy import setup
from portico.tenancy.hosts import own_host
from portico.tenancy.models import TenantRecord
from portico.tenancy.scope import Scope
from portico.web.i18n import _

OVERVIEW = sa.text("SELECT * FROM operator_overview()")
EDITED = ("name", "currency", "locale", "locales", "time_zone", "theme", "signup", "host")


class SuspendedError(ConflictError):
    code = "company-suspended"
    message = _("This company is suspended. Activate it first.")
    remedy = _(
        "The portal of a suspended company rests: nothing can be tested or changed in it. An operator can "
        "activate the company again."
    )


@contextmanager
def acting(portico: Any, operator: Scope, tenant_id: uuid.UUID) -> Iterator[Session]:
    """A transaction of its own that acts for a company, in the operator's name. Raises SuspendedError."""
    try:
        scope = portico.system_scope(portico.tenant(tenant_id), operator.request_id)
    except UnknownTenantError:
        raise SuspendedError from None
    named = replace(scope, user_name=operator.user_name, user_email=operator.user_email, address=operator.address)
    with portico.sessions.scoped(named) as db:
        yield db


def companies(db: Session, search: str = "", status: str = "") -> list[Any]:
    """Every company with its members' numbers, by name: (record, overview)."""
    counts = {row.tenant_id: row for row in db.execute(OVERVIEW)}
    query = sa.select(
        TenantRecord.id,
        TenantRecord.slug,
        TenantRecord.name,
        TenantRecord.status,
        TenantRecord.currency,
        TenantRecord.theme,
        TenantRecord.created_at,
    )
    if search.strip():
        words = search.strip()[:100]
        query = query.where(
            sa.or_(
                TenantRecord.name.icontains(words, autoescape=True), TenantRecord.slug.icontains(words, autoescape=True)
            )
        )
    if status in ("active", "suspended"):
        query = query.where(TenantRecord.status == status)
    return [(row, counts.get(row.id)) for row in db.execute(query.order_by(TenantRecord.name, TenantRecord.id))]


def names(db: Session) -> dict[uuid.UUID, str]:
    """What each company is called."""
    return {row.id: row.name for row in db.execute(sa.select(TenantRecord.id, TenantRecord.name))}


def get(db: Session, company_id: uuid.UUID) -> TenantRecord:
    found = db.scalars(sa.select(TenantRecord).where(TenantRecord.id == company_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def counts(db: Session, company_id: uuid.UUID) -> Any:
    return next((row for row in db.execute(OVERVIEW) if row.tenant_id == company_id), None)


def create(portico: Any, operator: Scope, values: Mapping[str, Any]) -> uuid.UUID:
    """A new company, and an invitation to its first administrator if one is named. Raises InvalidError, SlugTakenError."""
    if values["email"]:
        normalise_email(values["email"])  # refused before anything is made
    options = {key: values[key] for key in ("currency", "locale", "time_zone", "theme", "signup")}
    company_id = setup.create_company(
        portico,
        slug=values["slug"],
        name=" ".join(values["name"].split()),
        actor=operator,
        plugins=sorted(values["plugins"]),
        locales=sorted({*values["locales"], values["locale"]}),
        **options,
    )
    if values["email"]:
        invite_admin(portico, operator, company_id, email=values["email"], name=values["admin_name"] or values["email"])
    return company_id


def invite_admin(portico: Any, operator: Scope, company_id: uuid.UUID, *, email: str, name: str) -> None:
    with acting(portico, operator, company_id) as db:
        people.invite(db, portico, email=email, name=name, role_names=["admin"])


def change(
    db: Session, company_id: uuid.UUID, values: Mapping[str, Any], version: int, portals: Collection[str] = ()
) -> None:
    """portals: the portal's own hosts. Raises NotFoundError, ChangedMeanwhileError, InvalidError."""
    company = _locked(db, company_id)
    if company.config_version != version:
        raise ChangedMeanwhileError
    host = own_host(db, company_id, values["host"], portals)
    after = {key: values[key] for key in EDITED} | {"host": host, "locales": sorted({*values["locales"], values["locale"]})}
    before = {key: getattr(company, key) for key in EDITED}
    for key, value in after.items():
        setattr(company, key, value)
    before[QUOTA_MB], after[QUOTA_MB] = company.settings.get(QUOTA_MB), values[QUOTA_MB]
    if before[QUOTA_MB] != after[QUOTA_MB]:
        rest = {key: value for key, value in company.settings.items() if key != QUOTA_MB}
        company.settings = rest | ({QUOTA_MB: after[QUOTA_MB]} if after[QUOTA_MB] else {})
    db.flush()
    changed = [key for key in (*EDITED, QUOTA_MB) if before[key] != after[key]]
    audit.record(
        db,
        "company.changed",
        subject=("tenant", company_id),
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
    )


def set_status(db: Session, company_id: uuid.UUID, status: str) -> None:
    """ "suspended": to its customers and staff the company does not exist any more, with their next request. Nothing is
    lost. "active": all is as it was. Raises NotFoundError, ConflictError if it is so already."""
    company = _locked(db, company_id)
    if company.status == status:
        raise ConflictError
    before, company.status = company.status, status
    db.flush()
    audit.record(
        db,
        f"company.{'suspended' if status == 'suspended' else 'activated'}",
        subject=("tenant", company_id),
        before={"status": before},
        after={"status": status},
    )


def _locked(db: Session, company_id: uuid.UUID) -> TenantRecord:
    found = db.scalars(sa.select(TenantRecord).where(TenantRecord.id == company_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def activity(db: Session, limit: int = 15) -> list[Any]:
    """What was done lately, anywhere; signing in and out is left to the trails."""
    rows = db.execute(sa.text("SELECT * FROM operator_activity(100)"))
    return [row for row in rows if not row.action.startswith("identity.sign-")][:limit]


def connections(db: Session, company_id: uuid.UUID | None = None) -> list[Any]:
    """Of one company, or of all."""
    query = sa.text("SELECT * FROM operator_connections() WHERE cast(:company as uuid) IS NULL OR tenant_id = :company")
    return list(db.execute(query.columns(last_error=Message), {"company": company_id}))


def plugin_use(db: Session) -> dict[str, int]:
    """In how many active companies each plugin is on."""
    return {row.plugin: row.companies for row in db.execute(sa.text("SELECT * FROM operator_plugins()"))}
