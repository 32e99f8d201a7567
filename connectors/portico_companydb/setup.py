"""The standard schema for an empty database; a database that holds anything else is left alone."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from portico_companydb import schema
from portico_companydb.database import Database
from portico_companydb.foreign import writing
from portico_companydb.i18n import _
from portico_companydb.schema import VERSION
from portico_companydb.settings import POSTGRESQL
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import SetupReport

OLDEST_MYSQL = (8, 0, 16)
_RELATIONS = text(
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' "
    "AND n.nspname NOT LIKE 'pg\\_%'"
)


def version(connection: Connection) -> int | None:
    """Of the schema in place, None = ours is not there, or was begun and broke off."""
    if not _is_ours(connection):
        return None
    found: int | None = connection.execute(text("SELECT max(version) FROM portico_schema")).scalar_one_or_none()
    return found


def _is_ours(connection: Connection) -> bool:
    return inspect(connection).has_table("portico_schema")


def _relations(connection: Connection) -> int:
    """Tables, views and sequences of anybody."""
    if connection.dialect.name == POSTGRESQL:
        return int(connection.execute(_RELATIONS).scalar_one())
    seen = inspect(connection)
    return len({*seen.get_table_names(), *seen.get_view_names()})


def apply(database: Database) -> SetupReport:
    """Tables in an empty database, and what is newer than those of an older version. One transaction: all of it or nothing; in
    MySQL, which commits each table by itself, what broke off goes on. Two at a time wait for each other.
    """
    with database.transaction(read_only=False) as connection:
        _check_server(connection)
        writing.lock(connection)
        found = version(connection)
        if found is not None and found >= VERSION:
            return SetupReport(False, found, _("The tables are there already."))
        if found is not None:
            _run(connection, found)
            return SetupReport(True, VERSION, _("The tables were brought up to date."))
        if not _is_ours(connection) and (others := _relations(connection)):
            raise ConnectorRejectedError(
                "database",
                _(
                    "The database is not empty (${count} tables, views or sequences): nothing was changed. "
                    "Choose an empty database.",
                    mapping={"count": others},
                ),
                code="not_empty",
            )
        _run(connection)
    return SetupReport(True, VERSION, _("The tables were created."))


def _check_server(connection: Connection) -> None:
    """MySQL keeps what the tables promise since 8.0.16: before, it read CHECK and did nothing, and had no computed defaults."""
    dialect = connection.dialect
    release = dialect.server_version_info or OLDEST_MYSQL
    if dialect.name == "mysql" and not getattr(dialect, "is_mariadb", False) and release < OLDEST_MYSQL:
        raise ConnectorRejectedError(
            "database",
            _(
                "This server is MySQL ${version}, and the standard schema needs MySQL 8.0.16 or MariaDB 10.5: "
                "nothing was changed. Map the tables that are there instead.",
                mapping={"version": ".".join(map(str, release))},
            ),
            code="server",
        )


def _run(connection: Connection, since: int = 0) -> None:
    plainly = connection.execution_options(no_parameters=True)
    dialect = "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name
    for statement in schema.statements(dialect, since):
        plainly.exec_driver_sql(statement)
