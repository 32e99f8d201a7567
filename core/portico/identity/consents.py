"""What people accept when they make an account: versions of documents that the operator names in the settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import colander
import deform
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.settings import Settings
from portico.tenancy.scope import Scope
from portico.web.i18n import _


def documents(settings: Settings) -> dict[str, tuple[str, str]]:
    """document → (version, address), of those that have to be accepted."""
    both = {
        "terms": (settings.terms_version, settings.terms_url),
        "privacy": (settings.privacy_version, settings.privacy_url),
    }
    return {name: (version, url) for name, (version, url) in both.items() if version}


def asked(schema: colander.SchemaNode, settings: Settings) -> colander.SchemaNode:
    """The schema with a box to tick for each document."""
    for name, (version, _url) in documents(settings).items():
        schema.add(
            colander.SchemaNode(
                colander.Boolean(),
                name=name,
                title=_title(name, version),
                validator=colander.Function(bool, msg=_("Tick this to go on.")),
                missing=colander.required,
                widget=deform.widget.CheckboxWidget(),
            )
        )
    return schema


def _title(document: str, version: str) -> Any:
    if document == "terms":
        return _("I accept the terms of use (version ${version})", mapping={"version": version})
    return _("I have read the privacy notice (version ${version})", mapping={"version": version})


def taken(settings: Settings, values: dict[str, Any]) -> dict[str, str]:
    """Takes the boxes out of a form's values: document → version that was accepted."""
    return {name: version for name, (version, _url) in documents(settings).items() if values.pop(name, False)}


def record(db: Session, user_id: UUID, accepted: dict[str, str]) -> None:
    scope: Scope = db.info["scope"]
    for document, version in sorted(accepted.items()):
        tenant_id = scope.tenant.id if scope.tenant else None
        db.execute(sa.select(sa.func.consent_give(user_id, tenant_id, document, version, scope.address)))
    if accepted:
        audit.record(db, "identity.consent", subject=("user", user_id), after=accepted)
