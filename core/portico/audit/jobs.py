"""The sealer: chains the audit rows that were committed since its last round, and anchors the chains' heads outside."""

from __future__ import annotations

import sqlalchemy as sa

from portico.audit.anchors import Anchor, Anchors
from portico.jobs.job import Job

BATCH = 500


def seal(job: Job) -> None:
    """Seals in batches until nothing is pending; one sealer at a time (an advisory lock in the function).

    The heads are anchored after the seals were committed, from the newest anchor on: what a crash left out is made up
    for by the next round. Raises OSError if the folder cannot be written; then the job is tried again, and shown.
    """
    while True:
        with job.session() as db:
            if (db.scalar(sa.select(sa.func.audit_seal_pending(BATCH))) or 0) < BATCH:
                break
    anchors = Anchors(job.portico.settings.anchors_folder)
    with job.session() as db:
        rows = db.execute(
            sa.text("SELECT chain, number, hash, seen_at FROM audit_heads(:since)"), {"since": anchors.last_seen()}
        ).all()
    anchors.append(Anchor(row.seen_at, row.chain, row.number, bytes(row.hash)) for row in rows)
