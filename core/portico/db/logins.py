"""How the application's own logins reach its database; known from the settings alone."""

from __future__ import annotations

import sqlalchemy as sa

from portico.db.embedded import EmbeddedServer
from portico.db.roles import APP, password_for
from portico.settings import Settings


def login_url(settings: Settings, role: str = APP) -> str:
    """A libpq URL for one of our logins. Raises EmbeddedServerError if the home has no database yet."""
    if role == APP and settings.app_database_url:
        return settings.app_database_url
    password = password_for(role, settings.master_key)
    if settings.database_url is None:
        return EmbeddedServer(settings.home).url(settings.database, role, password)
    admin = sa.engine.make_url(settings.database_url)
    return admin.set(username=role, password=password, database=settings.database).render_as_string(False)
