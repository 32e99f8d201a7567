"""The page on which staff see where the company's open amounts and the ledger disagree."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.connections.freshness import freshness
from portico_payments import reconciling
from portico_payments.entity import NAME


def page(context: None, request: Request) -> dict[str, Any]:
    rows = reconciling.differences(request.db)
    return {"rows": rows, "in_all": rows[0].in_all if rows else 0, "freshness": freshness(request.db, NAME)}
