"""Loads what a path names, within what the reader may see, or says that there is no such thing."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_contracts import reading


def contract(request: Request) -> Any:
    """The contract's own row. Raises ContractNotFoundError, also for what is hidden."""
    return reading.contract(request.db, uuid_param(request, "contract_id"))
