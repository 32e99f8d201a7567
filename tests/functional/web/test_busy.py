"""More people at once than the database has room for: who finds none is asked to come back, and nothing is called broken."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from portico.testing.portal import Portal


def test_who_finds_no_connection_free_is_told_to_come_back(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    company = portal.company(plugins=[])
    customer, api = company.customer(), company.api(company.customer().person)
    pool = portal.parts.sessions.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    with ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow):
            held.enter_context(portal.parts.sessions.engine.connect())
        assert "try again in a minute" in customer.get("/", status=503)
        assert api.get("/me", status=503).json["type"].endswith("#unavailable")
    customer.get("/", status=200)
