"""What an actor receives: whose job it is, and short transactions that commit only while it is ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.jobs.claims import Claimed
from portico.jobs.errors import LeaseLost
from portico.jobs.parts import JobQueue
from portico.jobs.registry import ActorSpec
from portico.jobs.session import worker_session


@dataclass(frozen=True)
class Job:
    """One run of an actor.

    scope: the tenant's system scope; None for work of the installation, whose sessions run as portico_worker.
    attempt: 1 for the first run. waits: how often the actor has asked for a Retry.
    """

    id: UUID
    name: str
    scope: Any
    attempt: int
    waits: int
    request_id: str
    unique_key: str | None
    enqueued_at: datetime
    relay: Any
    portico: Any
    _claimed: Claimed
    _jobs: JobQueue
    _ends_at: float

    @classmethod
    def of(cls, claimed: Claimed, spec: ActorSpec, scope: Any, jobs: JobQueue, portico: Any) -> Job:
        return cls(
            id=claimed.id, name=claimed.actor, scope=scope, attempt=claimed.attempts, waits=claimed.waits,
            request_id=claimed.request_id, unique_key=claimed.unique_key, enqueued_at=claimed.created_at,
            relay=jobs.relay_for(scope) if scope is not None else None, portico=portico, _claimed=claimed,
            _jobs=jobs, _ends_at=time.monotonic() + spec.time_limit_s,
        )

    @property
    def tenant(self) -> Any:
        """The tenant's snapshot as of the start of this run; None for work of the installation."""
        return self.scope.tenant if self.scope is not None else None

    def remaining_s(self) -> float:
        """Seconds until the actor's time limit."""
        return max(0.0, self._ends_at - time.monotonic())

    def check(self) -> None:
        """Raise LeaseLost if the job may have passed to another worker. Call it before an outside call."""
        if not self._claimed.held():
            raise LeaseLost(f"{self.name} {self.id}")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction of its own: commits at exit, unless the block raises or the job is no longer ours."""
        self.check()
        with self._open() as db:
            db.info.update(jobs=self._jobs.registry, relay=self.relay)
            yield db
            db.flush()
            self.check()

    def _open(self) -> AbstractContextManager[Session]:
        if self.scope is None:
            return worker_session(self._jobs.sessions.engine)
        return self._jobs.sessions.scoped(self.scope)
