"""Which contracts somebody may see: the one place that list, detail, API and widget all ask."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from portico.db.types import now
from portico.tenancy import reach
from portico.tenancy.scope import Scope
from portico_contracts.models import CONTRACT
from portico_contracts.statuses import DRAFT


def visible(kind: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions to add to a query of contracts; `kind` is `reach.kind_of` the reader. What the company took back to write it
    anew is shown to its own people alone.
    """
    # What the wall says is said beside it, so that indexes are used.
    return () if kind == "everything" else (*reach.conditions(kind, CONTRACT.c), CONTRACT.c.status != DRAFT)


def values(scope: Scope) -> dict[str, Any]:
    """What queries of contracts compare with, for this reader."""
    return {"today": today(scope), **(reach.values(scope) if scope.kind == "customer" else {})}


def today(scope: Scope) -> dt.date:
    """Where the company is."""
    assert scope.tenant is not None
    return now().astimezone(scope.tenant.zone).date()
