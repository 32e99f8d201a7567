"""What a company demands of its members' sessions: which roles need a second factor, and how long a session lives.

`enter` reads these with every request, so a change counts at once in all processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import InvalidError
from portico.identity.factors import service as factors
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantRecord, TenantRole
from portico.tenancy.scope import Scope
from portico.web.i18n import _

IDLE_MINUTES, SESSION_HOURS = (5, 480), (1, 720)
USUAL: Mapping[str, Any] = {"second_factor": [], "idle_minutes": 30, "session_hours": 720}

BUILT_IN: dict[str, Any] = {
    "customer": _("Customers"),
    "owner": _("Owners in a customer's organisation"),
    "purchaser": _("Purchasers in a customer's organisation"),
    "finance": _("Finance in a customer's organisation"),
    "viewer": _("Viewers in a customer's organisation"),
    "agent": _("Agents"),
    "admin": _("Administrators"),
}
"""ROLE_KIND and ACCOUNT_ROLES, by what this page calls them. No role that a company makes has the name of one."""


def roles(db: Session) -> dict[str, Any]:
    """name → title: built-in ones, those of people in a customer's organisation, and those that the company made."""
    made = db.execute(sa.select(TenantRole.name, TenantRole.title).where(TenantRole.built_in.is_(False)))
    return BUILT_IN | {row.name: row.title for row in made.all()}


def current(scope: Scope) -> dict[str, Any]:
    assert scope.tenant is not None
    return {name: scope.tenant.settings.get(name, usual) for name, usual in USUAL.items()}


def without_factor(db: Session) -> bool:
    """True if whoever changes the rules has no second factor: a rule for their own role would stop them at once."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    return not factors.confirmed(db, scope.user_id)


def save(
    db: Session,
    *,
    second_factor: Iterable[str],
    idle_minutes: int,
    session_hours: int,
    understood: bool,
    version: int | None = None,
) -> None:
    """understood: the person knows that they will have to set up a factor before they can go on.

    Raises InvalidError, ChangedMeanwhileError.
    """
    lock(db, version)
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    wanted = sorted(set(second_factor))
    if not set(wanted) <= roles(db).keys():
        raise InvalidError(fields={"second_factor": _("Choose among the roles that are offered.")})
    for name, value, (least, most) in (
        ("idle_minutes", idle_minutes, IDLE_MINUTES),
        ("session_hours", session_hours, SESSION_HOURS),
    ):
        if not least <= value <= most:
            raise InvalidError(fields={name: _("Choose ${least} to ${most}.", mapping={"least": least, "most": most})})
    if set(wanted) & set(scope.roles) and not understood and without_factor(db):
        raise InvalidError(
            fields={"understood": _("You have no second factor yet: you would be stopped here yourself. Tick to go on.")}
        )
    before = current(scope)
    after = {"second_factor": wanted, "idle_minutes": idle_minutes, "session_hours": session_hours}
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        stored = {**scope.tenant.settings, **after}
        db.execute(sa.update(TenantRecord).where(TenantRecord.id == scope.tenant.id).values(settings=stored))
        audit.record(
            db,
            "company.security",
            subject=("tenant", scope.tenant.id),
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
