"""Why a command could not start, in a sentence that says what to do; what it does not know is left to a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import sqlalchemy as sa

from portico.settings import Settings


class DatabaseAwayError(RuntimeError):
    """The database at `url` cannot be used; `reason` is the driver's own, perhaps over several lines."""

    def __init__(self, reason: str, url: str) -> None:
        super().__init__(reason)
        self.reason, self.url = reason, url


def explain(error: Exception, settings: Settings) -> str | None:
    """One sentence for the person at the keyboard, or None if the error is not about where we run."""
    # Late: the processes' metrics have to know their folder before the server is imported.
    from portico.db.embedded import EmbeddedServerError
    from portico.db.migrate import MigrationError
    from portico.identity.breached import BreachedListError
    from portico.pluginhost.manifest import ManifestError
    from portico.web.server import ServerError

    for cause in _causes(error):
        if isinstance(cause, BreachedListError | EmbeddedServerError | ManifestError | MigrationError | ServerError):
            return str(cause)
        if isinstance(cause, DatabaseAwayError):
            return database_away(settings, cause.reason, cause.url)
        if isinstance(cause, sa.exc.OperationalError) and _connecting(cause):
            return database_away(settings, str(cause.orig or cause), settings.app_database_url)
        if isinstance(cause, psycopg.OperationalError) and _connecting(cause):
            return database_away(settings, str(cause))
        if isinstance(cause, OSError) and _below(cause, settings):
            return home_unusable(settings, cause)
    return None


def database_away(settings: Settings, reason: str, url: str | None = None) -> str:
    """`reason` in one line, without the driver's guesses after the first; `url` is what could not be reached, if known."""
    words = " ".join(reason.strip().splitlines()[:1]).removeprefix("connection failed: ")
    if url is not None and url == settings.app_database_url:
        return (
            f"the database at {_place(url)} cannot be used ({words}): see that it runs and that "
            "PORTICO_APP_DATABASE_URL names it, or leave that out: then it is made from PORTICO_DATABASE_URL and the master key"
        )
    if settings.database_url is None:
        return (
            f"the database of PORTICO_HOME {settings.home} does not run ({words}): start it with `portico run`, "
            "or name another by PORTICO_DATABASE_URL"
        )
    where = _place(settings.database_url)
    if "password authentication failed" in words and url is not None:
        return (
            f"the database at {where} refuses the password that is made from the master key ({words}): give this process "
            "the PORTICO_MASTER_KEY that `portico migrate` ran with"
        )
    return (
        f"the database at {where} cannot be used ({words}): see that it runs and that PORTICO_DATABASE_URL names it"
    )


def _place(url: str) -> str:
    """Host and port, or the path: nothing that is secret."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path


def home_unusable(settings: Settings, error: OSError) -> str:
    return (
        f"PORTICO_HOME {settings.home} cannot be written ({error.strerror or error}): "
        "give its folder to the user that runs portico, or set PORTICO_HOME to another"
    )


def check_database(url: str) -> None:
    """Raises DatabaseAwayError unless a connection works."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise DatabaseAwayError(str(error), url) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _connecting(error: Exception) -> bool:
    """Not a statement that failed later: those carry a code of PostgreSQL, or their SQL."""
    if isinstance(error, sa.exc.OperationalError):
        return error.statement is None
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate is None or error.sqlstate[:2] in ("28", "3D"))


def _below(error: OSError, settings: Settings) -> bool:
    if not isinstance(error.filename, str | bytes | os.PathLike):
        return False
    name = os.path.abspath(os.fsdecode(error.filename))
    home = str(settings.home)
    return os.path.commonpath([name, home]) in (name, home)
