"""Core's jobs around connections: synchronise what is due, and test a draft."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from portico.connections import check, sync
from portico.connections.client import Client
from portico.connections.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico.connections.host import capabilities_of
from portico.connections.target import NoConnectionError, Target
from portico.jobs.errors import Dead, Retry

log = logging.getLogger("portico.sync")
SYNC_EVERY_S = 60
"""How often it is looked what is due: no entity is read by itself more often than that."""


def synchronise(job: Any, connection_id: str, entity: str | None = None) -> None:
    """Read what changed, now: one entity, or (None) all that the connection can give and whose plugin is on."""
    target, wanted = _wanted(job, connection_id)
    _synchronise(job, target, [one for one in wanted if entity in (None, one.name)])


def synchronise_due(job: Any, connection_id: str) -> None:
    """The same for those whose time has come, each at its own pace."""
    target, wanted = _wanted(job, connection_id)
    with job.session() as db:
        ready = sync.due(db, target.connection_id, wanted, slack_s=SYNC_EVERY_S / 2)
    _synchronise(job, target, ready)


def _wanted(job: Any, connection_id: str) -> tuple[Target, list[sync.SyncEntity]]:
    """The connection and its entities in order. Raises Dead if it is gone."""
    host = job.portico.connections
    try:
        target = host.target(job.tenant.id, UUID(connection_id), job.tenant.config_version)
        capabilities = capabilities_of(host.connector(target.connector), target.config)
    except NoConnectionError as error:
        raise Dead(str(error)) from error
    wanted = [
        one
        for plugin, one in host.entities.values()
        if one.capability in capabilities and (plugin is None or plugin in job.tenant.plugins)
    ]
    return target, sorted(wanted, key=lambda each: (each.order, each.name))


def _synchronise(job: Any, target: Target, entities: Sequence[sync.SyncEntity]) -> None:
    for one in entities:
        _synchronise_one(job, Client(job.portico.connections, target, one.capability), one)


def _synchronise_one(job: Any, client: Client, entity: sync.SyncEntity) -> None:
    job.check()
    try:
        done = sync.run(job.session, client, entity, budget_s=max(1.0, job.remaining_s() - 15))
    except sync.OvertakenError:
        return  # the run that overtook us does the rest
    except ConnectorUnavailableError as error:
        raise Retry(error.retry_after_s, error.message) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        log.warning("sync of %s: %s", entity.name, error)  # noted with the connection, for staff
        return
    if done.more:
        raise Retry(0, f"{entity.name} has more")


def test_connection(job: Any, connection_id: str) -> None:
    """Test a draft and put it to use if it passes."""
    check.run(job.portico, job.tenant.id, UUID(connection_id))


def register(jobs: Any) -> None:
    """Called by core with the job registry."""
    jobs.actor("connections.sync", synchronise, max_attempts=5, queue="sync", time_limit_s=120)
    jobs.actor("connections.test", test_connection, max_attempts=1, time_limit_s=60)
    jobs.actor("connections.sync_due", synchronise_due, max_attempts=5, queue="sync", time_limit_s=120)
    jobs.periodic("connections.sync_due", every_s=SYNC_EVERY_S, per="connection")
