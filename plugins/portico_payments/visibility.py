"""Whose payments somebody reads: the one place that lists, pages, API and statements ask.

What an organisation owes is nobody's own: people see it who have the permission in the organisation, and see all of it. The wall
keeps organisations apart; this is what decides within one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.db.types import now
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

VIEW = "payments:view"


def accounts(scope: Scope) -> list[UUID]:
    """The customer organisations whose payments this customer reads."""
    return [
        place.account_id for place in scope.places if place.reach == "all" and scope.has(VIEW, place.account_id)
    ]


def is_staff(scope: Scope) -> bool:
    return scope.kind != "customer"


def conditions(staff: bool, table: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """For a table with account_id; to be executed with `values`."""
    return () if staff else (table.c.account_id.in_(sa.bindparam("mine", expanding=True, type_=sa.Uuid)),)


def values(scope: Scope) -> dict[str, Any]:
    return {} if is_staff(scope) else {"mine": accounts(scope)}


def today(tenant: Tenant) -> dt.date:
    """Where the company is."""
    return now().astimezone(tenant.zone).date()
