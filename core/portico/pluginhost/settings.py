"""A company's values for the settings that a plugin declares: read with defaults, stored with an audit entry.

A change raises the company's config_version in the same transaction, so every process knows with its next request or job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import InvalidError, NotFoundError
from portico.pluginhost.declared import effective
from portico.pluginhost.manifest import Manifest
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantPlugin
from portico.tenancy.tenant import Tenant
from portico.web.i18n import _


def values(tenant: Tenant, manifest: Manifest) -> dict[str, Any]:
    """What counts for a company now; defaults where it has said nothing, or nothing that is still allowed."""
    return effective(manifest.settings, tenant.plugin_settings.get(manifest.name) or {}, tenant.locale)


def save(db: Session, manifest: Manifest, wanted: Mapping[str, Any], *, version: int | None = None) -> dict[str, Any]:
    """Store the company's values and give back those that changed. What equals its default is not stored, so that it
    follows a later default. Other keys, those of an older version of the plugin, stay.

    Raises NotFoundError for a plugin that is off, InvalidError with a message per setting, ChangedMeanwhileError.
    """
    wrong = [name for name, value in wanted.items() if name not in manifest.settings or not manifest.settings[name].allows(value)]
    if wrong:
        raise InvalidError(fields=dict.fromkeys(wrong, _("This value is not allowed here.")))
    lock(db, version)
    row = db.scalars(sa.select(TenantPlugin).where(TenantPlugin.plugin == manifest.name).with_for_update()).one_or_none()
    if row is None or not row.enabled:
        raise NotFoundError
    before = effective(manifest.settings, row.settings, db.info["scope"].tenant.locale)
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if changed:
        kept = {name: value for name, value in row.settings.items() if name not in wanted}
        own = {name: value for name, value in wanted.items() if value != manifest.settings[name].default}
        row.settings = {**kept, **own}
        audit.record(
            db,
            "plugins.settings",
            subject=("plugin", manifest.name),
            before={name: before[name] for name in changed},
            after=changed,
        )
        db.flush()
    return changed
