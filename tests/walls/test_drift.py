"""What all migrations together built is what the models say: columns, types, keys, checks of null, indexes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from portico.db.base import Base
from portico.testing.portal import Portal


def differences(connection: sa.Connection) -> list[str]:
    def include(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        return kind != "table" or name in Base.metadata.tables

    options = {"compare_type": True, "compare_server_default": False, "include_object": include}
    context = MigrationContext.configure(connection, opts=options)
    return [str(one) for one in compare_metadata(context, Base.metadata)]


def test_the_database_is_what_the_models_say(portal: Portal) -> None:
    with portal.superuser() as connection:
        assert differences(connection) == []


def test_a_column_that_no_migration_made_is_noticed(portal: Portal) -> None:
    with portal.superuser() as connection:
        connection.execute(sa.text("ALTER TABLE app_user RENAME COLUMN locale TO language"))
        found = differences(connection)
        connection.rollback()
    assert any("locale" in one for one in found)
