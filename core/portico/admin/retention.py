"""How long a company keeps what it need not keep for ever, the page for it, and the daily job that removes the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import colander
import sqlalchemy as sa
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from portico import audit
from portico.admin.versions import seen_version
from portico.errors import InvalidError
from portico.forms.submission import handle
from portico.forms.widgets import NumberWidget
from portico.jobs.job import Job
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantRecord
from portico.tenancy.tenant import Tenant
from portico.web.flash import flash
from portico.web.i18n import _

JOB, KEY = "privacy.retain", "keep_days"
USUAL: Mapping[str, int] = {"mails": 365, "notices": 365, "activity": 1095}
LEAST, MOST = 7, 3650


def current(tenant: Tenant) -> dict[str, int]:
    """Days, of each kind."""
    return {**USUAL, **tenant.settings.get(KEY, {})}


def save(db: Session, wanted: Mapping[str, int], version: int | None = None) -> None:
    """Raises InvalidError, ChangedMeanwhileError."""
    lock(db, version)
    tenant = db.info["scope"].tenant
    after = {name: wanted[name] for name in USUAL}
    for name, days in after.items():
        if not LEAST <= days <= MOST:
            raise InvalidError(fields={name: _("Choose ${least} to ${most}.", mapping={"least": LEAST, "most": MOST})})
    before = current(tenant)
    if after == before:
        return
    stored = {**tenant.settings, KEY: after}
    db.execute(sa.update(TenantRecord).where(TenantRecord.id == tenant.id).values(settings=stored))
    audit.record(db, "company.retention", subject=("tenant", tenant.id), before=before, after=after)


def retain(job: Job) -> None:
    """Daily, for each company: removes what is older. The audit trail and plugins' records are not touched."""
    days = current(job.tenant)
    spans = {name: dt.timedelta(days=days[name]) for name in USUAL}
    with job.session() as db:
        statement = sa.text("SELECT * FROM retain(:tenant, :mails, :notices, :activity)")
        gone = db.execute(statement, {"tenant": job.tenant.id, **spans}).one()
        if any(gone):
            audit.record(db, "company.retained", subject=("tenant", job.tenant.id), after=dict(gone._mapping))


def page(context: None, request: Request) -> Any:
    def keep(values: dict[str, Any]) -> Response:
        save(request.db, values, seen_version(request))
        flash(request, _("Saved. It counts from the next night on."))
        return HTTPSeeOther(request.route_path("admin.retention"))

    return handle(
        request, _schema(), keep, initial=current(request.tenant), hidden={"version": str(request.tenant.config_version)}
    )


def _schema() -> colander.MappingSchema:
    schema = colander.MappingSchema()
    for name, title in (
        ("mails", _("Days for which mails are kept")),
        ("notices", _("Days for which notices are kept")),
        ("activity", _("Days for which activity is kept")),
    ):
        schema.add(
            colander.SchemaNode(
                colander.Integer(),
                name=name,
                title=title,
                description=_("7 to 3650."),
                validator=colander.Range(LEAST, MOST),
                widget=NumberWidget(),
            )
        )
    return schema
