"""How much time the present call has left."""

from __future__ import annotations

from portico.connections.deadline import remaining_s, within

__all__ = ["remaining_s", "within"]
