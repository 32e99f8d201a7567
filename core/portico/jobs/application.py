"""The jobs of the real application: its parts, seen as a JobQueue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from portico.jobs.parts import JobQueue, Target

if TYPE_CHECKING:
    from portico.app import Portico
    from portico.tenancy.scope import Scope

_ACTIVE = text("select tenant_id from active_tenants()")


def job_queue(portico: Portico, **options: Any) -> JobQueue:
    """`options` are fields of JobQueue, such as lease_s, that differ from the default."""

    def scope_for(tenant_id: UUID) -> Scope | None:
        try:
            return portico.system_scope(portico.tenant(tenant_id))
        except KeyError:
            raise
        except LookupError:  # UnknownTenantError, whose module imports ours
            return None

    def plugin_on(plugin: str, scope: Scope) -> bool:
        return scope.plugin_on(plugin)

    def relay_for(scope: Scope) -> Any:
        return portico.relay(scope.tenant)

    def wanting(plugin: str | None, receivers: Iterable[Target]) -> list[Target]:
        if plugin is None:
            return list(receivers)
        scopes = ((receiver, scope_for(receiver.tenant_id)) for receiver in receivers)
        return [receiver for receiver, scope in scopes if scope is not None and plugin_on(plugin, scope)]

    def tenants(plugin: str | None) -> list[Target]:
        with portico.engine.begin() as connection:
            active = connection.execute(_ACTIVE).scalars().all()
        return wanting(plugin, map(Target, active))

    def zone_of(tenant_id: UUID) -> tzinfo:
        scope = scope_for(tenant_id)
        return UTC if scope is None or scope.tenant is None else scope.tenant.zone

    def connections(plugin: str | None) -> list[Target]:
        return wanting(plugin, portico.connections.job_targets(plugin))

    return JobQueue(
        registry=portico.jobs, url=portico.database_url(), sessions=portico.sessions, scope_for=scope_for,
        plugin_on=plugin_on, relay_for=relay_for, targets={"tenant": tenants, "connection": connections},
        zone_of=zone_of,
        **options,
    )
