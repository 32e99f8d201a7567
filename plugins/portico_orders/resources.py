"""Loads what a path names, within what the reader may see, or says that there is no such thing."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web.params import uuid_param
from portico_orders import reading


def order(request: Request) -> Any:
    """The order's own row. Raises OrderNotFoundError, also for what the visibility rules hide."""
    return reading.order(request.db, uuid_param(request, "order_id"))
