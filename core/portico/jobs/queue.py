"""Put a job into the caller's transaction: it exists if and only if that transaction commits."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from portico.db.types import new_id
from portico.jobs.errors import JobArgumentsError, JobNameError
from portico.jobs.registry import JobRegistry

CHANNEL = "portico_job"
"""NOTIFY channel; the payload is the name of the queue."""

NOTIFY_EVERY_S = 0.02
"""A NOTIFY makes commits take turns, so a connection sends few; a woken worker looks again later."""

PERIODIC = "periodic:"
"""The unique keys of periodic work begin with it."""

ARGUMENTS_MAX_BYTES = 64 * 1024

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

# No conflict target: with one, PostgreSQL would want the right to read the table, which customers have not.
_INSERT = text(
    """
    insert into job (id, tenant_id, queue, actor, args, priority, unique_key, request_id, eta)
    values (:id, :tenant_id, :queue, :actor, cast(:args as jsonb), :priority, :unique_key, :request_id,
            now() + :delay)
    on conflict do nothing
    """
)
_HASTEN = text("select job_hasten(:unique_key, now() + :delay, :priority)")
_NOTIFY = text("select pg_notify(:channel, :queue)")


def enqueue(
    db: Session,
    name: str,
    /,
    *,
    delay_s: float = 0,
    unique: str | None = None,
    priority: int = 5,
    queue: str | None = None,
    **kwargs: Any,
) -> UUID | None:
    """Enqueue actor `name` for the tenant of this session (system-wide when it has none).

    `unique`: at most one job with this key waits in the tenant. If one does, it is brought forward to this
    call's time and priority, it will start after this transaction has ended, and None is returned. Jobs of
    one key never run at the same time. Arguments are JSON; a UUID becomes a string. Lower `priority` runs
    first.
    """
    registry: JobRegistry | None = db.info.get("jobs")
    if registry is not None:
        queue = queue or registry.actor_named(name).queue
    job_id, queue = new_id(), queue or "default"
    row = {
        "id": job_id, "tenant_id": db.info.get("tenant_id"), "queue": queue, "actor": name,
        "args": encode(kwargs), "priority": priority, "unique_key": unique,
        "request_id": getattr(db.info.get("scope"), "request_id", None) or "",
        "delay": timedelta(seconds=delay_s),
    }
    inserted = _insert(db, row)
    if delay_s <= 0:
        _wake_at_commit(db, queue)
    return job_id if inserted else None


def _insert(db: Session, row: Mapping[str, Any]) -> bool:
    """False if a queued job with that key does the work."""
    for _ in range(10):
        if db.execute(_INSERT, row).rowcount:  # type: ignore[attr-defined]
            return True
        # The row that was in the way may have been claimed meanwhile; then there is room for ours.
        hastened = {key: row[key] for key in ("unique_key", "delay", "priority")}
        if db.scalar(_HASTEN, hastened):
            return False
    raise JobNameError(f"the unique key {row['unique_key']!r} could be neither inserted nor joined")


def encode(arguments: Mapping[str, Any]) -> str:
    """JSON text of a job's arguments."""
    try:
        encoded = json.dumps(arguments, default=_plain, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise JobArgumentsError(f"job arguments must be JSON: {error}") from None
    if _NUL.search(encoded):
        raise JobArgumentsError("job arguments may not contain the character NUL: PostgreSQL has none")
    if len(encoded) > ARGUMENTS_MAX_BYTES:
        raise JobArgumentsError(f"job arguments take {len(encoded)} bytes of {ARGUMENTS_MAX_BYTES}: pass ids")
    return encoded


def _plain(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _wake_at_commit(db: Session, queue: str) -> None:
    waking: set[str] | None = db.info.get("jobs.waking")
    if waking is None:
        waking = db.info["jobs.waking"] = set()
        event.listen(db, "before_commit", _wake)
    waking.add(queue)


def _wake(db: Session) -> None:
    """Once per transaction and queue, and not again on this connection within NOTIFY_EVERY_S."""
    waking: set[str] = db.info["jobs.waking"]
    if not waking or db.in_nested_transaction():
        return
    last: dict[str, float] = db.connection().info.setdefault("jobs.notified", {})
    now = time.monotonic()
    for queue in sorted(waking):
        if now - last.get(queue, 0.0) >= NOTIFY_EVERY_S:
            db.execute(_NOTIFY, {"channel": CHANNEL, "queue": queue})
            last[queue] = now
    waking.clear()
