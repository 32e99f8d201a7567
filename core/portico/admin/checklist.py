"""What a company has set up and what is missing, as far as the person in scope may do something about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections import problems
from portico.connections.models import ACTIVE, Connection
from portico.notify.models import Mail
from portico.pluginhost.host import PluginHost
from portico.tenancy.models import Membership
from portico.tenancy.scope import Scope
from portico.web.i18n import _


@dataclass(frozen=True)
class Point:
    """One line: state "done", "todo" (something is missing) or "trouble" (something needs a person)."""

    title: Any
    note: Any
    state: Literal["done", "todo", "trouble"]
    route: str
    icon: str


def points(db: Session, plugins: PluginHost) -> list[Point]:
    """Trouble first, then what is missing, then what is done."""
    scope: Scope = db.info["scope"]
    found: list[Point] = []
    for permission, make in (
        ("company:brand", _brand),
        ("company:plugins", _plugins),
        ("company:connections", _connections),
        ("company:sync", _sync),
        ("company:members", _members),
        ("company:mail", _mail),
    ):
        if scope.has(permission):
            found.extend(make(db, scope, plugins))
    return sorted(found, key=lambda point: ("trouble", "todo", "done").index(point.state))


def _brand(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    assert scope.tenant is not None
    if scope.tenant.brand.get("logo"):
        yield Point(_("Brand"), _("Logo and colours are set."), "done", "admin.brand", "palette")
    else:
        note = _("Add your logo: customers should see at once where they are.")
        yield Point(_("Brand"), note, "todo", "admin.brand", "palette")


def _plugins(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    assert scope.tenant is not None
    installed = plugins.of_kind("feature")
    on = sum(manifest.name in scope.tenant.plugins for manifest in installed)
    note = _("${on} of ${all} are switched on.", mapping={"on": on, "all": len(installed)})
    yield Point(_("Plugins"), note, "done" if on else "todo", "admin.plugins", "puzzle")


def _connections(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    rows = db.execute(
        sa.select(Connection.name, Connection.last_error, Connection.breaker)
        .where(Connection.status == ACTIVE, Connection.replaces_id.is_(None))
        .limit(50)
    ).all()
    title, route, icon = _("Connection to your system"), "admin.connections", "plug-zap"
    bad = [row for row in rows if row.last_error or row.breaker == "open"]
    if not rows:
        yield Point(title, _("None is in use: nothing comes from your system."), "todo", route, icon)
    elif bad:
        yield Point(title, _("${name} has trouble.", mapping={"name": bad[0].name}), "trouble", route, icon)
    else:
        yield Point(title, _("It works."), "done", route, icon)


def _sync(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    waiting = problems.unresolved(db)
    if waiting:
        note = _("Records that could not be taken over: ${count}.", mapping={"count": waiting})
        yield Point(_("Synchronisation"), note, "trouble", "admin.sync_problems", "refresh-cw")


def _members(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    counted: dict[str, int] = {
        row.status: row.members
        for row in db.execute(
            sa.select(Membership.status, sa.func.count().label("members"))
            .where(Membership.status != "inactive")
            .group_by(Membership.status)
        )
    }
    if counted.get("pending"):
        note = _("People who ask to come in: ${count}.", mapping={"count": counted["pending"]})
        yield Point(_("Members"), note, "trouble", "admin.members", "users")
    else:
        note = _("Active members: ${count}. Nobody waits.", mapping={"count": counted.get("active", 0)})
        yield Point(_("Members"), note, "done", "admin.members", "users")


def _mail(db: Session, scope: Scope, plugins: PluginHost) -> Iterator[Point]:
    failed = db.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.status == "failed")) or 0
    if failed:
        note = _("Mails that could not be sent: ${count}.", mapping={"count": failed})
        yield Point(_("Mail"), note, "trouble", "admin.mails", "mail")
