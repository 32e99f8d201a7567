"""A start at which nothing changed, against a real database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portico.db import migrate
from portico.db.setup import owner_url
from portico.testing.portal import Portal


def stands(portal: Portal, before: str = "", **changed: str) -> bool:
    """After the owner did `before`, which is rolled back."""
    engine = sa.create_engine(sa.engine.make_url(owner_url(portal.settings)).set(drivername="postgresql+psycopg"))
    lineages = [migrate.Lineage(one.name, one.folder, one.requires, changed.get("core", one.core))
                for one in portal.parts.plugins.lineages()]
    try:
        with engine.connect() as connection:
            if before:
                connection.execute(sa.text(before))
            return migrate.stand_at(connection, migrate.order(lineages))
    finally:
        engine.dispose()


def test_a_migrated_database_is_known_without_alembic(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate.Lineage, "script", lambda self: pytest.fail("Alembic was asked"))
    assert stands(portal)


@pytest.mark.parametrize("before", [
    "UPDATE portico_version SET version_num = 'c0001'",
    "DELETE FROM portico_quotes_version",
    "DROP TABLE portico_quotes_version",
    "INSERT INTO portico_version VALUES ('later')",
])
def test_any_other_state_is_left_to_alembic(portal: Portal, before: str) -> None:
    assert not stands(portal, before)


def test_a_core_that_a_plugin_needs_and_that_is_missing_is_left_to_alembic_to_refuse(portal: Portal) -> None:
    assert not stands(portal, core="c9999")
