"""Marks of the tables that have no model: the queue's, which is made of plain SQL."""

from __future__ import annotations

from collections.abc import Mapping

from portico.db.privacy import Privacy

TABLES: Mapping[str, Privacy] = {
    "job": Privacy(
        incidental="args unique_key last_error",
        plain="id tenant_id lane queue actor priority eta state attempts waits claim lease_until worker plugin request_id "
        "created_at",
    ),
    "job_dead": Privacy(
        incidental="args unique_key reason detail",
        plain="id tenant_id queue actor priority request_id plugin attempts created_at died_at",
    ),
    "job_periodic": Privacy(plain="name ticked_to enqueued"),
    "job_worker": Privacy(plain="name queues threads started_at seen_at"),
}
"""A job that is done is gone. What waits or was given up goes with the person it names (`privacy.naming`)."""
