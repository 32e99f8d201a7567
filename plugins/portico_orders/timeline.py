"""The steps that an order goes through, as the drawn timeline shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portico_erp.values import OrderStatus
from portico_orders.statuses import LOOKS, STEPS

CANCELLED, DRAFT = OrderStatus.CANCELLED.value, OrderStatus.DRAFT.value


def steps(status: str, changes: Iterable[Any]) -> list[dict[str, Any]]:
    """{"title", "state": done|current|todo|failed, "at": moment or None} for each step.

    A step that the company skipped is done, without a time. What was reached and taken back is not done any
    more.
    """
    reached = {one.status: one.at for one in changes if one.status}
    if status == CANCELLED:
        passed = [step for step in STEPS if step in reached]
        return [_step(step, "done", reached) for step in passed or STEPS[:1]] + [_step(CANCELLED, "failed", reached)]
    now_at = -1 if status == DRAFT else STEPS.index(status)
    last = len(STEPS) - 1
    return [
        _step(
            step,
            "done" if index < now_at or now_at == last else "current" if index == now_at else "todo",
            reached if index <= now_at else {},
        )
        for index, step in enumerate(STEPS)
    ]


def _step(status: str, state: str, reached: dict[str, Any]) -> dict[str, Any]:
    return {"title": LOOKS[status].title, "state": state, "at": reached.get(status), "status": status}
