"""Core's jobs around connections: synchronise what is due, and test a draft."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.connections import alarms, check, reconcile, runs, sync
from portico.connections.client import LONG_PATIENCE_S, Client
from portico.connections.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico.connections.models import ACTIVE, Connection
from portico.connections.target import NoConnectionError, Target
from portico.jobs import enqueue
from portico.jobs.errors import Dead, Retry
from portico.jobs.job import Job
from portico.jobs.registry import DAY_S

log = logging.getLogger("portico.sync")
SYNC_EVERY_S = 60
"""How often it is looked what is due: no entity is read by itself more often than that."""


WATCH_EVERY_S = 5 * 60


def synchronise(job: Job, connection_id: str, entity: str | None = None, ref: str | None = None) -> None:
    """Read what changed, now: one entity, or (None) all that the connection can give and whose plugin is on. ref: one record of
    the entity, which is read alone where that can be, else with all others from the start.
    """
    target, wanted = _wanted(job, connection_id)
    if not _in_use(job, target):
        return
    wanted = [one for one in wanted if entity in (None, one.name)]
    if ref is None:
        return _synchronise(job, target, wanted)
    for one in wanted:
        if not _synchronise_record(job, target, one, ref):
            with job.session() as db:
                sync.ask_anew(db, target.connection_id, one.name)


def _synchronise_record(job: Job, target: Target, entity: sync.SyncEntity, ref: str) -> bool:
    """Whether it could be asked for alone."""
    try:
        return sync.run_one(job.session, Client(job.portico.connections, target, entity.capability), entity, ref)
    except ConnectorUnavailableError as error:
        raise Retry(error.retry_after_s, error.message) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        log.warning("sync of one of %s: %s", entity.name, error)  # noted with the connection, for staff
        return True


def synchronise_due(job: Job, connection_id: str) -> None:
    """The same for those whose time has come, each at its own pace."""
    target, wanted = _wanted(job, connection_id)
    with job.session() as db:
        ready = sync.due(db, target.connection_id, wanted, slack_s=SYNC_EVERY_S / 2)
    _synchronise(job, target, ready)


def _wanted(job: Job, connection_id: str) -> tuple[Target, list[sync.SyncEntity]]:
    """The connection and its entities in order. Raises Dead if it is gone."""
    host = job.portico.connections
    try:
        target = host.target(job.tenant.id, UUID(connection_id), job.tenant.config_version)
        return target, host.entities_of(job.tenant, target)
    except NoConnectionError as error:
        raise Dead(str(error)) from error


def _in_use(job: Job, target: Target) -> bool:
    """It may have been switched off since the job was asked for."""
    with job.session() as db:
        return db.scalar(sa.select(Connection.status).where(Connection.id == target.connection_id)) == ACTIVE


def _synchronise(job: Job, target: Target, entities: Sequence[sync.SyncEntity]) -> None:
    for one in entities:
        _synchronise_one(job, Client(job.portico.connections, target, one.capability), one)


def _synchronise_one(job: Job, client: Client, entity: sync.SyncEntity) -> None:
    job.check()
    try:
        done = sync.run(job.session, client, entity, budget_s=max(1.0, job.remaining_s() - 15))
    except sync.OvertakenError as error:
        # The run that overtook us does the rest, but for what changed after it had read: look again, soon.
        raise Retry(1, str(error)) from error
    except ConnectorUnavailableError as error:
        raise Retry(error.retry_after_s, error.message) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        log.warning("sync of %s: %s", entity.name, error)  # noted with the connection, for staff
        return
    if done.more:
        raise Retry(done.wait_s, f"{entity.name} has more")
    if done.first_end and entity.gone is not None:
        # Not at night alone: what went while the first import lasted, perhaps for hours, is offered until it is compared.
        key = f"connections.compare/{client.target.connection_id}/{entity.name}"
        with job.session() as db:
            enqueue(db, "connections.compare", connection_id=client.target.connection_id, entity=entity.name, unique=key)


def compare(job: Job, connection_id: str, entity: str | None = None, force: bool = False) -> None:
    """Compare with everything that the company's system has: at night, after the first import, or by hand. Of what cannot be
    compared, look whether it still names any. force: also where much has vanished.
    """
    target, wanted = _wanted(job, connection_id)
    if not _in_use(job, target):
        return
    with job.session() as db:
        runs.forget(db, target.connection_id)
    for one in wanted:
        client = Client(job.portico.connections, target, one.capability, patience_s=LONG_PATIENCE_S)
        if entity in (None, one.name) and one.gone is None:
            job.check()
            reconcile.look(job.session, client, one)
        elif entity in (None, one.name):
            try:
                reconcile.compare(job.session, client, one, check=job.check, force=force)
            except ConnectorUnavailableError as error:
                raise Retry(error.retry_after_s, error.message) from error
            except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
                log.warning("comparison of %s: %s", one.name, error)


def trial(job: Job, connection_id: str) -> None:
    """Read everything through a connection and keep nothing of it."""
    target, wanted = _wanted(job, connection_id)
    for one in wanted:
        client = Client(job.portico.connections, target, one.capability, patience_s=LONG_PATIENCE_S)
        reconcile.trial(job.session, client, one, check=job.check)


def watch(job: Job, connection_id: str) -> None:
    """Tell staff of a connection that stands still."""
    target, wanted = _wanted(job, connection_id)
    with job.session() as db:
        alarms.watch(db, target, {one.name: one.every_s for one in wanted})


def test_connection(job: Job, connection_id: str) -> None:
    """Test a draft and put it to use if it passes."""
    check.run(job.portico, job.tenant.id, UUID(connection_id))


def register(jobs: Any) -> None:
    """Called by core with the job registry."""
    jobs.actor("connections.sync", synchronise, max_attempts=5, queue="sync", time_limit_s=120)
    jobs.actor("connections.test", test_connection, max_attempts=1, time_limit_s=60)
    jobs.actor("connections.sync_due", synchronise_due, max_attempts=5, queue="sync", time_limit_s=120)
    jobs.actor("connections.compare", compare, max_attempts=3, queue="sync", time_limit_s=1800)
    jobs.actor("connections.trial", trial, max_attempts=1, queue="sync", time_limit_s=1800)
    jobs.actor("connections.watch", watch, max_attempts=1, time_limit_s=30)
    jobs.periodic("connections.compare", every_s=DAY_S, per="connection", at_night=True)
    jobs.periodic("connections.watch", every_s=WATCH_EVERY_S, per="connection")
    jobs.periodic("connections.sync_due", every_s=SYNC_EVERY_S, per="connection")
