"""A company's administrator says how often its system may be called, and sees how much of that was used."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.admin.test_connections import FakeConnector, connect, row
from tests.functional.admin.test_connections import company as company
from tests.functional.admin.test_connections import system as system

from portico.connections.connector import Rate
from portico.connections.models import ConnectionPace
from portico.db.types import new_id, now
from portico.testing.client import Client
from portico.testing.portal import Company


def ask(admin: Client, connection_id: str, *, calls: str, per_s: str = "60", version: int, status: int = 303) -> Any:
    values = {"__formid__": "rate", "version": str(version), "calls": calls, "per_s": per_s}
    return admin.post(f"/admin/connections/{connection_id}/rate", values, status=status)


def used(company: Company, connection_id: str, calls: int, **more: Any) -> None:
    with company.system() as db:
        db.execute(sa.delete(ConnectionPace))
        values = {"tenant_id": company.id, "id": new_id(), "connection_id": uuid.UUID(connection_id)}
        db.execute(sa.insert(ConnectionPace).values(values | {"calls": [now()] * calls} | more))


def test_the_limit_is_set_shown_with_what_was_used_and_taken_back(company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    assert "Limit of calls" in admin.get(f"/admin/connections/{connection_id}")
    ask(admin, connection_id, calls="60", version=row(company, connection_id).version)
    assert (row(company, connection_id).rate_calls, row(company, connection_id).rate_per_s) == (60, 60)
    used(company, connection_id, 12)
    shown = admin.get(f"/admin/connections/{connection_id}")
    assert all(text in shown for text in ("60 calls a minute", "Calls in the last minute", "12 of 60"))
    assert "60 appels par minute" in admin.get(f"/admin/connections/{connection_id}?lang=fr")
    assert "Limit of calls to a connection changed" in admin.get("/admin/audit?lang=en")
    assert 'value="60"' in admin.get(f"/admin/connections/{connection_id}/rate").text
    ask(admin, connection_id, calls="", version=row(company, connection_id).version)
    assert row(company, connection_id).rate_calls is None
    assert "60 calls a minute" not in admin.get(f"/admin/connections/{connection_id}")


@pytest.mark.parametrize(("calls", "per_s"), [("0", "60"), ("9", "60"), ("1001", "1"), ("many", "1"), ("60", "3600")])
def test_what_is_no_limit_is_refused(company: Company, calls: str, per_s: str) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    ask(admin, connection_id, calls=calls, per_s=per_s, version=row(company, connection_id).version, status=422)
    assert row(company, connection_id).rate_calls is None


def test_a_page_that_is_out_of_date_changes_nothing(company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    ask(admin, connection_id, calls="60", version=row(company, connection_id).version - 1, status=409)
    assert row(company, connection_id).rate_calls is None


def test_what_the_connector_proposes_is_shown_as_such(company: Company, system: FakeConnector) -> None:
    system.rate = lambda config: Rate(2, 1)  # type: ignore[attr-defined]
    admin = company.admin()
    connection_id = connect(admin)
    shown = admin.get(f"/admin/connections/{connection_id}")
    assert all(text in shown for text in ("2 calls a second", "proposed for this kind of system"))
    assert "2 calls a second" in admin.get(f"/admin/connections/{connection_id}/rate")


def test_a_pause_that_the_system_asked_for_is_shown_until_it_ends(company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    used(company, connection_id, 0, paused_until=now() + dt.timedelta(minutes=9))
    assert "has asked for a pause" in admin.get(f"/admin/connections/{connection_id}")
    used(company, connection_id, 0, paused_until=now() - dt.timedelta(seconds=1))
    assert "has asked for a pause" not in admin.get(f"/admin/connections/{connection_id}")
