"""Roles that a company composes of permissions (SEC-5), by those who have these permissions themselves."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.admin.people import BeyondOwnRightsError
from portico.db.types import new_id
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.identity.permissions import ACCOUNT_ROLES, CORE_PERMISSIONS, ORGANISATION_PERMISSIONS, ROLE_KIND
from portico.pluginhost.toggles import lock, said, title
from portico.tenancy.models import Membership, TenantRole
from portico.tenancy.scope import Scope
from portico.web.i18n import _

KINDS = ("staff", "customer")


def groups(portico: Any, scope: Scope) -> list[tuple[str, Any, list[tuple[str, Any]]]]:
    """(name, title, [(permission, sentence)]) for core and each plugin that is on: only what the person in scope has."""
    assert scope.tenant is not None
    found: list[tuple[str, Any, list[tuple[str, Any]]]] = [
        (
            "company",
            _("Administration"),
            [(name, text) for name, text in (CORE_PERMISSIONS | ORGANISATION_PERMISSIONS).items() if scope.has(name)],
        )
    ]
    for manifest in portico.plugins.in_order():
        if manifest.name in scope.tenant.plugins and manifest.permissions:
            offered = [(name, said(manifest, text)) for name, text in manifest.permissions.items() if scope.has(name)]
            found.append((manifest.owner, title(manifest), offered))
    return [group for group in found if group[2]]


def get(db: Session, role_id: uuid.UUID) -> TenantRole:
    found = db.scalars(
        sa.select(TenantRole).where(TenantRole.id == role_id, TenantRole.built_in.is_(False))
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def save(
    db: Session, *, name: str, kind: str, permissions: Iterable[str], role_id: uuid.UUID | None = None
) -> uuid.UUID:
    """Raises InvalidError, BeyondOwnRightsError, NotFoundError. A role's kind stays what it was made with."""
    lock(db)
    words = " ".join(name.split())
    if not 1 <= len(words) <= 80:
        raise InvalidError(fields={"name": _("The name needs 1 to 80 characters.")})
    role = (
        get(db, role_id) if role_id else TenantRole(id=new_id(), name=_free_name(db, words), kind=kind, permissions=[])
    )
    if role.kind not in KINDS:
        raise InvalidError(fields={"kind": _("Choose one of the kinds that are offered.")})
    if role.kind == "customer" and not set(permissions).isdisjoint(CORE_PERMISSIONS | ORGANISATION_PERMISSIONS):
        raise InvalidError(_("Customers cannot be given permissions of the administration."))
    _check_rights(db.info["scope"], {*permissions, *role.permissions})
    before = {"title": role.title, "permissions": list(role.permissions)} if role_id else None
    role.title, role.permissions = words, sorted(set(permissions))
    db.add(role)
    db.flush()
    audit.record(
        db,
        "roles.change" if role_id else "roles.create",
        subject=("role", role.name),
        before=before,
        after={"title": words, "permissions": list(role.permissions)},
    )
    return role.id


def delete(db: Session, role_id: uuid.UUID) -> None:
    """Raises ConflictError while somebody has the role."""
    lock(db)
    role = get(db, role_id)
    holders = (
        db.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.roles.contains([role.name]), Membership.status != "inactive")
        )
        or 0
    )
    if holders:
        raise ConflictError(
            _("Members who have this role: ${count}. Give them another one first.", mapping={"count": holders})
        )
    _check_rights(db.info["scope"], role.permissions)
    audit.record(
        db,
        "roles.delete",
        subject=("role", role.name),
        before={"title": role.title, "permissions": list(role.permissions)},
    )
    db.delete(role)
    db.flush()


def _check_rights(scope: Scope, permissions: Iterable[str]) -> None:
    """A permission of a plugin that is off counts too: it would be there as soon as the plugin is on."""
    if not set(permissions) <= scope.permissions:
        raise BeyondOwnRightsError


def _free_name(db: Session, words: str) -> str:
    """What members carry: made of the title once, never that of a built-in role or of another."""
    ascii_words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", ascii_words).strip("-")[:40] or "role"
    taken = {*db.scalars(sa.select(TenantRole.name)), *ROLE_KIND, *ACCOUNT_ROLES}
    return next(name for name in (base, *(f"{base}-{number}" for number in range(2, 1000))) if name not in taken)
