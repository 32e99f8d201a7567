"""What a trial of a connection found, as its page shows it before anything is imported."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.connections import runs
from portico.connections.messages import told
from portico.db.types import now


def refused(run: Any) -> list[tuple[str, Any]]:
    """The first records that could not have been taken over, and why."""
    return [(one["ref"], told(one["message"])) for one in run.samples if "message" in one]


def shown(request: Request, connection_id: Any) -> list[dict[str, Any]]:
    """Per entity: how much would come, the first rows, what would be refused and why.

    outcome: as of a run; "broken" for one that was not heard of any more. titles: of the columns of rows.
    """
    entities, found = request.registry.portico.connections.entities, []
    for run in runs.trials(request.db, connection_id):
        entity = entities[run.entity][1] if run.entity in entities else None
        columns = entity.columns if entity else {}
        silent = run.outcome == runs.RUNNING and run.ended_at < now() - runs.SILENT
        found.append(
            {
                "title": (entity and entity.title) or run.entity,
                "outcome": "broken" if silent else run.outcome,
                "read": run.created,
                "problems": run.problems,
                "message": run.message,
                "ended_at": run.ended_at,
                "refused": refused(run),
                "titles": list(columns.values()),
                "rows": [[one["row"].get(name, "") for name in columns] for one in run.samples if columns and "row" in one],
            }
        )
    return found
