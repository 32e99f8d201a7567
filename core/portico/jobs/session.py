"""A transaction that sees the job tables and nothing of any tenant: for work of the whole installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

_ENTER = text(
    "select set_config('role', 'portico_worker', true), set_config('portico.tenant_id', '', true), "
    "set_config('portico.user_id', '', true), set_config('portico.accounts', '', true)"
)


@contextmanager
def worker_session(engine: Engine) -> Iterator[Session]:
    """A transaction of its own as portico_worker; commits at exit."""
    with Session(engine, expire_on_commit=False, info={"tenant_id": None}) as db, db.begin():
        db.execute(_ENTER)
        yield db
