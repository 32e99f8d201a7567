"""Sessions that carry a scope. One session serves one tenant; a transaction without a scope sees no row at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from transaction._transaction import Status
from zope.sqlalchemy import datamanager

from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

_ENTER = sa.text(
    "SELECT set_config('portico.tenant_id', :tenant, true), set_config('portico.user_id', :user, true), "
    "set_config('portico.accounts', :accounts, true), set_config('portico.keys', :keys, true), "
    "set_config('portico.owned', :owned, true), set_config('role', :role, true)"
)
_KEYS = sa.text("SELECT set_config('portico.keys', :keys, true)")
_BESIDE = "beside the record"

_MANAGER = "transaction_manager"


def array_literal(ids: tuple[uuid.UUID, ...]) -> str:
    """The `{…}` literal that the policies compare with."""
    return "{" + ",".join(str(one) for one in ids) + "}"


def scope_parameters(scope: Scope) -> dict[str, str]:
    return {
        "tenant": str(scope.tenant.id) if scope.tenant else "",
        # Of what is a person's own, a link from a mail opens nothing.
        "user": str(scope.user_id) if scope.user_id and scope.only_id is None else "",
        "accounts": array_literal(scope.accounts),
        "keys": array_literal(scope.keys),
        "owned": array_literal(scope.owned),
        "role": scope.database_role,
    }


def bind_scope(session: orm.Session, scope: Scope) -> None:
    """Say in the session's `info` what the transaction already is, or will be at its begin."""
    session.info["scope"] = scope
    session.info["tenant_id"] = scope.tenant.id if scope.tenant else None


def take_on(session: orm.Session, scope: Scope) -> None:
    """From here on the transaction is another scope's. The caller says so in the session's `info`."""
    session.execute(_ENTER, scope_parameters(scope))


@contextmanager
def beside_the_record(session: orm.Session) -> Iterator[None]:
    """What core itself writes about a record that a link opened: its event, the end of what was asked about it, what an agreement
    to it carries. Those rows have other keys than the record, so for these statements the organisation's opens them."""
    scope: Scope = session.info["scope"]
    if scope.only_id is None or session.info.get(_BESIDE):
        yield
        return
    session.flush()
    session.execute(_KEYS, {"keys": array_literal(scope.accounts)})
    session.info[_BESIDE] = True
    try:
        yield
        session.flush()
    except sa.exc.SQLAlchemyError:  # the transaction takes no statement any more; its end closes what was opened
        raise
    except BaseException:
        session.execute(_KEYS, {"keys": array_literal(scope.keys)})
        raise
    finally:
        session.info.pop(_BESIDE)
    session.execute(_KEYS, {"keys": array_literal(scope.keys)})


class SessionFactory:
    """Makes sessions on one engine: for a request (joined to its transaction manager) or for a scope of one's own."""

    def __init__(self, engine: sa.Engine, relay: Callable[[Tenant | None], Any] | None = None, **info: Any) -> None:
        """`relay` gives a company's plugin relay; `info` goes into every session's `info`."""
        self.engine = engine
        self._relay, self._info = relay, info
        self._request = orm.sessionmaker(engine, autoflush=True, expire_on_commit=False)
        self._scoped = orm.sessionmaker(engine, autoflush=True, expire_on_commit=False)
        event.listen(self._scoped, "after_begin", _enter_at_begin)
        # Once for all requests; `zope.sqlalchemy.register` would do it seven times in each.
        event.listen(self._request, "after_begin", _join_at_begin)
        event.listen(self._request, "before_commit", _refuse_own_commit)

    def for_request(self, manager: Any) -> orm.Session:
        """A session that commits and rolls back with the request's transaction manager; the caller enters a scope.

        Joined as "changed": otherwise writes by raw SQL would be dropped at commit without a word.
        """
        return self._request(info={**self._info, _MANAGER: manager})

    @contextmanager
    def unscoped(self) -> Iterator[orm.Session]:
        """A transaction that sees nothing until `enter` has given it a scope; rolled back or committed as `scoped`."""
        with self._request(info=dict(self._info)) as session, session.begin():
            yield session

    @contextmanager
    def scoped(self, scope: Scope) -> Iterator[orm.Session]:
        """A transaction of its own in that scope: commits at the end of the block, rolls back if it raises."""
        with self._scoped(info=dict(self._info)) as session:
            self.bind(session, scope)
            with session.begin():
                yield session

    def bind(self, session: orm.Session, scope: Scope) -> None:
        """Like `bind_scope`, and hand the session its company's relay."""
        bind_scope(session, scope)
        session.info["relay"] = self._relay(scope.tenant) if self._relay else None


def _join_at_begin(session: orm.Session, transaction: orm.SessionTransaction, connection: sa.Connection) -> None:
    manager = session.info.get(_MANAGER)
    if manager is not None:
        datamanager.join_transaction(session, datamanager.STATUS_CHANGED, manager)


def _refuse_own_commit(session: orm.Session) -> None:
    """A request's transaction is committed by its manager alone."""
    manager = session.info.get(_MANAGER)
    if manager is not None and not session.in_nested_transaction() and manager.get().status != Status.COMMITTING:
        raise RuntimeError("a request's session is committed by its transaction manager, never by hand")


def _enter_at_begin(session: orm.Session, transaction: orm.SessionTransaction, connection: sa.Connection) -> None:
    if transaction.nested:  # a SAVEPOINT keeps the settings of its transaction
        return
    connection.execute(_ENTER, scope_parameters(session.info["scope"]))


def make_engine(url: str, *, pool_size: int = 4, max_overflow: int = 4, application: str = "portico") -> sa.Engine:
    """The portal's engine. `url` is a libpq URL; statements time out after 15 s."""
    return sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=pool_size, max_overflow=max_overflow,
        pool_timeout=10, pool_pre_ping=False, pool_recycle=1800, query_cache_size=1500,
        pool_use_lifo=True,  # the connection used last: its backend and its prepared statements are warm
        connect_args={"application_name": application, "connect_timeout": 5,
                      "options": "-c statement_timeout=15s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"},
    )
