"""Links that ended long ago are forgotten."""

from __future__ import annotations

from portico.jobs.job import Job
from portico.links import service

FORGET = "links.forget"


def forget(job: Job) -> None:
    """Once a day for each company."""
    with job.session() as db:
        service.forget(db)
