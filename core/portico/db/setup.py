"""Brings a server to where the application can run on it: roles, database, extensions, migrations. Safe to repeat."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa

from portico.db import migrate, roles
from portico.db.embedded import EmbeddedServer
from portico.db.session import make_engine
from portico.pluginhost.host import PluginHost
from portico.settings import Settings


def admin_url(settings: Settings, database: str = "postgres") -> str:
    """The administrator's libpq URL: the embedded server's superuser, or what `database_url` says."""
    if settings.database_url is None:
        return EmbeddedServer(settings.home).url(database)
    return (
        sa.engine.make_url(settings.database_url)
        .set(database=database, drivername="postgresql")
        .render_as_string(False)
    )


def reach(settings: Settings) -> None:
    """Raise psycopg.OperationalError if the server is an external one and does not answer."""
    if settings.database_url is not None:
        psycopg.connect(_maintenance_url(settings), connect_timeout=10).close()


def _maintenance_url(settings: Settings) -> str:
    """The administrator's, of a database that is there before the portal's is."""
    named = sa.engine.make_url(settings.database_url).database if settings.database_url else None
    return admin_url(settings, named or "postgres")


def start_embedded(settings: Settings, **options: str) -> bool:
    """Start the embedded server if it is the one in use. True if this call started it."""
    if settings.database_url is not None:
        return False
    return EmbeddedServer(settings.home, options).start()


def prepare(settings: Settings, plugins: PluginHost) -> list[str]:
    """Roles, the portal's database, extensions, every lineage to its head. Names the migrations that were applied."""
    with psycopg.connect(_maintenance_url(settings), autocommit=True) as admin, roles.alone(admin):
        roles.ensure_roles(admin, settings.master_key)
        made = roles.ensure_database(admin, settings.database)
    with psycopg.connect(admin_url(settings, settings.database), autocommit=True) as admin:
        roles.prepare_database(admin)
        if made:
            roles.note_master_key(admin, settings.master_key)
    owner = make_engine(owner_url(settings), pool_size=2, application="portico migrate")
    try:
        return migrate.upgrade(owner, plugins.lineages())
    finally:
        owner.dispose()


def owner_url(settings: Settings) -> str:
    password = roles.password_for(roles.OWNER, settings.master_key)
    url = sa.engine.make_url(admin_url(settings, settings.database))
    return url.set(username=roles.OWNER, password=password).render_as_string(False)
