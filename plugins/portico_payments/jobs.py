"""Background work: the ledger follows invoices and payments."""

from __future__ import annotations

from typing import Any

from portico_payments import posting
from portico_payments.synchronise import POST


def post(job: Any) -> None:
    """Until nothing is due; a transaction for every few thousand."""
    while True:
        with job.session() as db:
            looked_at = posting.post(db)
        if not looked_at:
            return
        job.check()


def register(jobs: Any) -> None:
    jobs.actor(POST, post, max_attempts=5, time_limit_s=300)
    jobs.periodic(POST, every_s=60, per="tenant")
