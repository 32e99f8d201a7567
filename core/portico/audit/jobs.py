"""The sealer: chains the audit rows that were committed since its last round."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

BATCH = 500


def seal(job: Any) -> None:
    """Seals in batches until nothing is pending; one sealer at a time (an advisory lock in the function)."""
    while True:
        with job.session() as db:
            if (db.scalar(sa.select(sa.func.audit_seal_pending(BATCH))) or 0) < BATCH:
                return
