"""What a customer's reach means in a query: the wall of "reach", said once more, so that PostgreSQL uses an index.

The wall alone decides what is seen (docs/decisions/0017). It is a filter to the planner; these conditions are what lists
are found by.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portico.tenancy.scope import Scope

_ACCOUNTS: Any = sa.bindparam("reach_accounts", expanding=True)
_KEYS: Any = sa.bindparam("reach_keys", expanding=True)


def kind_of(scope: Scope) -> str:
    """Which conditions a reader's queries get: a word to keep a statement by, for `conditions` and `values`."""
    if scope.kind != "customer":
        return "everything"
    size = "one" if len(scope.places) == 1 else "many"
    return f"narrow-{size}" if scope.narrow else size


def conditions(kind: str, record: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """For a table or model with account_id, site_id and author_id; to be executed with `values`."""
    if kind == "everything":
        return ()
    one = sa.bindparam("reach_account", type_=sa.Uuid)
    found = [record.account_id == one if kind.endswith("one") else record.account_id.in_(_ACCOUNTS)]
    if kind.startswith("narrow"):
        found.append(sa.or_(*(column.in_(_KEYS) for column in (record.account_id, record.site_id, record.author_id))))
    return tuple(found)


def values(scope: Scope) -> dict[str, Any]:
    """The values of this reader's `conditions`."""
    kind = kind_of(scope)
    if kind == "everything":
        return {}
    found: dict[str, Any] = (
        {"reach_account": scope.accounts[0]} if kind.endswith("one") else {"reach_accounts": scope.accounts}
    )
    return found | ({"reach_keys": scope.keys} if kind.startswith("narrow") else {})
