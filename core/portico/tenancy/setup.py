"""Making a company: the registry's row, its switches, and nothing that a later click could not have done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import new_id
from portico.errors import ConflictError, InvalidError
from portico.tenancy import choices
from portico.tenancy.models import TenantPlugin, TenantRecord
from portico.tenancy.scope import Scope
from portico.web.i18n import _

SLUG = re.compile(r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")
RESERVED = frozenset({"api", "static", "admin", "operator", "www", "events", "c"})


class SlugTakenError(ConflictError):
    code = "slug-taken"
    message = _("Another company has this short name already. Choose another.")
    remedy = _(
        "A company's short name is part of its address, so no two companies have the same. Choose another "
        "short name."
    )


def create_company(
    portico: Any,
    *,
    slug: str,
    name: str,
    currency: str,
    plugins: Iterable[str] | None = None,
    actor: Scope | None = None,
    **values: Any,
) -> UUID:
    """A new, active company with its plugins switched. `actor`: the operator who does it; None: a command.

    Raises InvalidError for a slug that cannot be an address and for values that no company can have, SlugTakenError.
    """
    name = " ".join(name.split())
    values = {"locale": "en", "locales": ["en"], "time_zone": "UTC", "theme": portico.themes.name_for(None), **values}
    if not SLUG.match(slug) or slug in RESERVED:
        raise InvalidError(fields={"slug": _("Use lower-case letters, digits and hyphens, at most 40 characters.")})
    choices.check(portico, name=name, currency=currency, **values)
    tenant_id = new_id()
    scope = actor or Scope(kind="operator", user_name="command")
    try:
        with portico.sessions.scoped(scope) as db:
            db.execute(
                sa.insert(TenantRecord).values(
                    id=tenant_id,
                    slug=slug,
                    name=name,
                    currency=currency,
                    **values,
                )
            )
            audit.record(db, "company.created", subject=("tenant", tenant_id), after={"slug": slug, "name": name})
    except IntegrityError as error:
        if "slug" in str(error.orig):
            raise SlugTakenError from error
        raise
    with portico.sessions.scoped(portico.system_scope(portico.tenant(tenant_id))) as db:
        set_plugins(db, portico, plugins)
    return tenant_id


def set_plugins(db: Session, portico: Any, plugins: Iterable[str] | None) -> None:
    """Switch on exactly these and what they require; None: what the manifests have on by default."""
    manifests = portico.plugins.manifests
    wanted = {name for name, manifest in manifests.items() if manifest.default} if plugins is None else set(plugins)
    for manifest in reversed(portico.plugins.in_order()):
        if manifest.name in wanted:
            wanted |= set(manifest.requires)
    for manifest in portico.plugins.in_order():
        db.add(TenantPlugin(plugin=manifest.name, enabled=manifest.name in wanted))
    db.flush()
