"""The standard schema for an empty database; a database that holds anything else is left alone."""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import Connection, text

from portico_companydb.database import Database
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import SetupReport

VERSION = 3
_SCRIPTS = ("schema.sql", "schema_2.sql", "schema_3.sql")

_OURS = text("SELECT to_regclass('portico_schema') IS NOT NULL")
_RELATIONS = text(
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' "
    "AND n.nspname NOT LIKE 'pg\\_%'"
)


def script(since: int = 0) -> str:
    """The SQL that an administrator may as well run with psql. since: the version in place; 0 = an empty database."""
    return "\n".join(
        files("portico_companydb").joinpath(name).read_text(encoding="utf-8")
        for version, name in enumerate(_SCRIPTS, 1)
        if version > since
    )


def version(connection: Connection) -> int | None:
    """Of the schema in place, None = ours is not there."""
    if not connection.execute(_OURS).scalar_one():
        return None
    return connection.execute(text("SELECT max(version) FROM portico_schema")).scalar_one_or_none()


def apply(database: Database) -> SetupReport:
    """Tables in an empty database, and what is newer than those of an older version. One transaction: all of it or nothing.
    Two at a time wait for each other.
    """
    with database.transaction(read_only=False) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('portico_companydb.setup'))"))
        found = version(connection)
        if found is not None and found >= VERSION:
            return SetupReport(False, found, _("The tables are there already."))
        if found is not None:
            connection.execution_options(no_parameters=True).exec_driver_sql(script(found))
            return SetupReport(True, VERSION, _("The tables were brought up to date."))
        others = connection.execute(_RELATIONS).scalar_one()
        if others:
            raise ConnectorRejectedError(
                "database",
                _(
                    "The database is not empty (${count} tables, views or sequences): nothing was changed. "
                    "Choose an empty database.",
                    mapping={"count": others},
                ),
                code="not_empty",
            )
        connection.execution_options(no_parameters=True).exec_driver_sql(script())
    return SetupReport(True, VERSION, _("The tables were created."))
