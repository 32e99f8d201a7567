"""Switches a company's plugins: what one needs and who needs it, enforced; nothing of it is ever dropped.

A change raises the company's config_version in the same transaction, so every process knows with its next request or
job. Jobs that were parked while a plugin was off are queued again by the scheduler within seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from translationstring import TranslationString

from portico import audit
from portico.db.types import now
from portico.errors import ConflictError, NotFoundError
from portico.pluginhost.host import PluginHost
from portico.pluginhost.manifest import Manifest
from portico.tenancy.models import TenantPlugin, TenantRecord, TenantRole
from portico.web.i18n import _

DEFAULTS_OF = {"customer": "customer", "staff": "agent"}
"""Whose default grants a role that the company composed gets, by the role's kind: never those of administrators."""


class PluginNeedsError(ConflictError):
    """`data["plugins"]`: what has to be on first."""

    code = "plugin-needs"
    message = _("This plugin needs others that are switched off.")
    remedy = _(
        "Some plugins build on others. Switch on the ones that “plugins” names first, or agree to switch them on as well."
    )


class PluginNeededError(ConflictError):
    """`data["plugins"]`: what would stop working."""

    code = "plugin-needed"
    message = _("Other plugins that are switched on need this one.")
    remedy = _(
        "Without this plugin the ones that “plugins” names cannot work. Switch those off first, or agree to switch them "
        "off as well."
    )


class ChangedMeanwhileError(ConflictError):
    code = "changed-meanwhile"
    message = _(
        "Somebody else changed the settings while you had this page open. Look at them again, then repeat your change."
    )
    remedy = _(
        "Settings have a version, and the one that you changed was no longer the newest. Open the page again, look at "
        "what the other changed, and repeat your own change."
    )


@dataclass(frozen=True)
class Change:
    """What a switch entails. further: plugins that have to be switched too, in the order in which that is done."""

    plugin: Manifest
    on: bool
    further: tuple[Manifest, ...]


@dataclass(frozen=True)
class State:
    """One plugin for one company. needs, needed_by: direct ones, installed; `needed_by` only those that are on."""

    manifest: Manifest
    on: bool
    needs: tuple[Manifest, ...]
    needed_by: tuple[Manifest, ...]

    @property
    def title(self) -> TranslationString:
        return title(self.manifest)

    @property
    def description(self) -> TranslationString:
        return said(self.manifest, self.manifest.description)


def said(manifest: Manifest, text: str) -> TranslationString:
    """A text of plugin.toml, to be translated by the plugin's own catalogue."""
    return TranslationString(text, domain=manifest.name)


def title(manifest: Manifest) -> TranslationString:
    return said(manifest, manifest.title)


def states(plugins: PluginHost, enabled: Iterable[str], kind: str = "feature") -> list[State]:
    """Every installed plugin of a kind, by title."""
    on = frozenset(enabled)
    manifests = plugins.manifests
    found = [
        State(
            one,
            one.name in on,
            tuple(manifests[need] for need in one.requires),
            tuple(other for other in manifests.values() if one.name in other.requires and other.name in on),
        )
        for one in plugins.of_kind(kind)
    ]
    return sorted(found, key=lambda state: state.manifest.title)


def plan(plugins: PluginHost, enabled: Iterable[str], plugin: str, on: bool) -> Change:
    """What switching `plugin` would take. Raises NotFoundError for one that is not installed or is no feature."""
    manifest = plugins.manifests.get(plugin)
    if manifest is None or manifest.kind != "feature":
        raise NotFoundError
    current = frozenset(enabled)
    order = plugins.in_order() if on else list(reversed(plugins.in_order()))
    wanted = {plugin}
    for one in reversed(order):  # requirements come before, dependents after: walk towards them
        if on and one.name in wanted:
            wanted |= set(one.requires)
        elif not on and one.name in current and wanted & set(one.requires):
            wanted.add(one.name)
    further = [one for one in order if one.name in wanted - {plugin} and (one.name in current) != on]
    return Change(manifest, on, tuple(further))


def switch(
    db: Session, portico: Any, plugin: str, on: bool, *, also: bool = False, version: int | None = None
) -> list[str]:
    """Switch a plugin of the company in scope; the names of those that changed.

    also: switch too what it needs, or what needs it; without, PluginNeedsError or PluginNeededError says which.
    version: the config_version that the person saw; ChangedMeanwhileError if it is another by now.
    """
    lock(db, version)
    rows = {row.plugin: row for row in db.scalars(sa.select(TenantPlugin).with_for_update())}
    enabled = {name for name, row in rows.items() if row.enabled}
    change = plan(portico.plugins, enabled, plugin, on)
    if change.further and not also:
        raise _refusal(portico, db.info["scope"].locale, change)
    changed = [one for one in (*change.further, change.plugin) if (one.name in enabled) != on]
    for manifest in changed:
        _set(db, rows.get(manifest.name), manifest, on)
    db.flush()
    return [manifest.name for manifest in changed]


def bring(db: Session, manifest: Manifest) -> None:
    """On from its first use: what no company switches itself, as a connector, whose pages would not exist otherwise."""
    row = db.scalars(sa.select(TenantPlugin).where(TenantPlugin.plugin == manifest.name).with_for_update()).one_or_none()
    if row is None or not row.enabled:
        _set(db, row, manifest, on=True)
        db.flush()


def lock(db: Session, version: int | None = None) -> int:
    """Changes of a company's configuration take turns; the version as it is. Raises ChangedMeanwhileError."""
    found = db.scalar(
        sa.select(TenantRecord.config_version).where(TenantRecord.id == db.info["tenant_id"]).with_for_update()
    )
    if found is None:
        raise NotFoundError
    if version is not None and found != version:
        raise ChangedMeanwhileError
    return found


def _set(db: Session, row: TenantPlugin | None, manifest: Manifest, on: bool) -> None:
    was_on = row is not None and (row.enabled or row.first_on_at is not None)
    if row is None:
        row = TenantPlugin(plugin=manifest.name, enabled=on)
        db.add(row)
    elif row.enabled and row.first_on_at is None:
        row.first_on_at = row.created_at
    row.enabled = on
    if on and row.first_on_at is None:
        row.first_on_at = now()
    audit.record(db, "plugins.switch", subject=("plugin", manifest.name), before={"on": not on}, after={"on": on})
    if on and not was_on:
        _grant_defaults(db, manifest)


def _grant_defaults(db: Session, manifest: Manifest) -> None:
    """A role that the company composed before it had the plugin gets the plugin's usual permissions, once."""
    for role in db.scalars(sa.select(TenantRole).where(TenantRole.built_in.is_(False))):
        before = list(role.permissions)
        added = set(manifest.roles.get(DEFAULTS_OF[role.kind], ())) - set(before)
        if added:
            role.permissions = sorted({*before, *added})
            audit.record(
                db,
                "roles.change",
                subject=("role", role.name),
                before={"permissions": before},
                after={"permissions": list(role.permissions)},
            )


def titles(portico: Any, locale: str, manifests: Iterable[Manifest]) -> list[str]:
    """The plugins' names in a language."""
    return [portico.themes.catalogues.translate(locale, title(one)) for one in manifests]


def _refusal(portico: Any, locale: str, change: Change) -> ConflictError:
    mapping = {
        "plugin": titles(portico, locale, [change.plugin])[0],
        "others": ", ".join(titles(portico, locale, change.further)),
    }
    data = [one.name for one in change.further]
    if change.on:
        return PluginNeedsError(
            _("${plugin} needs ${others}, which is off. Switch that on too.", mapping=mapping), plugins=data
        )
    return PluginNeededError(
        _("${others} cannot work without ${plugin}. Switch that off too.", mapping=mapping), plugins=data
    )
